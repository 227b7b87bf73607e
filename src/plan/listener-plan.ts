// A listener as a plan has it: where it listens, and what it takes of its clients.
import type { ProxyProtocol } from '../config/listener.ts';
import type { Bytes, Millis } from '../core/units.ts';
import type { HeadLimits } from '../http1/head-parser.ts';

export type ListenerPlan = {
  /** Says whether two listeners, in two plans, are the same: by address. */
  readonly key: string;
  /** Null: tenants cannot name it. */
  readonly name: string | null;
  /** Null: every address. */
  readonly hostname: string | null;
  readonly port: number;
  readonly tls: boolean;
  readonly proxyProtocol: ProxyProtocol;
  /** It sends clients to this port by https; null: it serves them. */
  readonly httpsPort: number | null;
  readonly rules: ClientRules;
};

/** What a listener takes of its clients, and how long it waits for them. */
export type ClientRules = {
  readonly headLimits: HeadLimits;
  readonly timeouts: {
    /** For a TLS handshake. */
    readonly handshake: Millis;
    /** For a request head, from its first byte. */
    readonly header: Millis;
    /** Between requests. */
    readonly keepAlive: Millis;
    /** Between bytes of a body that the client sends or does not take. */
    readonly idle: Millis;
  };
  /** Connections open at a time. */
  readonly connections: number;
  /** Of these, from one address. */
  readonly connectionsPerClient: number;
  /** TLS handshakes under way at a time. */
  readonly handshakes: number;
  readonly keepAliveRequests: number;
  /** Bytes per second that a request's body must bring on average. */
  readonly minBodyRate: number;
  /** Bytes per second that a client must take of what waits for it, on average. */
  readonly minResponseRate: number;
  /** What may wait in the kernel to be sent to a client. */
  readonly unsentBytes: Bytes;
  /** How much of a body is read and dropped after an answer that did not wait for it. */
  readonly droppedBody: Bytes;
  /** Clients are told the id of their request. */
  readonly tellsIds: boolean;
  /** A client that has sent FIN still gets the responses that it waits for. */
  readonly allowsHalfClose: boolean;
  /** TLS clients may choose HTTP/2. */
  readonly offersH2: boolean;
  /** Plain clients may speak HTTP/2 from their first byte. */
  readonly takesPlainH2: boolean;
  readonly h2: H2Rules;
};

/** What clients over HTTP/2 may ask for, and how many frames that bring no request on they may send on one connection in 10 s. */
export type H2Rules = {
  /** Streams open at a time. */
  readonly streams: number;
  /** Of a header block as it travels. */
  readonly blockBytes: Bytes;
  /** CONTINUATION frames of one header block. */
  readonly continuations: number;
  /** Streams that end before their answer, and requests that are none. */
  readonly resets: number;
  readonly pings: number;
  readonly settings: number;
  /** DATA frames without a byte of data. */
  readonly emptyFrames: number;
  readonly windowUpdates: number;
  /** Of priorities, and of types that are not known. */
  readonly otherFrames: number;
};
