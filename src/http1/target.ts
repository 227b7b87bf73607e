// Where a request is for: its target (RFC 9112 3.2), with the normal form of its path (RFC 3986 6.2.2) by which it is
// routed, and its host, which must be well-formed, and the same in the target and in the only Host field.
import { literalByValue } from '../core/host-literal.ts';
import {
  BACKSLASH,
  CLOSE_BRACKET,
  COLON,
  DOT,
  HEX,
  HOST_LITERAL,
  HOST_NAME,
  LOWER,
  OPEN_BRACKET,
  PERCENT,
  QUESTION,
  SEMICOLON,
  SLASH,
  TARGET,
  UNRESERVED,
  ascii,
  equalsLowered,
  latin1,
} from '../message/bytes.ts';
import {
  type Head,
  PATH_AMBIGUOUS,
  PATH_BACKSLASH,
  PATH_UNNORMALISED,
  type TargetPlace,
  isMethod,
} from '../message/head.ts';
import { BAD_HOST, BAD_TARGET, NEED_MORE, REFUSED_METHOD, TARGET_TOO_LONG } from './problems.ts';

const PLAIN = 1;
// Classes of target bytes; 0: not allowed in a target at all.
const CLASS = TARGET.map((isAllowed, byte) => {
  if (isAllowed === 0) return 0;
  return [SLASH, DOT, PERCENT, SEMICOLON, BACKSLASH, QUESTION].includes(byte) ? 2 : PLAIN;
});
const CONNECT = ascii('CONNECT');
const TRACE = ascii('TRACE');
const OPTIONS = ascii('OPTIONS');
const SCHEMES = [ascii('http://'), ascii('https://')];
const ASTERISK = 0x2a;
const MAX_PORT_DIGITS = 5;
const authority: TargetAuthority = { start: 0, end: 0 };

/** Reads the target that starts at `from`; returns its end, NEED_MORE, or a problem. */
export function readTarget(head: Head, from: number, end: number, limit: number): number {
  const bytes = head.bytes;
  const stop = Math.min(end, from + limit + 1);
  let i = from;
  let flags = 0;
  head.pathEnd = 0;
  for (; i < stop; i++) {
    const kind = CLASS[bytes[i]];
    if (kind === PLAIN) continue;
    if (kind === 0 || bytes[i] === QUESTION) break;
    flags |= flagsOf(bytes, i, from);
  }
  const pathEnd = i;
  while (i < stop && TARGET[bytes[i]] !== 0) i++;
  if (i - from > limit) return TARGET_TOO_LONG;
  if (i === end) return NEED_MORE;
  if (i === from) return BAD_TARGET;
  head.pathStart = from;
  head.pathEnd = pathEnd;
  head.targetEnd = i;
  head.pathFlags = flags;
  return i;
}

function flagsOf(bytes: Uint8Array, at: number, from: number): number {
  switch (bytes[at]) {
    case SLASH:
      return at > from && bytes[at - 1] === SLASH ? PATH_AMBIGUOUS : 0;
    case DOT:
      return at > from && bytes[at - 1] === SLASH ? PATH_UNNORMALISED : 0;
    case PERCENT:
      return PATH_UNNORMALISED;
    case SEMICOLON:
      return PATH_AMBIGUOUS;
    case BACKSLASH:
      return PATH_BACKSLASH;
    default:
      return 0;
  }
}

/** Where the authority of an absolute-form target lies; `end` is 0 for the other forms. */
type TargetAuthority = { start: number; end: number };

/** Checks the target and normalises its path; returns 0 or a problem. Sets `authority` for an absolute-form. */
function acceptTarget(head: Head): number {
  const { bytes, start, methodEnd } = head;
  const first = bytes[head.pathStart];
  authority.end = 0;
  if (isMethod(bytes, start, methodEnd, CONNECT)) return REFUSED_METHOD;
  if (isMethod(bytes, start, methodEnd, TRACE)) head.isTrace = true;
  if (first !== SLASH) {
    if (first === ASTERISK) return acceptAsterisk(head);
    const problem = acceptAbsolute(head);
    if (problem < 0) return problem;
  }
  return head.pathFlags === 0 ? 0 : normalisePath(head);
}

/** RFC 9110 7.6.2: Max-Forwards is counted down for OPTIONS and TRACE, and has no meaning for other methods. */
export function countForwards(head: Head): void {
  if (!head.isTrace && !isMethod(head.bytes, head.start, head.methodEnd, OPTIONS)) return;
  head.countsForwards = true;
  head.isCanonical = false;
}

function acceptAsterisk(head: Head): number {
  const isAlone = head.targetEnd - head.pathStart === 1;
  return isAlone && isMethod(head.bytes, head.start, head.methodEnd, OPTIONS) ? 0 : BAD_TARGET;
}

