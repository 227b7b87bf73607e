// Writes the response head that goes to a client.
import { CR, LF, SP, ascii, copy } from '../message/bytes.ts';
import type { Edits } from '../message/edits.ts';
import { CONTENT_LENGTH, REQUEST_ID, TRANSFER_ENCODING, UPGRADE } from '../message/field-names.ts';
import type { Head } from '../message/head.ts';
import type { LocalResponse } from '../message/local-response.ts';
import { HOP_BY_HOP } from './hop-by-hop.ts';
import { idLineBytes, writeIdLine } from './id-line.ts';
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

// With the Upgrade field, which names the protocols that a 101 changes to, or that a 426 asks for (RFC 9110 15.5.22).
const ALL_BUT_UPGRADE = HOP_BY_HOP.filter((kind) => kind !== UPGRADE);
const UPGRADE_REQUIRED = 426;

// `more`: what is left out besides.
function tables(more: readonly number[]) {
  return {
    asFramed: leavingOut([...HOP_BY_HOP, ...more]),
    upgrading: leavingOut([...ALL_BUT_UPGRADE, TRANSFER_ENCODING, CONTENT_LENGTH, ...more]),
    askingUpgrade: leavingOut([...ALL_BUT_UPGRADE, ...more]),
    withoutFraming: leavingOut([...HOP_BY_HOP, TRANSFER_ENCODING, CONTENT_LENGTH, ...more]),
  };
}

const WITHOUT_ID = tables([]);
// A backend's own X-Request-Id gives way to the gateway's, by which the log knows the request.
const WITH_ID = tables([REQUEST_ID]);

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
  /** The request whose id the client is told; null: it is not told. */
  readonly identified: Head | null;
  /** What the ids of this process begin with. */
  readonly idPrefix: Uint8Array;
}

