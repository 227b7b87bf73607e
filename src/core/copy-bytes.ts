// Copies bytes from one array to another, as it is done for each request.

// A call into the runtime costs as much as a loop over so many bytes. That of `set` costs three times as much, since the view that
// it needs is made first, and below it a buffer for an array that has come without one, as those from sockets do.
const LOOP_LIMIT = 32;
// Only its method is used, which works for any array of bytes.
const native = Buffer.alloc(0);

/** Copies source[start, end) to out at `at`, where there is room; returns the position after it. */
export function copy(out: Uint8Array, at: number, source: Uint8Array, start: number, end: number): number {
  if (end - start > LOOP_LIMIT) {
    native.copy.call(source, out, at, start, end);
    return at + end - start;
  }
  let to = at;
  for (let i = start; i < end; i++) out[to++] = source[i];
  return to;
}