function acceptAbsolute(head: Head): number {
  const { bytes, pathStart, targetEnd } = head;
  const scheme = SCHEMES.find((s) => targetEnd - pathStart > s.length && equalsLowered(bytes, pathStart, s));
  if (scheme === undefined) return BAD_TARGET;
  const from = pathStart + scheme.length;
  let end = from;
  while (end < targetEnd && bytes[end] !== SLASH && bytes[end] !== QUESTION) end++;
  if (end === from) return BAD_HOST;
  // Move the authority one byte left, over a slash of "://": an absent path needs room for its "/".
  bytes.copyWithin(from - 1, from, end);
  authority.start = from - 1;
  authority.end = end - 1;
  const hasPath = end < targetEnd && bytes[end] === SLASH;
  const isServerWide = !hasPath && end === targetEnd && isMethod(bytes, head.start, head.methodEnd, OPTIONS);
  if (!hasPath) bytes[end - 1] = isServerWide ? ASTERISK : SLASH; // RFC 9112 3.2.4
  return readTarget(head, hasPath ? end : end - 1, targetEnd + 1, targetEnd) > 0 ? 0 : BAD_TARGET;
}

// Normalises the path in place: decodes unreserved characters and removes dot segments. A path that was only decoded is
// passed on as the client sent it, because a signature may cover its bytes. A path that had dot segments is passed on in
// its normal form, because the backend might resolve them to another path than the one that was routed.
function normalisePath(head: Head): number {
  if ((head.pathFlags & PATH_BACKSLASH) !== 0) return BAD_TARGET;
  if ((head.pathFlags & PATH_UNNORMALISED) === 0) return 0;
  const decodable = countDecodable(head);
  if (decodable < 0) return BAD_TARGET;
  const sent = decodable === 0 ? null : copyTarget(head);
  const decodedEnd = decodable === 0 ? head.pathEnd : decodeUnreserved(head);
  const shortEnd = removeDotSegments(head.bytes, head.pathStart, decodedEnd);
  if (shortEnd < 0) return BAD_TARGET;
  const hadDots = shortEnd < decodedEnd;
  if (!hadDots) head.sentTarget = sent;
  const end = hadDots ? joinFirstSlashes(head.bytes, head.pathStart, shortEnd) : shortEnd;
  if (end < head.pathEnd) {
    head.bytes.copyWithin(end, head.pathEnd, head.targetEnd);
    head.targetEnd -= head.pathEnd - end;
    head.pathEnd = end;
  }
  return 0;
}

function copyTarget({ bytes, pathStart, pathEnd, targetEnd }: Head): TargetPlace {
  const length = targetEnd - pathStart;
  return { bytes: bytes.slice(pathStart, targetEnd), pathStart: 0, pathEnd: pathEnd - pathStart, targetEnd: length };
}

/** How many bytes of the path as the client sent it spell the first `length` bytes of its normal form. */
export function sentLength({ bytes, pathStart, pathEnd }: TargetPlace, length: number): number {
  let at = pathStart;
  for (let n = 0; n < length && at < pathEnd; n++) at += isDecodable(bytes, at, pathEnd) ? 3 : 1;
  return at - pathStart;
}

// How many escapes stand for unreserved characters; -1: an escape is broken. Sets PATH_AMBIGUOUS for an escape that a
// backend may take for a separator.
function countDecodable(head: Head): number {
  const { bytes, pathEnd } = head;
  let count = 0;
  for (let i = head.pathStart; i < pathEnd; i++) {
    if (bytes[i] !== PERCENT) continue;
    const value = escapedByte(bytes, i, pathEnd);
    if (value <= 0) return -1; // NUL ends the path for some programs
    if (value === SLASH || value === BACKSLASH || value === SEMICOLON) head.pathFlags |= PATH_AMBIGUOUS;
    if (UNRESERVED[value] !== 0) count++;
    i += 2;
  }
  return count;
}

function decodeUnreserved({ bytes, pathStart, pathEnd }: Head): number {
  let to = pathStart;
  for (let i = pathStart; i < pathEnd; i++) {
    if (isDecodable(bytes, i, pathEnd)) {
      bytes[to++] = escapedByte(bytes, i, pathEnd);
      i += 2;
    } else bytes[to++] = bytes[i];
  }
  return to;
}

function isDecodable(bytes: Uint8Array, at: number, end: number): boolean {
  return bytes[at] === PERCENT && UNRESERVED[escapedByte(bytes, at, end)] === 1;
}

// The byte that the escape at `at` stands for; -1: no whole escape is there.
function escapedByte(bytes: Uint8Array, at: number, end: number): number {
  const high = at + 2 < end ? HEX[bytes[at + 1]] : 0;
  const low = high === 0 ? 0 : HEX[bytes[at + 2]];
  return low === 0 ? -1 : (high - 1) * 16 + low - 1;
}

/** RFC 3986 5.2.4 in place; returns the new end, or -1: a segment leads above the root, or only some servers
 * read it as dots. */
