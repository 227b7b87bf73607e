// Writes the response head that goes to a client.
import { ascii, copy } from '../message/bytes.ts';
import { CONTENT_LENGTH, TRANSFER_ENCODING, UPGRADE, kindTable } from '../message/field-names.ts';
import type { Head } from '../message/head.ts';
import type { LocalResponse } from '../message/local-response.ts';
import { HOP_BY_HOP } from './hop-by-hop.ts';
import { reasonPhrase } from './reason-phrase.ts';
import { isDropped, writeFields } from './write-fields.ts';

const AS_FRAMED = kindTable(HOP_BY_HOP);
const WITHOUT_ENCODING = kindTable([...HOP_BY_HOP, TRANSFER_ENCODING]);
const UPGRADING = kindTable([...HOP_BY_HOP.filter((kind) => kind !== UPGRADE), TRANSFER_ENCODING, CONTENT_LENGTH]);
const WITHOUT_FRAMING = kindTable([...HOP_BY_HOP, TRANSFER_ENCODING, CONTENT_LENGTH]);

const CLOSE_LINE = ascii('Connection: close\r\n');
const UPGRADE_LINE = ascii('Connection: Upgrade\r\n');
const KEEP_ALIVE_LINE = ascii('Connection: keep-alive\r\n');

/** What the client is told of the connection after this response. `implied`: its version's default says it; `upgrade`:
 * it changes its protocol. */
export type ConnectionWord = 'implied' | 'close' | 'keep-alive' | 'upgrade';

/** Writes the head to `out` at 0; returns its length. `unframe`: the body follows without its chunked framing;
 * `dateLine`: added, EMPTY for none. */
export function writeResponseHead(
  out: Uint8Array,
  head: Head,
  word: ConnectionWord,
  unframe: boolean,
  dateLine: Uint8Array,
): number {
  const line = head.count > 0 ? head.fields[0] : head.end - 2;
  let at = copy(out, 0, head.bytes, head.start, line);
  out[7] = 0x31; // our version, not the backend's (RFC 9110 2.5)
  at = writeFields(out, head, word === 'upgrade' ? UPGRADING : dropTable(head, unframe), at);
  at = copy(out, at, dateLine, 0, dateLine.length);
  at = copy(out, at, head.addition, 0, head.addition.length);
  if (word === 'close') at = copy(out, at, CLOSE_LINE, 0, CLOSE_LINE.length);
  if (word === 'upgrade') at = copy(out, at, UPGRADE_LINE, 0, UPGRADE_LINE.length);
  if (word === 'keep-alive') at = copy(out, at, KEEP_ALIVE_LINE, 0, KEEP_ALIVE_LINE.length);
  out[at++] = 13;
  out[at++] = 10;
  return at;
}

/** True if no line of the head has to be written anew, and what is added finds a place: the head may be shifted. */
export function isShiftable(head: Head): boolean {
  if (!head.isCanonical || !head.hasDate || head.status === 204 || head.status < 200) return false;
  // Shifting overwrites the Connection field, which says what else is dropped.
  if (head.hasNominated) return false;
  return head.addition.length === 0 || lineForAddition(head) !== NO_LINE;
}

const NO_LINE = -1;

// A line that is dropped and at least as long as the addition, which is written over it. As a rule it is
// `Connection: keep-alive`.
function lineForAddition(head: Head): number {
  for (let f = 0; f < head.count; f++) {
    const end = f + 1 < head.count ? head.fields[f * 4 + 4] : head.end - 2;
    if (end - head.fields[f * 4] >= head.addition.length && isDropped(head, f, AS_FRAMED)) return f;
  }
  return NO_LINE;
}

/** Rewrites the head where it lies, moved right up to the body, so that both leave in one write and the body is not
 * copied. For `isShiftable` heads. Returns the new start. */
export function shiftResponseHead(head: Head): number {
  const { bytes, fields, addition } = head;
  const replaced = addition.length === 0 ? NO_LINE : lineForAddition(head);
  let to = head.end - 2; // the final CR LF stays
  let runEnd = to;
  let runStart = to;
  for (let f = head.count - 1; f >= 0; f--) {
    const line = fields[f * 4];
    if (!isDropped(head, f, AS_FRAMED)) {
      runStart = line;
      continue;
    }
    if (f === replaced) {
      runStart -= addition.length;
      copy(bytes, runStart, addition, 0, addition.length);
    }
    to -= runEnd - runStart;
    if (to !== runStart) bytes.copyWithin(to, runStart, runEnd);
    runStart = line;
    runEnd = line;
  }
  runStart = head.start;
  to -= runEnd - runStart;
  if (to !== runStart) bytes.copyWithin(to, runStart, runEnd);
  bytes[to + 7] = 0x31;
  return to;
}

function dropTable(head: Head, unframe: boolean): Uint8Array {
  // RFC 9110 8.6 and RFC 9112 6.1: no length and no coding in 1xx and 204, whatever the backend says.
  if (head.status === 204 || head.status < 200) return WITHOUT_FRAMING;
  return unframe ? WITHOUT_ENCODING : AS_FRAMED;
}

/** Writes the head of a response of our own to `out` at 0; returns its length. */
export function writeLocalHead(
  out: Uint8Array,
  response: LocalResponse,
  word: ConnectionWord,
  dateLine: Uint8Array,
): number {
  let text = `HTTP/1.1 ${response.status} ${reasonPhrase(response.status)}\r\n`;
  for (const [name, value] of response.headers) text += `${name}: ${value}\r\n`;
  if (response.status !== 204) text += `Content-Length: ${response.body.length}\r\n`;
  if (word !== 'implied') text += `Connection: ${word}\r\n`;
  const head = ascii(text);
  out.set(head, 0);
  const at = copy(out, head.length, dateLine, 0, dateLine.length);
  out[at] = 13;
  out[at + 1] = 10;
  return at + 2;
}
