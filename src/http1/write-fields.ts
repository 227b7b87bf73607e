// Writes the fields that are passed on. The lines of a canonical head are copied in runs of neighbours; those of any
// other head are written one by one, from what the parser understood. Fields that edits add come last.
import { copy } from '../core/copy-bytes.ts';
import { COLON, CR, LF, SP, writeDecimal } from '../message/bytes.ts';
import type { Direction, Edit, Edits } from '../message/edits.ts';
import {
  AUTHORIZATION,
  CLAIM,
  CONTENT_LENGTH,
  FORWARDED_PORT,
  FORWARDED_PREFIX,
  LOOKALIKE,
  MAX_FORWARDS,
  ORDINARY,
  PROXY,
  TRAILER,
  kindTable,
} from '../message/field-names.ts';
import type { Head } from '../message/head.ts';
import { isNominated } from './field-values.ts';

const NOMINABLE = kindTable([
  ...ORDINARY,
  AUTHORIZATION,
  CLAIM,
  FORWARDED_PORT,
  FORWARDED_PREFIX,
  TRAILER,
  LOOKALIKE,
  PROXY,
]);

/** Which fields are left out: those of the dropped kinds, and those that edits remove (null: there are no edits). */
export type LeftOut = { readonly dropped: Uint8Array; readonly edits: Removals | null };

type Removals = Pick<Edits<Direction>, 'removes'>;

/** Leaves out fields of these kinds. */
export function leavingOut(kinds: readonly number[]): LeftOut {
  return { dropped: kindTable(kinds), edits: null };
}

/** Leaves out what the edits remove as well. */
export function withEdits(leftOut: LeftOut, edits: Removals | null): LeftOut {
  return edits === null ? leftOut : { dropped: leftOut.dropped, edits };
}

/** Writes to out at `from` all fields of the head that are not left out; returns the position after them. */
export function writeFields(out: Uint8Array, head: Head, leftOut: LeftOut, from: number): number {
  return head.isCanonical ? writeRun(out, head, leftOut, from, -1) : writeLines(out, head, leftOut, from);
}

/** The same for a canonical head, with the bytes from `start` to the first field before it; -1: none. */
export function writeRun(out: Uint8Array, head: Head, leftOut: LeftOut, from: number, start: number): number {
  const { bytes, fields, count } = head;
  const { dropped, edits } = leftOut;
  let at = from;
  let run = start;
  for (let f = 0; f < count; f++) {
    if (!isDropped(head, f, dropped) && (edits === null || !edits.removes(head, f))) {
      if (run < 0) run = fields[f * 4];
    } else if (run >= 0) {
      at = copy(out, at, bytes, run, fields[f * 4]);
      run = -1;
    }
  }
  return run < 0 ? at : copy(out, at, bytes, run, head.end - 2);
}

function writeLines(out: Uint8Array, head: Head, leftOut: LeftOut, from: number): number {
  const { bytes, fields, count } = head;
  let at = from;
  for (let f = 0; f < count; f++) {
    if (isLeftOut(head, f, leftOut)) continue;
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

/** True if field `f` is left out. */
export function isLeftOut(head: Head, f: number, { dropped, edits }: LeftOut): boolean {
  return isDropped(head, f, dropped) || (edits !== null && edits.removes(head, f));
}

/** True if field `f` is of a dropped kind, or named by Connection (RFC 9110 7.6.1). */
export function isDropped(head: Head, f: number, dropped: Uint8Array): boolean {
  const kind = head.kinds[f];
  if (dropped[kind] === 1) return true;
  // Connection cannot remove Host, a length, or what the gateway sets itself (CVE-2024-45410, CVE-2021-32813).
  return head.hasNominated && NOMINABLE[kind] === 1 && isNominated(head, head.fields[f * 4], head.fields[f * 4 + 1]);
}

/** Writes the fields that edits add; returns the position after them. */
export function writeAdditions(out: Uint8Array, from: number, edits: Edits<Direction>): number {
  let at = from;
  for (let n = 0; n < edits.additions; n++) at = writeAddition(out, at, edits.addition(n));
  return at;
}

/** The same for one of them. */
export function writeAddition(out: Uint8Array, from: number, { line }: Edit<Direction>): number {
  return copy(out, from, line, 0, line.length);
}

/** Bytes of a field line beside name and value: `: ` and CR LF. */
export const LINE_BYTES = 4;