function removeDotSegments(bytes: Uint8Array, start: number, end: number): number {
  let to = start;
  let i = start;
  while (i < end) {
    let next = i + 1; // bytes[i] is the slash before the segment
    while (next < end && bytes[next] !== SLASH) next++;
    const dots = countDots(bytes, i + 1, next);
    if (dots < 0) return -1;
    if (dots === 0) {
      bytes.copyWithin(to, i, next);
      to += next - i;
    } else if (dots === 2) {
      if (to === start) return -1;
      while (bytes[--to] !== SLASH);
    }
    if (dots !== 0 && next === end) bytes[to++] = SLASH;
    i = next;
  }
  return to;
}

// Returns the new end of a path that was rewritten, and must not begin with `//`: an origin that redirects to a path such as
// `//other.example/` would send its clients to another host (RFC 3986 4.2).
function joinFirstSlashes(bytes: Uint8Array, start: number, end: number): number {
  const path = afterFirstSlashes(bytes, start, end);
  bytes.copyWithin(start, path, end);
  return end - (path - start);
}

/** Where a path begins that must not begin with more than one slash. */
export function afterFirstSlashes(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at + 1 < end && bytes[at] === SLASH && bytes[at + 1] === SLASH) at++;
  return at;
}

// 1 or 2 for a dot segment, 0 for any other; -1 for "..;x" and ".;x", which some servers read as dot segments.
function countDots(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && at - start < 2 && bytes[at] === DOT) at++;
  const dots = at - start;
  if (dots === 0) return 0;
  if (at === end) return dots;
  return bytes[at] === SEMICOLON ? -1 : 0;
}

/** Checks target and host of a complete request head, and notes the host in it. `hosts`: how many Host fields it has.
 * Returns 0 or a problem. */
export function acceptHost(head: Head, hosts: number): number {
  const problem = acceptTarget(head);
  if (problem < 0) return problem;
  if (hosts === 0) {
    if (head.minor === 1) return BAD_HOST;
    head.hostStart = authority.end === 0 ? 0 : authority.start;
    head.hostEnd = authority.end;
    head.hostNameEnd = authority.end;
    head.targetHostOnly = authority.end !== 0;
    if (authority.end === 0) return 0;
  }
  const nameEnd = hostNameEnd(head.bytes, head.hostStart, head.hostEnd);
  if (nameEnd < 0) return BAD_HOST;
  head.hostNameEnd = nameEnd;
  if (hosts === 0 || authority.end === 0) return 0;
  return isSameHost(head) ? 0 : BAD_HOST;
}

/** Where the name in a host[:port] ends; -1 if it is not a host. */
function hostNameEnd(bytes: Uint8Array, start: number, end: number): number {
  let i = start;
  if (bytes[i] === OPEN_BRACKET && i < end) {
    i++;
    while (i < end && HOST_LITERAL[bytes[i]] !== 0) i++;
    if (i === end || bytes[i] !== CLOSE_BRACKET || i - start < 3) return -1;
    i++;
  } else while (i < end && HOST_NAME[bytes[i]] !== 0) i++;
  if (i === start) return -1;
  if (i === end) return i;
  return bytes[i] === COLON && isPort(bytes, i + 1, end) ? i : -1;
}

// RFC 3986 3.2.3: the port may be empty after its colon.
function isPort(bytes: Uint8Array, start: number, end: number): boolean {
  return portOf(bytes, start, end) >= 0;
}

function portOf(bytes: Uint8Array, start: number, end: number): number {
  if (end - start > MAX_PORT_DIGITS) return -1;
  let port = 0;
  for (let i = start; i < end; i++) {
    const digit = bytes[i] - 48;
    if (digit < 0 || digit > 9) return -1;
    port = port * 10 + digit;
  }
  return port <= 65_535 ? port : -1;
}

// RFC 9112 3.2.2 lets the target win over a Host that differs. A backend might obey Host instead, so the gateway refuses
// such a request.
function isSameHost(head: Head): boolean {
  const { bytes, hostStart } = head;
  const nameEnd = hostNameEnd(bytes, authority.start, authority.end);
  if (nameEnd < 0 || !isSameName(bytes, authority.start, nameEnd, hostStart, head.hostNameEnd)) return false;
  return samePort(portOf(bytes, nameEnd + 1, authority.end), portOf(bytes, head.hostNameEnd + 1, head.hostEnd));
}

function isSameName(bytes: Uint8Array, start: number, end: number, otherStart: number, otherEnd: number): boolean {
  const length = end - start;
  let at = length === otherEnd - otherStart ? 0 : length;
  while (at < length && LOWER[bytes[start + at]] === LOWER[bytes[otherStart + at]]) at++;
  if (at === length && length === otherEnd - otherStart) return true;
  if (bytes[start] !== OPEN_BRACKET || bytes[otherStart] !== OPEN_BRACKET) return false;
  const value = literalByValue(latin1(bytes, start, end));
  return value !== null && value === literalByValue(latin1(bytes, otherStart, otherEnd));
}

// An absent port equals the default port of either scheme: behind a proxy that ends TLS both occur.
function samePort(a: number, b: number): boolean {
  return a === b || (a === 0 && isDefault(b)) || (b === 0 && isDefault(a));
}

function isDefault(port: number): boolean {
  return port === 80 || port === 443;
}
