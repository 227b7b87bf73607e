// The line that says which id a request has: X-Request-Id.
import { copy } from '../core/copy-bytes.ts';
import { CR, LF, ascii } from '../message/bytes.ts';
import { REQUEST_ID } from '../message/field-names.ts';
import type { Head } from '../message/head.ts';
import { NUMBER_DIGITS, writeNumber } from '../message/request-id.ts';

export const REQUEST_ID_NAME = ascii('X-Request-Id: ');
const LINE_END_BYTES = 2;

/** How long the line is. `prefix`: what the ids of this process begin with. */
export function idLineBytes(request: Head, prefix: Uint8Array): number {
  const field = request.hasTrustedId ? idField(request) : -1;
  const id = field < 0 ? prefix.length + NUMBER_DIGITS : request.fields[field + 3] - request.fields[field + 2];
  return REQUEST_ID_NAME.length + id + LINE_END_BYTES;
}

/** Writes the line; returns the position after it. */
export function writeIdLine(out: Uint8Array, from: number, request: Head, prefix: Uint8Array): number {
  let at = copy(out, from, REQUEST_ID_NAME, 0, REQUEST_ID_NAME.length);
  const field = request.hasTrustedId ? idField(request) : -1;
  if (field < 0) at = writeNumber(out, copy(out, at, prefix, 0, prefix.length), request.number);
  else at = copy(out, at, request.bytes, request.fields[field + 2], request.fields[field + 3]);
  out[at] = CR;
  out[at + 1] = LF;
  return at + LINE_END_BYTES;
}

// Where the field that a trusted peer has sent lies in `fields`.
function idField(request: Head): number {
  for (let f = 0; f < request.count; f++) if (request.kinds[f] === REQUEST_ID) return f * 4;
  return -1;
}
