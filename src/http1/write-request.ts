// Writes the request head that goes to a backend.
import { copy } from '../core/copy-bytes.ts';
import { CR, EMPTY, LF, QUESTION, SLASH, SP, ascii } from '../message/bytes.ts';
import {
  AUTHORIZATION,
  CLAIM,
  CONTENT_LENGTH,
  FORWARDED,
  FORWARDED_FOR,
  FORWARDED_HOST,
  FORWARDED_PORT,
  FORWARDED_PREFIX,
  FORWARDED_PROTO,
  HOST,
  LOOKALIKE,
  PROXY,
  REAL_IP,
  REQUEST_ID,
  TRAILER,
  TRANSFER_ENCODING,
} from '../message/field-names.ts';
import type { Edits } from '../message/edits.ts';
import type { Head, TargetPlace } from '../message/head.ts';
import type { OriginFacts, OutgoingRequest } from '../message/contract.ts';
import { writeNumber } from '../message/request-id.ts';
import { HOP_BY_HOP } from './hop-by-hop.ts';
import {
  FORWARDED_HOST_NAME,
  FORWARDED_PORT_NAME,
  FORWARDED_PREFIX_NAME,
  type Http1Client,
  NUMBER_FROM_END,
  http1ClientOf,
} from './http1-client.ts';
import { writeIdLine } from './id-line.ts';
import { afterFirstSlashes, sentLength } from './target.ts';
import { leavingOut, withEdits, writeAddition, writeFields, writeRun } from './write-fields.ts';

// A backend that takes a lookalike for the field itself would believe what the client says in it. A backend that makes
// HTTP_PROXY of the Proxy field would send its own requests wherever the client likes (httpoxy).
const DROPPED = [
  ...HOP_BY_HOP,
  FORWARDED,
  FORWARDED_FOR,
  FORWARDED_PROTO,
  FORWARDED_HOST,
  FORWARDED_PORT,
  FORWARDED_PREFIX,
  REAL_IP,
  LOOKALIKE,
  PROXY,
];
// From a client that is not trusted, these are claims that a backend might believe.
const CLAIMS = [CLAIM, REQUEST_ID];
const OWN_HOST = 1;
const OWN_AUTHORIZATION = 2;
const UNTRUSTED = 4;
const WITH_TRAILERS = 8;
const UNFRAMED = 16;
// One for each combination of the five flags.
const LEFT_OUT = Array.from({ length: 32 }, (_, flags) =>
  leavingOut([
    ...DROPPED.filter((kind) => kind !== TRAILER || (flags & WITH_TRAILERS) === 0),
    ...((flags & OWN_HOST) === 0 ? [] : [HOST]),
    ...((flags & OWN_AUTHORIZATION) === 0 ? [] : [AUTHORIZATION]),
    ...((flags & UNTRUSTED) === 0 ? [] : CLAIMS),
    ...((flags & UNFRAMED) === 0 ? [] : [CONTENT_LENGTH, TRANSFER_ENCODING]),
  ]),
);

const VERSION_LINE = ascii(' HTTP/1.1\r\n');
const HOST_NAME = ascii('Host: ');
const AUTHORIZATION_NAME = ascii('Authorization: ');
const VIA_OLD = ascii('Via: 1.0 keystone\r\n');
const CHUNKED_LINE = ascii('Transfer-Encoding: chunked\r\n');
const UPGRADE_LINES = ascii('Connection: Upgrade\r\nUpgrade: ');
const TE_TRAILERS = ascii('TE: trailers\r\nConnection: TE\r\n');

/** Writes the head to `out` at 0; returns its length. */
export function writeRequestHead(out: Uint8Array, request: OutgoingRequest, origin: OriginFacts): number {
  const { head } = request;
  const at = copy(out, 0, head.bytes, head.start, head.methodEnd);
  out[at] = SP;
  const client = http1ClientOf(request.client, request.marks);
  const isFramed = request.bodyForm === 'framed';
  const isPlain =
    origin.isPlain &&
    isFramed &&
    request.rewritten === null &&
    client.claims === null &&
    isPassedOn(head, head.pathStart + request.strip);
  const end = isPlain ? writePlain(out, at + 1, request, client) : writeParts(out, at + 1, request, client, origin);
  return endHead(out, request.edits === null ? end : writeAdded(out, end, request.edits, origin), head);
}

// The backend's own credentials replace those of an edit.
function writeAdded(out: Uint8Array, from: number, edits: Edits<'request'>, origin: OriginFacts): number {
  let at = from;
  for (let n = 0; n < edits.additions; n++) {
    const edit = edits.addition(n);
    const hasOwn = edit.nameKind === AUTHORIZATION && origin.authorization !== EMPTY;
    if (!hasOwn) at = writeAddition(out, at, edit);
  }
  return at;
}

