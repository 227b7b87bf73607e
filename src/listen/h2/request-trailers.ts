// The trailers of a request, as far as they are passed on.
import { copy } from '../../core/copy-bytes.ts';
import { isForbiddenTrailer, mayTrailRequest } from '../../http1/trailer-names.ts';
import { trailerHead } from '../../http1/trailers.ts';
import type { GuardedNames } from '../../http1/chunked.ts';
import { COLON, LF } from '../../message/bytes.ts';
import type { Head } from '../../message/head.ts';

/** Who gets them. */
export type TrailerReceiver = { readonly passesTrailers: boolean; readonly guardedTrailers: GuardedNames | null };

/** Reads bytes[0, end), lines that HPACK has brought; the caller releases the head. Null: none is passed on; `forbidden`: one of
 * them would frame or route the request. */
export function readTrailers(
  bytes: Uint8Array,
  end: number,
  receiver: TrailerReceiver | null,
): Head | 'forbidden' | null {
  const kept = new Uint8Array(end);
  let size = 0;
  const guarded = receiver?.guardedTrailers ?? null;
  for (let line = 0; line < end; ) {
    const colon = bytes.indexOf(COLON, line);
    const next = bytes.indexOf(LF, colon) + 1;
    if (isForbiddenTrailer(bytes.subarray(line, colon), colon - line)) return 'forbidden';
    if (mayTrailRequest(bytes, line, colon) && guarded?.guards(bytes, line, colon) !== true)
      size = copy(kept, size, bytes, line, next);
    line = next;
  }
  return size === 0 || receiver?.passesTrailers !== true ? null : trailerHead(kept.subarray(0, size));
}
