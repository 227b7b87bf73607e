// Writes the fields that are passed on: neighbours in one run where the head is canonical, else line by line from what
// was understood.
import { COLON, CR, LF, SP, copy, writeDecimal } from '../message/bytes.ts';
import {
  AUTHORIZATION,
  CONTENT_LENGTH,
  LOOKALIKE,
  MAX_FORWARDS,
  OTHER,
  PROXY,
  TRAILER,
  kindTable,
} from '../message/field-names.ts';
import type { Head } from '../message/head.ts';
import { isNominated } from './field-values.ts';

const NOMINABLE = kindTable([OTHER, AUTHORIZATION, TRAILER, LOOKALIKE, PROXY]);

/** Writes all fields of the head but the dropped kinds to out at `from`; returns the position after them. */
export function writeFields(out: Uint8Array, head: Head, dropped: Uint8Array, from: number): number {
  return head.isCanonical ? writeRun(out, head, dropped, from, -1) : writeLines(out, head, dropped, from);
}

/** The same for a canonical head; bytes from `start` to the first field go before them, -1: none. */
export function writeRun(out: Uint8Array, head: Head, dropped: Uint8Array, from: number, start: number): number {
  const { bytes, fields, count } = head;
  let at = from;
  let run = start;
  for (let f = 0; f < count; f++) {
    if (!isDropped(head, f, dropped)) {
      if (run < 0) run = fields[f * 4];
    } else if (run >= 0) {
      at = copy(out, at, bytes, run, fields[f * 4]);
      run = -1;
    }
  }
  return run < 0 ? at : copy(out, at, bytes, run, head.end - 2);
}

function writeLines(out: Uint8Array, head: Head, dropped: Uint8Array, from: number): number {
  const { bytes, fields, count } = head;
  let at = from;
  for (let f = 0; f < count; f++) {
    if (isDropped(head, f, dropped)) continue;
    at = copy(out, at, bytes, fields[f * 4], fields[f * 4 + 1]);
    out[at++] = COLON;
    out[at++] = SP;
    if (head.kinds[f] === CONTENT_LENGTH) at = writeDecimal(out, at, head.length);
    else if (head.kinds[f] === MAX_FORWARDS && head.countsForwards) at = writeDecimal(out, at, head.maxForwards - 1);
    else at = copy(out, at, bytes, fields[f * 4 + 2], fields[f * 4 + 3]);
    out[at++] = CR;
    out[at++] = LF;
  }
  return at;
}

/** True if field `f` is not passed on: of a dropped kind, or named by Connection (RFC 9110 7.6.1). */
export function isDropped(head: Head, f: number, dropped: Uint8Array): boolean {
  const kind = head.kinds[f];
  if (dropped[kind] === 1) return true;
  // Never Host, a length, or what the gateway sets itself (CVE-2024-45410, CVE-2021-32813).
  return head.hasNominated && NOMINABLE[kind] === 1 && isNominated(head, head.fields[f * 4], head.fields[f * 4 + 1]);
}
