// Says what a parser has refused, and where. It reads the bytes a second time, line by line: only a message that is refused
// is worth that time.
import { COLON, CR, LF, SP, TAB, TOKEN, VALUE } from '../message/bytes.ts';
import { CONTENT_LENGTH, TRANSFER_ENCODING } from '../message/field-names.ts';
import type { Head } from '../message/head.ts';
import { BAD_ENCODING, BAD_FIELD, BAD_LENGTH, BAD_START_LINE, BAD_TARGET } from './problems.ts';

/** One sentence; null: there is no more to say than the problem itself. `end`: the end of the bytes that `head.bytes`
 * holds. It quotes nothing of the message, which may hold secrets. */
export function diagnose(head: Head, end: number, problem: number): string | null {
  switch (problem) {
    case BAD_START_LINE:
    case BAD_TARGET:
    case BAD_FIELD:
      return badLine(head.bytes, head.start, end);
    case BAD_LENGTH:
      return countOf(head, CONTENT_LENGTH) > 1 ? 'Content-Length appears twice' : 'Content-Length is not a number';
    case BAD_ENCODING:
      return badEncoding(head);
    default:
      return null;
  }
}

function countOf(head: Head, kind: number): number {
  return head.kinds.subarray(0, head.count).filter((one) => one === kind).length;
}

function badEncoding(head: Head): string {
  if (countOf(head, TRANSFER_ENCODING) > 1) return 'Transfer-Encoding appears twice';
  if (countOf(head, CONTENT_LENGTH) > 0) return 'there are both Transfer-Encoding and Content-Length';
  return 'the last coding of Transfer-Encoding is not "chunked"';
}

// The first line that breaks the grammar of lines (RFC 9112 2.2 and 5).
function badLine(bytes: Uint8Array, from: number, end: number): string | null {
  let start = from;
  for (let line = 1; start < end; line++) {
    const lf = bytes.indexOf(LF, start);
    const stop = lf < 0 || lf >= end ? end : lf;
    const isWhole = stop < end;
    const hasReturn = bytes[stop - 1] === CR && stop > start;
    const textEnd = hasReturn ? stop - 1 : stop;
    if (isWhole && textEnd === start) return null; // the end of the head
    const fault = line === 1 ? badStart(bytes, start, textEnd) : badField(bytes, start, textEnd);
    if (fault !== null) return `line ${line} ${fault}`;
    if (isWhole && !hasReturn) return `line ${line} ends with LF alone`;
    start = stop + 1;
  }
  return null;
}

function badStart(bytes: Uint8Array, start: number, end: number): string | null {
  for (let at = start; at < end; at++) {
    if (bytes[at] < SP || bytes[at] > 0x7e) return `has the byte ${byteAt(bytes, start, at)}`;
  }
  return null;
}

function badField(bytes: Uint8Array, start: number, end: number): string | null {
  if (bytes[start] === SP || bytes[start] === TAB) return 'begins with a space, as a folded field does';
  let at = start;
  while (at < end && TOKEN[bytes[at]] !== 0) at++;
  if (at === end) return 'has no colon';
  if (bytes[at] !== COLON) {
    const isSpaceBefore = (bytes[at] === SP || bytes[at] === TAB) && bytes[at + 1] === COLON;
    return isSpaceBefore ? 'has a space before its colon' : `has the byte ${byteAt(bytes, start, at)} in its name`;
  }
  if (at === start) return 'has no name before its colon';
  for (at++; at < end; at++) if (VALUE[bytes[at]] === 0) return `has the byte ${byteAt(bytes, start, at)}`;
  return null;
}

function byteAt(bytes: Uint8Array, start: number, at: number): string {
  const digits = bytes[at].toString(16).toUpperCase().padStart(2, '0');
  return `0x${digits} at column ${at - start + 1}`;
}
