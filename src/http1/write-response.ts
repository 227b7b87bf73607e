// Writes the response head that goes to a client.
import { CR, LF, SP, ascii, copy } from '../message/bytes.ts';
import type { Edits } from '../message/edits.ts';
import { CONTENT_LENGTH, TRANSFER_ENCODING, UPGRADE } from '../message/field-names.ts';
import type { Head } from '../message/head.ts';
import type { LocalResponse } from '../message/local-response.ts';
import { HOP_BY_HOP } from './hop-by-hop.ts';
import { reasonPhrase } from './reason-phrase.ts';
import {
  LINE_BYTES,
  type LeftOut,
  isDropped,
  leavingOut,
  withEdits,
  writeAdditions,
  writeFields,
} from './write-fields.ts';

const AS_FRAMED = leavingOut(HOP_BY_HOP);
// With the Upgrade field, which names the protocols that a 101 changes to, or that a 426 asks for (RFC 9110 15.5.22).
const ALL_BUT_UPGRADE = HOP_BY_HOP.filter((kind) => kind !== UPGRADE);
const UPGRADING = leavingOut([...ALL_BUT_UPGRADE, TRANSFER_ENCODING, CONTENT_LENGTH]);
const ASKING_UPGRADE = leavingOut(ALL_BUT_UPGRADE);
const UPGRADE_REQUIRED = 426;
const WITHOUT_FRAMING = leavingOut([...HOP_BY_HOP, TRANSFER_ENCODING, CONTENT_LENGTH]);

const CHUNKED_LINE = ascii('Transfer-Encoding: chunked\r\n');
const CLOSE_LINE = ascii('Connection: close\r\n');
const UPGRADE_LINE = ascii('Connection: Upgrade\r\n');
const KEEP_ALIVE_LINE = ascii('Connection: keep-alive\r\n');

/** What the Connection field tells the client. `implied`: there is none, since the default of the client's version says
 * what happens; `upgrade`: the connection changes its protocol. */
export type ConnectionWord = 'implied' | 'close' | 'keep-alive' | 'upgrade';

/** How a response is written. Its sender implements this, so that no object is made for each response. */
export interface ResponseManner {
  readonly word: ConnectionWord;
  /** How the body follows. `as_is`: as the head frames it; `chunked`: in chunks that the sender makes; `bare`: without
   * framing, until the connection ends. */
  readonly framing: 'as_is' | 'chunked' | 'bare';
  readonly edits: Edits<'response'> | null;
  /** Added to a response that has no Date. */
  readonly dateLine: Uint8Array;
}

/** Writes the head to `out` at 0; returns its length. */
export function writeResponseHead(out: Uint8Array, head: Head, manner: ResponseManner): number {
  const { word, framing, edits, dateLine } = manner;
  let at = writeStatusLine(out, head);
  at = writeFields(out, head, leftOutOf(head, manner), at);
  // RFC 9110 6.6.1: a response without a Date gets one.
  if (!head.hasDate && head.status >= 200) at = copy(out, at, dateLine, 0, dateLine.length);
  if (edits !== null) at = writeAdditions(out, at, edits);
  if (asksUpgrade(head)) at = copy(out, at, UPGRADE_LINE, 0, UPGRADE_LINE.length);
  if (framing === 'chunked') at = copy(out, at, CHUNKED_LINE, 0, CHUNKED_LINE.length);
  if (word === 'close') at = copy(out, at, CLOSE_LINE, 0, CLOSE_LINE.length);
  if (word === 'upgrade') at = copy(out, at, UPGRADE_LINE, 0, UPGRADE_LINE.length);
  if (word === 'keep-alive') at = copy(out, at, KEEP_ALIVE_LINE, 0, KEEP_ALIVE_LINE.length);
  out[at++] = 13;
  out[at++] = 10;
  return at;
}

// "HTTP/1.1 200 " and CR LF.
const LEAST_STATUS_LINE = 15;

function writeStatusLine(out: Uint8Array, head: Head): number {
  const { bytes, start } = head;
  const line = head.count > 0 ? head.fields[0] : head.end - 2;
  let at = copy(out, 0, bytes, start, line);
  out[7] = 0x31; // the gateway's version, not the backend's (RFC 9110 2.5)
  if (at >= LEAST_STATUS_LINE) return at;
  // The backend has left out the space before an absent reason, which is not optional (RFC 9112 4).
  out[at - 2] = SP;
  out[at - 1] = CR;
  out[at++] = LF;
  return at;
}

