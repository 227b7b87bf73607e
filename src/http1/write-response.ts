// Writes the response head that goes to a client.
import { copy } from '../core/copy-bytes.ts';
import { CR, LF, SP, ascii } from '../message/bytes.ts';
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

type Additions = Pick<ResponseManner, 'edits' | 'identified' | 'idPrefix'>;

function editBytes({ edits }: Additions): number {
  return edits === null ? 0 : edits.addedBytes + edits.additions * LINE_BYTES;
}

function idBytes({ identified, idPrefix }: Additions): number {
  return identified === null ? 0 : idLineBytes(identified, idPrefix);
}

function droppedWith({ identified }: Additions): Uint8Array {
  return (identified === null ? WITHOUT_ID : WITH_ID).asFramed.dropped;
}

/** There is no place for the lines that are added: the head must be written anew. */
export const NO_PLACE = -1;
// Any other place is a number that is not negative, so that no object is made for each response: twice the field whose line gives
// way, plus 2, or 0 if none does; plus FIRST if what does not go there goes right after the status line.
const NOTHING_ADDED = 0;
const FIRST = 1;

function placeOf(line: number): number {
  return (line + 1) * 2;
}

function lineOf(place: number): number {
  return (place >> 1) - 1;
}

/** True if something goes right after the status line, for which the head needs room at its left. */
export function isFirst(place: number): boolean {
  return place !== NO_PLACE && (place & FIRST) !== 0;
}

/** How much room that takes. */
export function firstBytes(place: number, additions: Additions): number {
  if (!isFirst(place)) return 0;
  return idBytes(additions) + (lineOf(place) < 0 ? editBytes(additions) : 0);
}

/** Finds a line that is left out and has room for the lines that are added: usually `Connection` or `Keep-Alive`. It must come
 * after every field that stays and has the name of an added one: added fields come last. Where there is room for all but the id,
 * the id comes first; where there is none, all of them do, if no field that stays has the name of one. For `isShiftable` heads. */
export function placeForAdditions(head: Head, additions: Additions): number {
  const { edits } = additions;
  const dropped = droppedWith(additions);
  const ofEdits = editBytes(additions);
  const ofId = idBytes(additions);
  if (ofEdits + ofId === 0) return NOTHING_ADDED;
  let place = NO_PLACE;
  let end = head.end - 2;
  for (let f = head.count - 1; f >= 0; f--) {
    const start = head.fields[f * 4];
    if (!isDropped(head, f, dropped) && (edits === null || !edits.removes(head, f))) {
      if (edits !== null && edits.adds(head, f)) return place;
    } else if (end - start >= ofEdits + ofId) return placeOf(f);
    else if (ofEdits > 0 && end - start >= ofEdits && place === NO_PLACE) place = placeOf(f) + FIRST;
    end = start;
  }
  return place === NO_PLACE ? FIRST : place;
}

/** Rewrites a head in place and moves it right up to the body, so that both leave in one write and the body is not copied. The
 * bytes are those of the head, or a copy in which all lies `by` further on. `place`: from `placeForAdditions`. Returns the new
 * start. */
export function shiftResponseHead(
  head: Head,
  additions: Additions,
  place: number,
  bytes: Uint8Array,
  by: number,
): number {
  const { fields } = head;
  const { edits } = additions;
  const dropped = droppedWith(additions);
  const replaced = lineOf(place);
  let to = head.end - 2 + by; // the final CR LF stays
  let runEnd = to;
  let runStart = to;
  for (let f = head.count - 1; f >= 0; f--) {
    const line = fields[f * 4] + by;
    if (!isDropped(head, f, dropped) && (edits === null || !edits.removes(head, f))) {
      runStart = line;
      continue;
    }
    if (f === replaced) runStart = writeBefore(bytes, runStart, additions, isFirst(place));
    to = moveRun(bytes, runStart, runEnd, to);
    runStart = line;
    runEnd = line;
  }
  if (isFirst(place)) {
    runStart = fields[0] + by;
    to = moveRun(bytes, runStart, runEnd, to) - firstBytes(place, additions);
    runEnd = runStart;
  }
  const start = moveRun(bytes, head.start + by, runEnd, to);
  bytes[start + 7] = 0x31; // the gateway's version
  if (isFirst(place)) writeFirst(bytes, to, place, additions);
  return start;
}

function writeFirst(bytes: Uint8Array, at: number, place: number, additions: Additions): void {
  const next = writeId(bytes, at, additions);
  if (additions.edits !== null && lineOf(place) < 0) writeAdditions(bytes, next, additions.edits);
}

function writeId(bytes: Uint8Array, at: number, { identified, idPrefix }: Additions): number {
  return identified === null ? at : writeIdLine(bytes, at, identified, idPrefix);
}

// Writes what is added so that it ends at `end`; returns where it begins.
function writeBefore(bytes: Uint8Array, end: number, additions: Additions, isIdElsewhere: boolean): number {
  const { edits } = additions;
  const start = end - editBytes(additions) - (isIdElsewhere ? 0 : idBytes(additions));
  const at = isIdElsewhere ? start : writeId(bytes, start, additions);
  if (edits !== null) writeAdditions(bytes, at, edits);
  return start;
}

// Moves [start, end) so that it ends at `to`; returns its new start.
function moveRun(bytes: Uint8Array, start: number, end: number, to: number): number {
  const at = to - (end - start);
  if (at !== start) bytes.copyWithin(at, start, end);
  return at;
}

const DATE_LENGTH = 4;

// Byte for byte: values of a backend's may have others than ASCII.
function writeText(out: Uint8Array, text: string): number {
  for (let i = 0; i < text.length; i++) out[i] = text.charCodeAt(i);
  return text.length;
}

/** Writes the head of a local response to `out` at 0; returns its length. */
export function writeLocalHead(
  out: Uint8Array,
  response: LocalResponse,
  { edits, word, dateLine, identified, idPrefix }: Omit<ResponseManner, 'framing'>,
): number {
  const { status, headers, body } = response;
  let text = `HTTP/1.1 ${status} ${reasonPhrase(status)}\r\n`;
  let hasDate = false;
  for (const [name, value] of headers) {
    if (name.length === DATE_LENGTH && name.toLowerCase() === 'date') hasDate = true;
    if (edits === null || !edits.removesNamed(name)) text += `${name}: ${value}\r\n`;
  }
  // RFC 9110 8.6: of a 304 it would be the length that a 200 has.
  if (status !== 204 && status !== 304) text += `Content-Length: ${body.length}\r\n`;
  if (word !== 'implied') text += `Connection: ${word}\r\n`;
  let at = writeText(out, text);
  if (!hasDate) at = copy(out, at, dateLine, 0, dateLine.length);
  if (identified !== null) at = writeIdLine(out, at, identified, idPrefix);
  if (edits !== null) at = writeAdditions(out, at, edits);
  out[at] = 13;
  out[at + 1] = 10;
  return at + 2;
}
