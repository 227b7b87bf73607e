// Calls by HTTP/2 as a parameter: what `world.ts` provides.
import type { ConnectAddress } from './connector.ts';

/** Names in lower case, and what they say. */
export type CallFields = Readonly<Record<string, string>>;

/** One POST on a connection of its own. */
export type Call = {
  /** With TLS HTTP/2 is agreed on there, without it is taken for granted. */
  readonly address: ConnectAddress;
  readonly authority: string;
  readonly path: string;
  readonly fields: CallFields;
  readonly body: Uint8Array;
  /** An answer with a longer body is no answer. */
  readonly maxBody: number;
  /** Ends it at once. */
  readonly signal: AbortSignal;
};

/** How a call ended. */
export type CallResult =
  /** In good order, trailers included. */
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly fields: CallFields;
      readonly trailers: CallFields;
      readonly body: Uint8Array;
    }
  /** The connection never opened. */
  | { readonly kind: 'unreachable'; readonly error: Error }
  /** `malformed`: the peer speaks something else than HTTP/2. `closed`: by the peer, with no or half an answer. */
  | { readonly kind: 'broken'; readonly reason: 'aborted' | 'closed' | 'malformed' | 'too-long' };

/** Makes a call to its end; never rejects, and leaves nothing open. */
export type Caller = (call: Call) => Promise<CallResult>;