function asksUpgrade(head: Head): boolean {
  return head.status === UPGRADE_REQUIRED && head.upgradeEnd > 0;
}

function leftOutOf(head: Head, { word, framing, edits }: ResponseManner): LeftOut {
  if (word === 'upgrade') return withEdits(UPGRADING, edits);
  if (asksUpgrade(head)) return withEdits(framing === 'as_is' ? ASKING_UPGRADE : UPGRADING, edits);
  // RFC 9110 8.6 and RFC 9112 6.1: no length and no coding in 1xx and 204, whatever the backend says.
  if (head.status === 204 || head.status < 200) return withEdits(WITHOUT_FRAMING, edits);
  return withEdits(framing === 'as_is' ? AS_FRAMED : WITHOUT_FRAMING, edits);
}

/** True if no line of the head must be rewritten, so that `shiftResponseHead` may move it. */
export function isShiftable(head: Head): boolean {
  // Shifting overwrites the Connection field, which names the other fields to drop.
  const { status } = head;
  if (status < 200 || status === 204 || status === UPGRADE_REQUIRED) return false;
  return head.isCanonical && head.hasDate && !head.hasNominated;
}

const NO_LINE = -1;

// Finds a line that is left out and has room for the fields that edits add: usually `Connection: keep-alive`. It must
// come after every field that stays and has the name of an added one: added fields come last.
function lineForAdditions(head: Head, edits: Edits<'response'>): number {
  const size = edits.addedBytes + edits.additions * LINE_BYTES;
  let end = head.end - 2;
  for (let f = head.count - 1; f >= 0; f--) {
    const start = head.fields[f * 4];
    if (!isDropped(head, f, AS_FRAMED.dropped) && !edits.removes(head, f)) {
      if (edits.adds(head, f)) return NO_LINE;
    } else if (end - start >= size) return f;
    end = start;
  }
  return NO_LINE;
}

/** No line that is left out has room for the fields that edits add. */
export const NO_PLACE = -1;

/** Rewrites the head in place and moves it right up to the body, so that both leave in one write and the body is not
 * copied. For `isShiftable` heads. Returns the new start; NO_PLACE: the head is unchanged. */
export function shiftResponseHead(head: Head, edits: Edits<'response'> | null): number {
  const { bytes, fields } = head;
  const { dropped } = AS_FRAMED;
  const isLonger = edits !== null && edits.additions > 0;
  const replaced = isLonger ? lineForAdditions(head, edits) : NO_LINE;
  if (isLonger && replaced === NO_LINE) return NO_PLACE;
  let to = head.end - 2; // the final CR LF stays
  let runEnd = to;
  let runStart = to;
  for (let f = head.count - 1; f >= 0; f--) {
    const line = fields[f * 4];
    if (!isDropped(head, f, dropped) && (edits === null || !edits.removes(head, f))) {
      runStart = line;
      continue;
    }
    if (f === replaced && edits !== null) {
      runStart -= edits.addedBytes + edits.additions * LINE_BYTES;
      writeAdditions(bytes, runStart, edits);
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

/** Writes the head of a local response to `out` at 0; returns its length. */
export function writeLocalHead(
  out: Uint8Array,
  response: LocalResponse,
  edits: Edits<'response'> | null,
  word: ConnectionWord,
  dateLine: Uint8Array,
): number {
  let text = `HTTP/1.1 ${response.status} ${reasonPhrase(response.status)}\r\n`;
  for (const [name, value] of response.headers) {
    if (edits === null || !edits.removesNamed(name)) text += `${name}: ${value}\r\n`;
  }
  if (response.status !== 204) text += `Content-Length: ${response.body.length}\r\n`;
  if (word !== 'implied') text += `Connection: ${word}\r\n`;
  const head = ascii(text);
  out.set(head, 0);
  let at = copy(out, head.length, dateLine, 0, dateLine.length);
  if (edits !== null) at = writeAdditions(out, at, edits);
  out[at] = 13;
  out[at + 1] = 10;
  return at + 2;
}
