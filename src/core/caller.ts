// HTTP/2 calls as a parameter, for checks: `world.ts` provides the real one.
import type { ConnectAddress } from './connector.ts';

/** Header fields: names in lower case, and their values. */
export type CallFields = Readonly<Record<string, string>>;

/** One request on a connection of its own. */
export type Call = {
  /** Absent: POST. */
  readonly method?: string;
  /** With TLS, the handshake must agree on HTTP/2; without TLS, the peer is taken to speak it. */
  readonly address: ConnectAddress;
  readonly authority: string;
  readonly path: string;
  readonly fields: CallFields;
  readonly body: Uint8Array;
  /** A longer body ends the call as `too-long`. */
  readonly maxBody: number;
  /** Ends the call at once, as `aborted`. */
  readonly signal: AbortSignal;
};

/** How a call ended. */
export type CallResult =
  /** The answer is complete, with its trailers. */
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly fields: CallFields;
      readonly trailers: CallFields;
      readonly body: Uint8Array;
    }
  /** The connection never opened. */
  | { readonly kind: 'unreachable'; readonly error: Error }
  /** `malformed`: the peer does not speak HTTP/2. `closed`: the peer closed the connection before the answer was complete. */
  | { readonly kind: 'broken'; readonly reason: 'aborted' | 'closed' | 'malformed' | 'too-long' };

/** Makes one call. When the promise resolves, the connection is closed. It rejects with a Shortage only: the gateway could
 * not open a connection at all. */
export type Caller = (call: Call) => Promise<CallResult>;
