// What the head and the trailers of an answer say of its body.
import { copy } from '../../core/copy-bytes.ts';
import { out } from '../../http1/output.ts';
import { mayTrailResponse } from '../../http1/trailer-names.ts';
import { trailerHead } from '../../http1/trailers.ts';
import { LAST_CHUNK, writeTrailers } from '../../http1/write-chunks.ts';
import type { UpstreamEvents } from '../../message/contract.ts';
import { COLON, LF } from '../../message/bytes.ts';
import { BODY_LENGTH, BODY_NONE, type Head, releaseHead } from '../../message/head.ts';

/** How many bytes its body has; Infinity: nobody knows. */
export function lengthOf({ framing, length }: Head): number {
  if (framing === BODY_NONE) return 0;
  return framing === BODY_LENGTH ? length : Number.POSITIVE_INFINITY;
}

/** The lines of trailers that are passed on. RFC 9110 6.5.1: fields that frame or route a message do not come behind it. */
export function keptTrailers(lines: Uint8Array): Uint8Array {
  let kept = 0;
  const passed = new Uint8Array(lines.length);
  for (let line = 0; line < lines.length; ) {
    const next = lines.indexOf(LF, line) + 1;
    if (mayTrailResponse(lines, line, lines.indexOf(COLON, line))) kept = copy(passed, kept, lines, line, next);
    line = next;
  }
  return passed.subarray(0, kept);
}

/** Hands on the trailers, whose lines these are; null: none. `isChunking`: as the last chunk of a body in chunks. */
export function passTrailers(events: UpstreamEvents, lines: Uint8Array | null, isChunking: boolean): void {
  if (lines === null || lines.length === 0) {
    if (isChunking) events.responseBody(LAST_CHUNK, 0, LAST_CHUNK.length);
    return;
  }
  const head = trailerHead(lines);
  if (isChunking) {
    const bytes = out.slice(0, writeTrailers(out, head));
    events.responseBody(bytes, 0, bytes.length);
  } else events.responseTrailers(head);
  releaseHead(head);
}
