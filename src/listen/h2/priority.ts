// Reads how urgent an answer is: the Priority field and PRIORITY_UPDATE frames (RFC 9218).
import { COMMA, SEMICOLON, SP, TAB, equalsLowered, ascii } from '../../message/bytes.ts';
import type { Head } from '../../message/head.ts';

/** An urgency from 0, the highest, to 7, times two; plus 1 if the parts of the answer are of use as they come. */
export type Priority = number;

const USUAL_URGENCY = 3;
/** Where nothing is said. */
export const USUAL: Priority = USUAL_URGENCY * 2;
const INCREMENTAL = 1;

export function isIncremental(priority: Priority): boolean {
  return (priority & INCREMENTAL) !== 0;
}

const NAME = ascii('priority');
const LETTER_U = 0x75;
const LETTER_I = 0x69;
const EQUALS = 0x3d;
const ZERO = 0x30;
const MARK = 0x3f;

/** Of the request with that head. */
export function priorityOf({ bytes, fields, count }: Head): Priority {
  for (let f = 0; f < count; f++) {
    const name = fields[f * 4];
    if (fields[f * 4 + 1] - name === NAME.length && equalsLowered(bytes, name, NAME))
      return readPriority(bytes, fields[f * 4 + 2], fields[f * 4 + 3]);
  }
  return USUAL;
}

/** Reads a dictionary (RFC 8941 3.2) such as `u=1, i`. What is not understood counts as not said. */
export function readPriority(bytes: Uint8Array, start: number, end: number): Priority {
  let urgency = USUAL_URGENCY;
  let incremental = 0;
  for (let at = start; at < end; ) {
    const stop = endOfMember(bytes, at, end);
    while (at < stop && (bytes[at] === SP || bytes[at] === TAB)) at++;
    if (bytes[at] === LETTER_U && bytes[at + 1] === EQUALS) urgency = urgencyAt(bytes, at + 2, stop, urgency);
    else if (bytes[at] === LETTER_I) incremental = incrementalAt(bytes, at + 1, stop, incremental);
    at = stop + 1;
  }
  return urgency * 2 + incremental;
}

function endOfMember(bytes: Uint8Array, from: number, end: number): number {
  const comma = bytes.indexOf(COMMA, from);
  return comma < 0 || comma > end ? end : comma;
}

function urgencyAt(bytes: Uint8Array, at: number, end: number, before: number): number {
  const digit = bytes[at] - ZERO;
  return at < end && digit >= 0 && digit <= 7 && isEnd(bytes, at + 1, end) ? digit : before;
}

// `i` is short for `i=?1`.
function incrementalAt(bytes: Uint8Array, at: number, end: number, before: number): number {
  if (isEnd(bytes, at, end)) return INCREMENTAL;
  const value = bytes[at + 2] - ZERO;
  const isBoolean = at + 2 < end && bytes[at] === EQUALS && bytes[at + 1] === MARK && (value === 0 || value === 1);
  return isBoolean && isEnd(bytes, at + 3, end) ? value : before;
}

// Parameters may follow.
function isEnd(bytes: Uint8Array, at: number, end: number): boolean {
  return at >= end || bytes[at] === SP || bytes[at] === TAB || bytes[at] === SEMICOLON;
}
