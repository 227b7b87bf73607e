// The one buffer that every outgoing head is written into.

// Larger than the largest head that the configuration allows, with what the gateway adds and a small body.
const SIZE = 256 * 1024;
/** Bodies up to this size leave in one write with their head: a second write costs as much as all of our own work. */
export const SMALL_BODY = 16 * 1024;
/** The largest head that fits, with what the gateway adds to it. */
export const MAX_HEAD_BYTES = 128 * 1024;

/** The shared output. Whoever writes into it sends or copies it before returning to the event loop. */
export const out = new Uint8Array(SIZE);
