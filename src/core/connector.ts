// Outgoing connections of checks as a parameter: `world.ts` provides the real ones, a test may pass its own.
import type { KeyPair } from './certificate-source.ts';
import { isIpAddress } from './cidr.ts';

/** Where to connect. */
export type ConnectAddress = {
  /** An address, a name, or the path of a Unix socket, which begins with a slash. */
  readonly hostname: string;
  readonly port: number;
  /** Null: plain TCP. */
  readonly tls: TlsClientOptions | null;
};

/** Whether a host is a Unix socket: no name and no address begins with a slash. */
export function isSocketPath(hostname: string): boolean {
  return hostname.startsWith('/');
}

/** Whether a host is a name, which has to be resolved. */
export function isName(hostname: string): boolean {
  return !isSocketPath(hostname) && !isIpAddress(hostname);
}

export type TlsClientOptions = {
  readonly serverName: string;
  readonly rejectUnauthorized: boolean;
  /** PEM text of the authorities that count; absent: those of the system. */
  readonly ca?: string;
  /** The protocols that are offered, as ALPN has them on the wire; absent: none. */
  readonly ALPNProtocols?: Uint8Array;
  /** By which the gateway proves who it is, where the peer asks: PEM texts. Absent: it does not. */
  readonly cert?: string;
  readonly key?: string;
  /** The public keys of which the peer must have one: SHA-256, in Base64. Absent: any. */
  readonly pins?: readonly string[];
};

/** How a backend and the gateway prove to each other who they are. */
export type Trust = {
  /** The name that its certificate must have; null: the host that it is reached by. */
  readonly serverName: string | null;
  /** PEM text of the authorities that count; null: those of the system. */
  readonly ca: string | null;
  /** Otherwise any certificate is taken. */
  readonly isVerified: boolean;
  /** The public keys of which it must have one, whether its certificate is verified or not: SHA-256, in Base64. Empty: any. */
  readonly pins: readonly string[];
  /** By which the gateway proves who it is, where the backend asks; null: it does not. */
  readonly own: KeyPair | null;
};

/** Of a service that says nothing about it. */
export const USUAL_TRUST: Trust = { serverName: null, ca: null, isVerified: true, pins: [], own: null };

/** What a connection of TLS is opened with. `serverName`: where the trust names none. */
export function tlsOptions(
  { serverName: wanted, ca, isVerified, pins, own }: Trust,
  serverName: string,
): TlsClientOptions {
  return {
    serverName: wanted ?? serverName,
    rejectUnauthorized: isVerified,
    ...(ca === null ? {} : { ca }),
    ...(own === null ? {} : own),
    ...(pins.length === 0 ? {} : { pins }),
  };
}

/** What a connection tells its user. Exactly one of `closed` and `failed` is the last call. */
export type ConnectionEvents = {
  opened(): void;
  /** The receiver may keep the bytes. */
  received(bytes: Uint8Array): void;
  /** The open connection was closed. Null: the peer ended it with a FIN. */
  closed(error: Error | null): void;
  /** The connection never opened. */
  failed(error: Error): void;
};

/** One outgoing connection. */
export type Connection = {
  /** Sends all of the bytes, and queues without limit what the kernel does not take: for small messages only. */
  write(bytes: Uint8Array): void;
  /** Closes the connection at once; no event follows. */
  destroy(): void;
};

/** Opens a connection; never throws. */
export type Connector = (address: ConnectAddress, events: ConnectionEvents) => Connection;
