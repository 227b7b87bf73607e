// Accept-Encoding (RFC 9110 12.5.3): which of the codings that we can make the client likes best. Read byte by byte: as
// strings it would cost more than all else that is decided about a response.
import { COMMA, SEMICOLON, SP, TAB } from '../../message/bytes.ts';
import { ACCEPT_ENCODING } from '../../message/field-names.ts';
import { isText } from '../../message/field-value.ts';
import type { Head } from '../../message/head.ts';

/** A content coding that responses can be given. */
export type Coding = 'br' | 'zstd' | 'gzip' | 'deflate';

/** In the order of preference where the client has none: by what they save for the time they take. */
export const CODINGS: readonly Coding[] = ['br', 'zstd', 'gzip', 'deflate'];

const NAMES = [...CODINGS, 'identity', '*'];
const GZIP = CODINGS.indexOf('gzip');
const IDENTITY = CODINGS.length;
const OTHERS = IDENTITY + 1;
const UNNAMED = -1;
// In thousandths.
const CERTAIN = 1000;
const REFUSED = 0;

// Of the names above, as the request that is looked at gives them.
const weights = new Int16Array(NAMES.length);

/** The coding for a response to that request; null: it stays as it is. */
export function chooseCoding(request: Head): Coding | null {
  weights.fill(UNNAMED);
  for (let f = 0; f < request.count; f++) {
    if (request.kinds[f] === ACCEPT_ENCODING)
      readList(request.bytes, request.fields[f * 4 + 2], request.fields[f * 4 + 3]);
  }
  const others = Math.max(REFUSED, weights[OTHERS]);
  // A client that names `identity` may prefer it; one that does not takes it as the last resort.
  let best = Math.max(REFUSED, weights[IDENTITY]);
  let chosen: Coding | null = null;
  for (let at = 0; at < CODINGS.length; at++) {
    const weight = weights[at] === UNNAMED ? others : weights[at];
    const isBetter = chosen === null ? weight > REFUSED && weight >= best : weight > best;
    if (!isBetter) continue;
    best = weight;
    chosen = CODINGS[at];
  }
  return chosen;
}

function readList(bytes: Uint8Array, from: number, end: number): void {
  for (let start = from; start <= end; ) {
    let stop = start;
    while (stop < end && bytes[stop] !== COMMA) stop++;
    readElement(bytes, start, stop);
    start = stop + 1;
  }
}

// Of a coding that is named twice, the first weight counts.
function readElement(bytes: Uint8Array, from: number, end: number): void {
  let semicolon = from;
  while (semicolon < end && bytes[semicolon] !== SEMICOLON) semicolon++;
  const coding = codingOf(bytes, afterSpace(bytes, from, semicolon), beforeSpace(bytes, from, semicolon));
  if (coding === UNNAMED || weights[coding] !== UNNAMED) return;
  weights[coding] = semicolon === end ? CERTAIN : weightOf(bytes, semicolon + 1, end);
}

function codingOf(bytes: Uint8Array, start: number, end: number): number {
  for (let at = 0; at < NAMES.length; at++) if (isText(bytes, start, end, NAMES[at])) return at;
  return isText(bytes, start, end, 'x-gzip') ? GZIP : UNNAMED; // RFC 9110 8.4.1.3
}

const Q = 0x51;
const LOWER_CASE = 0x20;
const EQUALS = 0x3d;
const POINT = 0x2e;
const ZERO = 0x30;

// What cannot be read is taken for a no: a response as it is can be read by everybody.
function weightOf(bytes: Uint8Array, from: number, to: number): number {
  const end = beforeSpace(bytes, from, to);
  let at = afterSpace(bytes, from, end);
  if (at === end || (bytes[at] & ~LOWER_CASE) !== Q) return REFUSED;
  at = afterSpace(bytes, at + 1, end);
  if (at === end || bytes[at] !== EQUALS) return REFUSED;
  at = afterSpace(bytes, at + 1, end);
  const whole = at === end ? UNNAMED : bytes[at] - ZERO;
  if (whole !== 0 && whole !== 1) return REFUSED;
  return Math.max(REFUSED, whole * CERTAIN + thousandthsOf(bytes, at + 1, end, whole === 0 ? 9 : 0));
}

// `.` and up to three digits, none of them greater than that; less than any weight where it is something else.
function thousandthsOf(bytes: Uint8Array, from: number, end: number, greatest: number): number {
  if (from === end) return 0;
  if (bytes[from] !== POINT || end - from > 4) return -CERTAIN;
  let sum = 0;
  let worth = 100;
  for (let at = from + 1; at < end; at++) {
    const digit = bytes[at] - ZERO;
    if (digit < 0 || digit > greatest) return -CERTAIN;
    sum += digit * worth;
    worth /= 10;
  }
  return sum;
}

function afterSpace(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && isSpace(bytes[at])) at++;
  return at;
}

function beforeSpace(bytes: Uint8Array, from: number, end: number): number {
  let at = end;
  while (at > from && isSpace(bytes[at - 1])) at--;
  return at;
}

function isSpace(byte: number): boolean {
  return byte === SP || byte === TAB;
}