// True if path, version and fields can be copied as they came, in one run. Most requests can.
function isPassedOn(head: Head, path: number): boolean {
  return (
    head.isCanonical &&
    head.minor === 1 &&
    head.hostEnd > head.hostStart &&
    !head.targetHostOnly &&
    path < head.pathEnd &&
    head.bytes[path] === SLASH &&
    (path === head.pathStart || head.bytes[path + 1] !== SLASH) &&
    // Otherwise the path became shorter when it was normalised, and the target to pass on may lie elsewhere.
    head.fields[0] === head.targetEnd + VERSION_LINE.length
  );
}

function writePlain(out: Uint8Array, from: number, request: OutgoingRequest, client: Http1Client): number {
  const { head } = request;
  const { lines } = client;
  const leftOut = withEdits(LEFT_OUT[head.passesTrailers ? UNTRUSTED | WITH_TRAILERS : UNTRUSTED], request.edits);
  let at = writeRun(out, head, leftOut, from, head.pathStart + request.strip);
  out.set(lines, at);
  at += lines.length;
  writeNumber(out, at - NUMBER_FROM_END, head.number);
  at = endLine(out, copy(out, at, head.bytes, head.hostStart, head.hostEnd));
  at = writeForwardedPort(out, at, head, client);
  return request.strip === 0 ? at : writeForwardedPrefix(out, at, head, request.strip, EMPTY);
}

function writeParts(
  out: Uint8Array,
  from: number,
  request: OutgoingRequest,
  client: Http1Client,
  origin: OriginFacts,
): number {
  const { head, rewritten } = request;
  let at = writeTarget(out, from, request, origin);
  at = copy(out, at, VERSION_LINE, 0, VERSION_LINE.length);
  const hasHost = head.hostEnd > head.hostStart;
  const host = rewritten === null ? null : rewritten.host;
  const ownsHost = origin.ownHost || !hasHost || head.targetHostOnly || host !== null;
  if (host !== null) at = writeRewrittenHost(out, at, host);
  else if (ownsHost) at = writeHost(out, at, head, origin);
  at = writeFields(out, head, withEdits(LEFT_OUT[dropFlags(request, ownsHost, origin)], request.edits), at);
  at = copy(out, at, client.lines, 0, client.forwardedEnd);
  const namesHost = client.claims !== null && client.claims.forwardedHost !== null;
  if (hasHost && !namesHost) at = writeForwardedHost(out, at, head);
  if (client.claims === null || client.claims.forwardedPort === null) at = writeForwardedPort(out, at, head, client);
  const told = rewritten === null ? null : rewritten.prefix;
  if (told !== null) at = writeToldPrefix(out, at, told, client.prefix);
  else if (request.strip > 0 || client.prefix !== EMPTY)
    at = writeForwardedPrefix(out, at, head, request.strip, client.prefix);
  const via = head.minor === 0 && client.viaLine !== EMPTY ? VIA_OLD : client.viaLine;
  at = copy(out, at, via, 0, via.length);
  at = copy(out, at, client.loopLine, 0, client.loopLine.length);
  if (request.bodyForm === 'payload') at = copy(out, at, CHUNKED_LINE, 0, CHUNKED_LINE.length);
  if (!head.hasTrustedId) at = writeIdLine(out, at, head, request.marks.idPrefix);
  return origin.authorization === EMPTY ? at : writeAuthorization(out, at, origin.authorization);
}

function endHead(out: Uint8Array, from: number, head: Head): number {
  let at = from;
  if (head.isUpgrade) at = writeUpgrade(out, at, head);
  if (head.takesTrailers) at = copy(out, at, TE_TRAILERS, 0, TE_TRAILERS.length);
  return endLine(out, at);
}

function dropFlags({ head, bodyForm }: OutgoingRequest, ownsHost: boolean, origin: OriginFacts): number {
  return (
    (ownsHost ? OWN_HOST : 0) |
    (origin.authorization === EMPTY ? 0 : OWN_AUTHORIZATION) |
    (head.isTrusted ? 0 : UNTRUSTED) |
    (head.passesTrailers ? WITH_TRAILERS : 0) |
    (bodyForm === 'framed' ? 0 : UNFRAMED)
  );
}

function writeForwardedHost(out: Uint8Array, from: number, head: Head): number {
  const at = copy(out, from, FORWARDED_HOST_NAME, 0, FORWARDED_HOST_NAME.length);
  return endLine(out, copy(out, at, head.bytes, head.hostStart, head.hostEnd));
}

