// The header block of a request, from the text of its HTTP/1.1 head as the gateway writes it for a backend: the same rules and
// edits apply to both protocols that way.
import { LF, SP } from '../message/bytes.ts';
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

/** Encodes the head bytes[0, end), whose lines are `name: value CRLF`, between the encoder's `begin` and `end`. */
export function encodeRequest(encoder: HpackEncoder, bytes: Uint8Array, end: number, scheme: 'http' | 'https'): void {
  const methodEnd = bytes.indexOf(SP);
  const targetEnd = bytes.indexOf(SP, methodEnd + 1);
  const fields = bytes.indexOf(LF, targetEnd) + 1;
  encoder.method(bytes, 0, methodEnd);
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
