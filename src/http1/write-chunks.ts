// Writes a body that comes as payload in chunks (RFC 9112 7.1).
import { copy } from '../core/copy-bytes.ts';
import { CR, LF, ascii } from '../message/bytes.ts';
import type { Head } from '../message/head.ts';
import { leavingOut, writeFields } from './write-fields.ts';

const DIGITS = ascii('0123456789abcdef');
const NOTHING = leavingOut([]);
/** Of the line that says that no chunk follows. */
export const LAST_CHUNK_SIZE = 3;
/** The end of a body without trailers. */
export const LAST_CHUNK = ascii('0\r\n\r\n');
/** The most bytes that a chunk of up to 2^32 bytes needs beside its payload. */
const CHUNK_BYTES = 12;

/** Writes bytes[start, end) as one chunk to out at `from`; returns the position after it. It must not
 * be empty: an empty chunk ends the body. */
export function writeChunk(out: Uint8Array, from: number, bytes: Uint8Array, start: number, end: number): number {
  const at = copy(out, writeSize(out, from, end - start), bytes, start, end);
  out[at] = CR;
  out[at + 1] = LF;
  return at + 2;
}

/** The same chunk in a new array. */
export function chunkOf(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const chunk = new Uint8Array(end - start + CHUNK_BYTES);
  return chunk.subarray(0, writeChunk(chunk, 0, bytes, start, end));
}

/** Writes the last chunk and the trailers to out at 0; returns the length. */
export function writeTrailers(out: Uint8Array, trailers: Head): number {
  out[0] = DIGITS[0];
  out[1] = CR;
  out[2] = LF;
  const at = writeFields(out, trailers, NOTHING, LAST_CHUNK_SIZE);
  out[at] = CR;
  out[at + 1] = LF;
  return at + 2;
}

function writeSize(out: Uint8Array, from: number, size: number): number {
  let at = from;
  for (let shift = 28 - (Math.clz32(size) & ~3); shift >= 0; shift -= 4) out[at++] = DIGITS[(size >>> shift) & 15];
  out[at] = CR;
  out[at + 1] = LF;
  return at + 2;
}