// What is removed of the path here comes after what proxies before have removed.
function writeForwardedPrefix(out: Uint8Array, from: number, head: Head, strip: number, outer: Uint8Array): number {
  const at = beginPrefix(out, from, outer);
  return endLine(out, copy(out, at, head.bytes, head.pathStart, head.pathStart + strip));
}

function writeToldPrefix(out: Uint8Array, from: number, told: Uint8Array, outer: Uint8Array): number {
  if (told.length === 0 && outer.length === 0) return from;
  return endLine(out, copy(out, beginPrefix(out, from, outer), told, 0, told.length));
}

function beginPrefix(out: Uint8Array, from: number, outer: Uint8Array): number {
  const at = copy(out, from, FORWARDED_PREFIX_NAME, 0, FORWARDED_PREFIX_NAME.length);
  return copy(out, at, outer, 0, outer.length);
}

// The port of the Host, since a client names the port that it has reached, and the gateway's own may be another one that a
// router or container maps it to. The line of the usual port costs one copy.
function writeForwardedPort(out: Uint8Array, from: number, head: Head, client: Http1Client): number {
  const port = head.hostNameEnd + 1;
  if (port >= head.hostEnd) return copy(out, from, client.portLine, 0, client.portLine.length);
  const at = copy(out, from, FORWARDED_PORT_NAME, 0, FORWARDED_PORT_NAME.length);
  return endLine(out, copy(out, at, head.bytes, port, head.hostEnd));
}

function writeAuthorization(out: Uint8Array, from: number, authorization: Uint8Array): number {
  const at = copy(out, from, AUTHORIZATION_NAME, 0, AUTHORIZATION_NAME.length);
  return endLine(out, copy(out, at, authorization, 0, authorization.length));
}

function writeUpgrade(out: Uint8Array, from: number, head: Head): number {
  const at = copy(out, from, UPGRADE_LINES, 0, UPGRADE_LINES.length);
  return endLine(out, copy(out, at, head.bytes, head.upgradeStart, head.upgradeEnd));
}

function endLine(out: Uint8Array, at: number): number {
  out[at] = CR;
  out[at + 1] = LF;
  return at + 2;
}

// The backend's base path, the path without the tenant's prefix, the backend's query, the client's query.
function writeTarget(out: Uint8Array, from: number, request: OutgoingRequest, origin: OriginFacts): number {
  const { head, strip, rewritten } = request;
  const at = copy(out, from, origin.basePath, 0, origin.basePath.length);
  if (rewritten !== null && rewritten.target !== null)
    return writePath(out, at, rewritten.target, rewritten.target.pathStart, origin);
  const { sentTarget, forwardedTarget } = head;
  const { bytes, pathStart, pathEnd } = forwardedTarget;
  const rest = pathStart + (sentTarget === null ? strip : sentLength(sentTarget, strip));
  // What is left of a path must not begin with `//`; see `joinFirstSlashes`. Below a base path it does not.
  const path = strip > 0 && origin.basePath.length === 0 ? afterFirstSlashes(bytes, rest, pathEnd) : rest;
  const isAsterisk = strip === 0 && pathEnd - path === 1 && bytes[path] !== SLASH;
  const lacksSlash = (path >= pathEnd || bytes[path] !== SLASH) && !isAsterisk;
  if (lacksSlash) out[at] = SLASH;
  return writePath(out, lacksSlash ? at + 1 : at, forwardedTarget, path, origin);
}

function writePath(
  out: Uint8Array,
  from: number,
  { bytes, pathEnd, targetEnd }: TargetPlace,
  path: number,
  origin: OriginFacts,
): number {
  if (origin.query === EMPTY) return copy(out, from, bytes, path, targetEnd);
  let at = copy(out, from, bytes, path, pathEnd);
  out[at++] = QUESTION;
  at = copy(out, at, origin.query, 0, origin.query.length);
  if (targetEnd <= pathEnd + 1) return at;
  out[at++] = 0x26; // &
  return copy(out, at, bytes, pathEnd + 1, targetEnd);
}

function writeRewrittenHost(out: Uint8Array, from: number, host: Uint8Array): number {
  const at = copy(out, from, HOST_NAME, 0, HOST_NAME.length);
  return endLine(out, copy(out, at, host, 0, host.length));
}

function writeHost(out: Uint8Array, from: number, head: Head, origin: OriginFacts): number {
  let at = copy(out, from, HOST_NAME, 0, HOST_NAME.length);
  const isClients = !origin.ownHost && head.hostEnd > head.hostStart;
  if (isClients) at = copy(out, at, head.bytes, head.hostStart, head.hostEnd);
  else at = copy(out, at, origin.authority, 0, origin.authority.length);
  return endLine(out, at);
}