/** Writes the head to `out` at 0; returns its length. */
export function writeResponseHead(out: Uint8Array, head: Head, manner: ResponseManner): number {
  const { word, framing, edits, dateLine, identified, idPrefix } = manner;
  let at = writeStatusLine(out, head);
  at = writeFields(out, head, leftOutOf(head, manner), at);
  // RFC 9110 6.6.1: a response without a Date gets one.
  if (!head.hasDate && head.status >= 200) at = copy(out, at, dateLine, 0, dateLine.length);
  if (identified !== null) at = writeIdLine(out, at, identified, idPrefix);
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

function leftOutOf(head: Head, { word, framing, edits, identified }: ResponseManner): LeftOut {
  const { asFramed, upgrading, askingUpgrade, withoutFraming } = identified === null ? WITHOUT_ID : WITH_ID;
  if (word === 'upgrade') return withEdits(upgrading, edits);
  if (asksUpgrade(head)) return withEdits(framing === 'as_is' ? askingUpgrade : upgrading, edits);
  // RFC 9110 8.6 and RFC 9112 6.1: no length and no coding in 1xx and 204, whatever the backend says.
  if (head.status === 204 || head.status < 200) return withEdits(withoutFraming, edits);
  return withEdits(framing === 'as_is' ? asFramed : withoutFraming, edits);
}

/** True if no line of the head must be rewritten, so that `shiftResponseHead` may move it. */
export function isShiftable(head: Head): boolean {
  // Shifting overwrites the Connection field, which names the other fields to drop.
  const { status } = head;
  if (status < 200 || status === 204 || status === UPGRADE_REQUIRED) return false;
  return head.isCanonical && head.hasDate && !head.hasNominated;
}

const NO_LINE = -1;

// Finds a line that is left out and has room for the lines that are added: usually `Connection` or `Keep-Alive`. It must come
// after every field that stays and has the name of an added one: added fields come last.
function lineForAdditions(head: Head, size: number, edits: Edits<'response'> | null, dropped: Uint8Array): number {
  let end = head.end - 2;
  for (let f = head.count - 1; f >= 0; f--) {
    const start = head.fields[f * 4];
    if (!isDropped(head, f, dropped) && (edits === null || !edits.removes(head, f))) {
      if (edits !== null && edits.adds(head, f)) return NO_LINE;
    } else if (end - start >= size) return f;
    end = start;
  }
  return NO_LINE;
}

/** No line that is left out has room for the lines that are added. */
export const NO_PLACE = -1;

type Additions = Pick<ResponseManner, 'edits' | 'identified' | 'idPrefix'>;

function editBytes({ edits }: Additions): number {
  return edits === null ? 0 : edits.addedBytes + edits.additions * LINE_BYTES;
}

function idBytes({ identified, idPrefix }: Additions): number {
  return identified === null ? 0 : idLineBytes(identified, idPrefix);
}

/** Rewrites the head in place and moves it right up to the body, so that both leave in one write and the body is not
 * copied. For `isShiftable` heads. Returns the new start; NO_PLACE: the head is unchanged. */
export function shiftResponseHead(head: Head, additions: Additions): number {
  const { edits, identified } = additions;
  const { dropped } = (identified === null ? WITHOUT_ID : WITH_ID).asFramed;
  const ofEdits = editBytes(additions);
  const ofId = idBytes(additions);
  const all = ofEdits + ofId;
  const line = all > 0 ? lineForAdditions(head, all, edits, dropped) : NO_LINE;
  if (all === 0 || line !== NO_LINE) return shiftFields(head, dropped, additions, line, all);
  // The id comes first, where there is room at the left.
  if (ofId === 0 || head.start < ofId) return NO_PLACE;
  const own = ofEdits > 0 ? lineForAdditions(head, ofEdits, edits, dropped) : NO_LINE;
  return ofEdits > 0 && own === NO_LINE ? NO_PLACE : shiftFields(head, dropped, additions, own, ofEdits);
}

/** True if `shiftResponseHead` has found no place in the head only because the id needs room at its left. */
export function lacksRoomForId(head: Head, additions: Additions): boolean {
  const { edits, identified } = additions;
  if (identified === null) return false;
  const ofEdits = editBytes(additions);
  return ofEdits === 0 || lineForAdditions(head, ofEdits, edits, WITH_ID.asFramed.dropped) !== NO_LINE;
}

// Puts additions of that size in the place of line `replaced`. If the id is not among them, it comes first.
function shiftFields(head: Head, dropped: Uint8Array, additions: Additions, replaced: number, size: number): number {
  const { bytes, fields } = head;
  const { edits, identified, idPrefix } = additions;
  const isIdFirst = identified !== null && size === editBytes(additions);
  let to = head.end - 2; // the final CR LF stays
  let runEnd = to;
  let runStart = to;
  for (let f = head.count - 1; f >= 0; f--) {
    const line = fields[f * 4];
    if (!isDropped(head, f, dropped) && (edits === null || !edits.removes(head, f))) {
      runStart = line;
      continue;
    }
    if (f === replaced) {
      runStart -= size;
      const at = isIdFirst || identified === null ? runStart : writeIdLine(bytes, runStart, identified, idPrefix);
      if (edits !== null) writeAdditions(bytes, at, edits);
    }
    to -= runEnd - runStart;
    if (to !== runStart) bytes.copyWithin(to, runStart, runEnd);
    runStart = line;
    runEnd = line;
  }
  return shiftStart(head, to, runEnd, isIdFirst ? additions : null);
}

// Moves what is left, from the status line to `runEnd`, so that it ends at `to`. Returns the new start of the head.
// `additions`: the id comes right after the status line, for which there is room at the left; null: it does not.
function shiftStart(head: Head, to: number, runEnd: number, additions: Additions | null): number {
  const { bytes, fields, start } = head;
  if (additions === null || additions.identified === null) return moveStart(bytes, start, runEnd, to);
  const line = fields[0];
  bytes.copyWithin(to - (runEnd - line), line, runEnd);
  const idAt = to - (runEnd - line) - idBytes(additions);
  const at = moveStart(bytes, start, line, idAt);
  writeIdLine(bytes, idAt, additions.identified, additions.idPrefix);
  return at;
}

function moveStart(bytes: Uint8Array, start: number, end: number, to: number): number {
  const at = to - (end - start);
  if (at !== start) bytes.copyWithin(at, start, end);
  bytes[at + 7] = 0x31; // the gateway's version
  return at;
}

/** Copies a head, and what has come with it up to `end`, to `out` from `at` on, so that there is room for the id at its
 * left: of a head in which `shiftResponseHead` has found no place. */
export function makeRoomForId(out: Uint8Array, at: number, head: Head, end: number, room: number): void {
  const { bytes, start } = head;
  out.set(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end), at + room);
  const by = at + room - start;
  head.rebase(by);
  head.end += by;
  head.bytes = out;
}

/** Writes the head of a local response to `out` at 0; returns its length. */
export function writeLocalHead(
  out: Uint8Array,
  response: LocalResponse,
  { edits, word, dateLine, identified, idPrefix }: Omit<ResponseManner, 'framing'>,
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
  if (identified !== null) at = writeIdLine(out, at, identified, idPrefix);
  if (edits !== null) at = writeAdditions(out, at, edits);
  out[at] = 13;
  out[at + 1] = 10;
  return at + 2;
}
