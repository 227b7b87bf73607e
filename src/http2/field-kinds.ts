// What a field of a header block is, by its name, and whether HTTP/2 allows it there (RFC 9113 8.2 and 8.3). Each is judged once:
// what lies in a table keeps its kind.
import { COLON, SLASH, SP, TAB, TARGET, TOKEN, VALUE, ascii, equalsExactly, equalsLowered } from '../message/bytes.ts';
import {
  CONNECTION,
  CONTENT_LENGTH,
  HOST,
  HTTP2_SETTINGS,
  KEEP_ALIVE,
  PROXY_CONNECTION,
  TE,
  TRANSFER_ENCODING,
  UPGRADE,
  classify,
  kindTable,
} from '../message/field-names.ts';

/** Nothing about it is HTTP/2's own. */
export const PLAIN = 0;
/** It makes the message malformed. */
export const FORBIDDEN = 1;
export const COOKIE_CRUMB = 2;
export const HOST_FIELD = 3;
export const LENGTH_FIELD = 4;
export const WEBSOCKET_KEY = 5;
/** The first of the pseudo-fields. */
export const METHOD = 8;
export const SCHEME = 9;
export const AUTHORITY = 10;
export const PATH = 11;
export const PROTOCOL = 12;
/** Only responses have it. */
export const STATUS = 13;

const PSEUDO: readonly (readonly [Uint8Array, number])[] = [
  [ascii(':method'), METHOD],
  [ascii(':scheme'), SCHEME],
  [ascii(':authority'), AUTHORITY],
  [ascii(':path'), PATH],
  [ascii(':protocol'), PROTOCOL],
  [ascii(':status'), STATUS],
];
// RFC 9113 8.2.2: fields of one connection.
const OF_CONNECTION = kindTable([CONNECTION, TRANSFER_ENCODING, KEEP_ALIVE, UPGRADE, PROXY_CONNECTION, HTTP2_SETTINGS]);
const COOKIE_NAME = ascii('cookie');
const WEBSOCKET_KEY_NAME = ascii('sec-websocket-key');
const TRAILERS = ascii('trailers');
const AT_SIGN = 0x40;
const ASTERISK = 0x2a;
const ZERO = 0x30;
const NINE = 0x39;

/** The kind of a field: `name: value CRLF` in line[0, size). */
export function kindOf(line: Uint8Array, nameLength: number, size: number): number {
  const start = nameLength + 2;
  const end = size - 2;
  if (nameLength === 0) return FORBIDDEN;
  if (line[0] === COLON) return pseudoKind(line, nameLength, start, end);
  for (let i = 0; i < nameLength; i++) if (TOKEN[line[i]] !== line[i]) return FORBIDDEN; // no token, or in upper case
  for (let i = start; i < end; i++) if (VALUE[line[i]] === 0) return FORBIDDEN;
  if (end > start && (isBlank(line[start]) || isBlank(line[end - 1]))) return FORBIDDEN;
  const kind = classify(line, 0, nameLength);
  if (OF_CONNECTION[kind] === 1) return FORBIDDEN;
  if (kind === HOST) return HOST_FIELD;
  if (kind === CONTENT_LENGTH) return LENGTH_FIELD;
  if (kind === TE) return is(TRAILERS, line, start, end) ? PLAIN : FORBIDDEN;
  if (is(COOKIE_NAME, line, 0, nameLength)) return COOKIE_CRUMB;
  return is(WEBSOCKET_KEY_NAME, line, 0, nameLength) ? WEBSOCKET_KEY : PLAIN;
}

function pseudoKind(line: Uint8Array, nameLength: number, start: number, end: number): number {
  for (const [name, kind] of PSEUDO) {
    if (name.length === nameLength && equalsExactly(line, 0, name))
      return isPseudoValue(kind, line, start, end) ? kind : FORBIDDEN;
  }
  return FORBIDDEN;
}

function isPseudoValue(kind: number, line: Uint8Array, start: number, end: number): boolean {
  if (start === end) return false;
  if (kind === STATUS) return end - start === 3 && isNumber(line, start, end);
  const allowed = kind === PATH || kind === AUTHORITY ? TARGET : TOKEN;
  for (let i = start; i < end; i++) if (allowed[line[i]] === 0) return false;
  if (kind === PATH) return line[start] === SLASH || (line[start] === ASTERISK && end - start === 1);
  if (kind !== AUTHORITY) return true;
  // No user, and nothing that could be taken for a path.
  for (let i = start; i < end; i++) if (line[i] === AT_SIGN || line[i] === SLASH) return false;
  return true;
}

function isNumber(line: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (line[i] < ZERO || line[i] > NINE) return false;
  return true;
}

function is(name: Uint8Array, line: Uint8Array, start: number, end: number): boolean {
  return end - start === name.length && equalsLowered(line, start, name);
}

function isBlank(byte: number): boolean {
  return byte === SP || byte === TAB;
}
