// The header block of a request, from the text of its HTTP/1.1 head as the gateway writes it for a backend: the same rules and
// edits apply to both protocols that way.
import { COLON, LF, SP, ascii, equalsLowered } from '../message/bytes.ts';
import {
  CONNECTION,
  HOST,
  HTTP2_SETTINGS,
  KEEP_ALIVE,
  PROXY_CONNECTION,
  TRANSFER_ENCODING,
  UPGRADE,
  classify,
  kindTable,
} from '../message/field-names.ts';
import { type HpackEncoder, endOfName } from './hpack-encode.ts';

// RFC 9113 8.2.2; the host is a pseudo-field.
const LEFT_OUT = kindTable([
  CONNECTION,
  HOST,
  HTTP2_SETTINGS,
  KEEP_ALIVE,
  PROXY_CONNECTION,
  TRANSFER_ENCODING,
  UPGRADE,
]);

const PROTOCOL_NAME = ascii(':protocol');
const WEBSOCKET_KEY = ascii('sec-websocket-key');
const WEBSOCKET = ascii('websocket');
const CONNECT = ascii('CONNECT');

/** Encodes the head bytes[0, end), whose lines are `name: value CRLF`, between the encoder's `begin` and `end`. */
export function encodeRequest(encoder: HpackEncoder, bytes: Uint8Array, end: number, scheme: 'http' | 'https'): void {
  const methodEnd = bytes.indexOf(SP);
  encoder.method(bytes, 0, methodEnd);
  encodeRest(encoder, bytes, methodEnd, end, scheme);
}

/** The same for a request that asks for a WebSocket, as an extended CONNECT (RFC 8441 4). */
export function encodeTunnel(encoder: HpackEncoder, bytes: Uint8Array, end: number, scheme: 'http' | 'https'): void {
  encoder.method(CONNECT, 0, CONNECT.length);
  encoder.pseudo(PROTOCOL_NAME, WEBSOCKET);
  encodeRest(encoder, bytes, bytes.indexOf(SP), withoutKey(bytes, end), scheme);
}

// RFC 8441 5: the key has no meaning there. What stands behind it moves up.
function withoutKey(bytes: Uint8Array, end: number): number {
  for (let line = 0; line < end - 2; ) {
    const next = bytes.indexOf(LF, line) + 1;
    const isKey = bytes[line + WEBSOCKET_KEY.length] === COLON && equalsLowered(bytes, line, WEBSOCKET_KEY);
    if (isKey) {
      bytes.copyWithin(line, next, end);
      return end - (next - line);
    }
    line = next;
  }
  return end;
}

function encodeRest(
  encoder: HpackEncoder,
  bytes: Uint8Array,
  methodEnd: number,
  end: number,
  scheme: 'http' | 'https',
): void {
  const targetEnd = bytes.indexOf(SP, methodEnd + 1);
  const fields = bytes.indexOf(LF, targetEnd) + 1;
  encoder.scheme(scheme);
  encodeAuthority(encoder, bytes, fields, end - 2);
  encoder.path(bytes, methodEnd + 1, targetEnd);
  for (let line = fields; line < end - 2; ) {
    const colon = endOfName(bytes, line);
    const next = bytes.indexOf(LF, colon) + 1;
    if (LEFT_OUT[classify(bytes, line, colon - line)] === 0) encoder.field(bytes, line, colon, colon + 2, next - 2);
    line = next;
  }
}

function encodeAuthority(encoder: HpackEncoder, bytes: Uint8Array, from: number, end: number): void {
  for (let line = from; line < end; ) {
    const colon = endOfName(bytes, line);
    const next = bytes.indexOf(LF, colon) + 1;
    if (classify(bytes, line, colon - line) === HOST) return encoder.authority(bytes, colon + 2, next - 2);
    line = next;
  }
}
