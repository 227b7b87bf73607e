// What work takes of the event loop, in microseconds of it. Measured on one core; on another machine they are all longer or
// shorter, and only their relation counts: it says how the loop is shared.

/** A request with a small answer, beside the bytes of both bodies. */
export const REQUEST_COST = 20;
/** A further piece of a body, or a message of a tunnel. */
export const PIECE_COST = 6;
/** One byte of a body that passes: 1 MiB takes some 400 µs. */
export const BYTE_COST = 0.0004;
/** A refusal: it is parsed, routed and answered. */
export const REFUSAL_COST = 10;
/** A TLS handshake. */
export const HANDSHAKE_COST = 400;
const CONNECTION_COST = 40;

/** A new connection, until its first request has come. */
export function arrivalCost(isTls: boolean): number {
  return isTls ? CONNECTION_COST + HANDSHAKE_COST : CONNECTION_COST;
}
