// The one buffer that every outgoing head is written into.

// Room for the largest head that the configuration allows, what the gateway adds to it, and a small body.
const SIZE = 256 * 1024;
/** Bodies up to this size leave in one write with their head: a second write costs as much as all other work of the gateway. */
export const SMALL_BODY = 16 * 1024;
/** The largest head that fits, with what the gateway adds to it. */
export const MAX_HEAD_BYTES = 128 * 1024;

/** The shared output. A writer sends or copies its bytes before it returns to the event loop: the next writer overwrites
 * them. */
export const out = new Uint8Array(SIZE);
