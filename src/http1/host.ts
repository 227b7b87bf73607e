// Finds the host of a request (RFC 9112 3.2). It must be well-formed, and the same in the target and in the only Host.
import { CLOSE_BRACKET, COLON, HOST_LITERAL, HOST_NAME, LOWER, OPEN_BRACKET } from '../message/bytes.ts';
import type { Head } from '../message/head.ts';
import { BAD_HOST } from './problems.ts';
import { type TargetAuthority, acceptTarget } from './target.ts';

const MAX_PORT_DIGITS = 5;
const authority: TargetAuthority = { start: 0, end: 0 };

/** Checks target and host of a complete request head, and notes the host in it. `hosts`: how many Host fields it has.
 * Returns 0 or a problem. */
export function acceptHost(head: Head, hosts: number): number {
  const problem = acceptTarget(head, authority);
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
  const length = nameEnd - authority.start;
  if (nameEnd < 0 || length !== head.hostNameEnd - hostStart) return false;
  for (let i = 0; i < length; i++) if (LOWER[bytes[authority.start + i]] !== LOWER[bytes[hostStart + i]]) return false;
  return samePort(portOf(bytes, nameEnd + 1, authority.end), portOf(bytes, head.hostNameEnd + 1, head.hostEnd));
}

// An absent port equals the default port of either scheme: behind a proxy that ends TLS both occur.
function samePort(a: number, b: number): boolean {
  return a === b || (a === 0 && isDefault(b)) || (b === 0 && isDefault(a));
}

function isDefault(port: number): boolean {
  return port === 80 || port === 443;
}
