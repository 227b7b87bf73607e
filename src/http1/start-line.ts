// Request lines and status lines (RFC 9112 3 and 4).
import { CR, LF, SP, TOKEN, VALUE, ascii, equalsExactly } from '../message/bytes.ts';
import type { Head } from '../message/head.ts';
import { BAD_START_LINE, BAD_VERSION, NEED_MORE } from './problems.ts';
import { readTarget } from './target.ts';

const HTTP = ascii('HTTP/');
const MAX_METHOD = 32;

/** Reads a request line at `from`; returns the position after it, NEED_MORE, or a problem. */
export function readRequestLine(head: Head, from: number, end: number, targetLimit: number): number {
  const bytes = head.bytes;
  let i = from;
  while (i < end && TOKEN[bytes[i]] !== 0) i++;
  if (i - from > MAX_METHOD) return BAD_START_LINE;
  if (i === end) return NEED_MORE;
  if (i === from || bytes[i] !== SP) return BAD_START_LINE;
  head.methodEnd = i;
  const afterTarget = readTarget(head, i + 1, end, targetLimit);
  if (afterTarget <= 0) return afterTarget;
  if (bytes[afterTarget] !== SP) return BAD_START_LINE;
  return readVersion(head, afterTarget + 1, end, CR);
}

/** Reads a status line at `from`; returns the position after it, NEED_MORE, or a problem. */
export function readStatusLine(head: Head, from: number, end: number): number {
  const bytes = head.bytes;
  const i = readVersion(head, from, end, SP);
  if (i <= 0) return i;
  if (i + 4 >= end) return NEED_MORE;
  const a = bytes[i] - 48;
  const b = bytes[i + 1] - 48;
  const c = bytes[i + 2] - 48;
  if (a < 1 || a > 5 || b < 0 || b > 9 || c < 0 || c > 9) return BAD_START_LINE;
  head.status = a * 100 + b * 10 + c;
  let at = i + 3;
  if (bytes[at] === SP) while (at < end && VALUE[bytes[at]] !== 0) at++;
  else head.isCanonical = false; // the space before an absent reason is not optional (RFC 9112 4)
  if (at + 1 >= end) return NEED_MORE;
  return bytes[at] === CR && bytes[at + 1] === LF ? at + 2 : BAD_START_LINE;
}

// "HTTP/1.x" followed by CR LF (request) or SP (response).
function readVersion(head: Head, at: number, end: number, after: number): number {
  const { bytes } = head;
  if (end - at < 10) return NEED_MORE;
  if (!equalsExactly(bytes, at, HTTP)) return BAD_START_LINE;
  const major = bytes[at + 5] - 48;
  const minor = bytes[at + 7] - 48;
  if (major < 0 || major > 9 || bytes[at + 6] !== 0x2e || minor < 0 || minor > 9) return BAD_START_LINE;
  if (bytes[at + 8] !== after || (after === CR && bytes[at + 9] !== LF)) return BAD_START_LINE;
  if (major !== 1 || minor > 1) return BAD_VERSION;
  head.minor = minor;
  head.keepAlive = minor === 1;
  return after === CR ? at + 10 : at + 9;
}
