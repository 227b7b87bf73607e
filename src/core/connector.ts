// Outgoing connections as a parameter: what `world.ts` provides, and what a test may replace by a real peer of its own.

/** Where to connect. */
export type ConnectAddress = {
  readonly hostname: string;
  readonly port: number;
  /** Null: plain TCP. */
  readonly tls: TlsClientOptions | null;
};

export type TlsClientOptions = {
  readonly serverName: string;
  readonly rejectUnauthorized: boolean;
};

/** What happens on a connection. Exactly one of `closed` and `failed` ends it. */
export type ConnectionEvents = {
  opened(): void;
  /** The bytes may be kept. */
  received(bytes: Uint8Array): void;
  /** An open connection is gone. Null: ended by the peer in good order. */
  closed(error: Error | null): void;
  /** It never opened. */
  failed(error: Error): void;
};

/** One outgoing connection. */
export type Connection = {
  /** Queued in full; for small messages off the hot path. */
  write(bytes: Uint8Array): void;
  /** Gone at once; no event follows. */
  destroy(): void;
};

/** Opens a connection; never throws. */
export type Connector = (address: ConnectAddress, events: ConnectionEvents) => Connection;
