// Writes the request head that goes to a backend.
import { CR, EMPTY, LF, QUESTION, SLASH, SP, ascii, copy } from '../message/bytes.ts';
import {
  AUTHORIZATION,
  CONNECTION,
  FORWARDED,
  FORWARDED_FOR,
  FORWARDED_HOST,
  FORWARDED_PROTO,
  HOST,
  HTTP2_SETTINGS,
  KEEP_ALIVE,
  PROXY_AUTHENTICATE,
  PROXY_AUTHORIZATION,
  PROXY_CONNECTION,
  TE,
  TRAILER,
  UPGRADE,
  kindTable,
} from '../message/field-names.ts';
import type { Head } from '../message/head.ts';
import type { ClientFacts, OriginFacts } from '../message/contract.ts';
import { writeFields } from './write-fields.ts';

// Transfer-Encoding stays: a chunked body is passed on in its framing.
const DROPPED = [
  CONNECTION,
  KEEP_ALIVE,
  TE,
  TRAILER,
  UPGRADE,
  PROXY_CONNECTION,
  PROXY_AUTHENTICATE,
  PROXY_AUTHORIZATION,
  HTTP2_SETTINGS,
  FORWARDED,
  FORWARDED_FOR,
  FORWARDED_PROTO,
  FORWARDED_HOST,
];
const KEEP_HOST = kindTable(DROPPED);
const OWN_HOST = kindTable([...DROPPED, HOST]);
const KEEP_HOST_OWN_AUTHORIZATION = kindTable([...DROPPED, AUTHORIZATION]);
const OWN_HOST_OWN_AUTHORIZATION = kindTable([...DROPPED, HOST, AUTHORIZATION]);

const VERSION_LINE = ascii(' HTTP/1.1\r\n');
const HOST_NAME = ascii('Host: ');
const FORWARDED_HOST_NAME = ascii('X-Forwarded-Host: ');
const UPGRADE_LINES = ascii('Connection: Upgrade\r\nUpgrade: ');
const TE_TRAILERS = ascii('TE: trailers\r\nConnection: TE\r\n');

/** Writes the head to `out` at 0; returns its length. `strip`: how many bytes of the path are not passed on. */
export function writeRequestHead(
  out: Uint8Array,
  head: Head,
  strip: number,
  client: ClientFacts,
  origin: OriginFacts,
): number {
  const { bytes } = head;
  let at = copy(out, 0, bytes, head.start, head.methodEnd);
  out[at++] = SP;
  at = writeTarget(out, at, head, strip, origin);
  at = copy(out, at, VERSION_LINE, 0, VERSION_LINE.length);
  const hasHost = head.hostEnd > head.hostStart;
  const ownsHost = origin.ownHost || !hasHost || head.targetHostOnly;
  if (ownsHost) at = writeHost(out, at, head, origin);
  at = writeFields(out, head, dropTable(ownsHost, origin.authorizationLine), at);
  at = copy(out, at, client.forwardedLines, 0, client.forwardedLines.length);
  if (hasHost) {
    at = copy(out, at, FORWARDED_HOST_NAME, 0, FORWARDED_HOST_NAME.length);
    at = copy(out, at, bytes, head.hostStart, head.hostEnd);
    out[at++] = CR;
    out[at++] = LF;
  }
  if (origin.authorizationLine !== EMPTY)
    at = copy(out, at, origin.authorizationLine, 0, origin.authorizationLine.length);
  if (head.isUpgrade) at = writeUpgrade(out, at, head);
  if (head.takesTrailers) at = copy(out, at, TE_TRAILERS, 0, TE_TRAILERS.length);
  out[at++] = CR;
  out[at++] = LF;
  return at;
}

function writeUpgrade(out: Uint8Array, from: number, head: Head): number {
  let at = copy(out, from, UPGRADE_LINES, 0, UPGRADE_LINES.length);
  at = copy(out, at, head.bytes, head.upgradeStart, head.upgradeEnd);
  out[at++] = CR;
  out[at++] = LF;
  return at;
}

function dropTable(ownsHost: boolean, authorizationLine: Uint8Array): Uint8Array {
  if (authorizationLine === EMPTY) return ownsHost ? OWN_HOST : KEEP_HOST;
  return ownsHost ? OWN_HOST_OWN_AUTHORIZATION : KEEP_HOST_OWN_AUTHORIZATION;
}

// The backend's base path, the path without the tenant's prefix, the backend's query, the client's query.
function writeTarget(out: Uint8Array, from: number, head: Head, strip: number, origin: OriginFacts): number {
  const { bytes, pathEnd, targetEnd } = head;
  let at = copy(out, from, origin.basePath, 0, origin.basePath.length);
  const path = head.pathStart + strip;
  const isAsterisk = strip === 0 && pathEnd - path === 1 && bytes[path] !== SLASH;
  if ((path >= pathEnd || bytes[path] !== SLASH) && !isAsterisk) out[at++] = SLASH;
  if (origin.query === EMPTY) return copy(out, at, bytes, path, targetEnd);
  at = copy(out, at, bytes, path, pathEnd);
  out[at++] = QUESTION;
  at = copy(out, at, origin.query, 0, origin.query.length);
  if (targetEnd <= pathEnd + 1) return at;
  out[at++] = 0x26; // &
  return copy(out, at, bytes, pathEnd + 1, targetEnd);
}

function writeHost(out: Uint8Array, from: number, head: Head, origin: OriginFacts): number {
  let at = copy(out, from, HOST_NAME, 0, HOST_NAME.length);
  const isClients = !origin.ownHost && head.hostEnd > head.hostStart;
  if (isClients) at = copy(out, at, head.bytes, head.hostStart, head.hostEnd);
  else at = copy(out, at, origin.authority, 0, origin.authority.length);
  out[at++] = CR;
  out[at++] = LF;
  return at;
}
