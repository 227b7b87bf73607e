// Finds a field by its name: its value as a string (off the hot path), or its number.
import { COMMA, LOWER, SP, TAB, ascii, equalsLowered, latin1 } from './bytes.ts';
import type { Head } from './head.ts';

/** The values of all fields of that name (lower-case), joined as a list; null if there is none. */
export function fieldValue(head: Head, name: string): string | null {
  const wanted = ascii(name);
  const values: string[] = [];
  for (let f = 0; f < head.count; f++) {
    const start = head.fields[f * 4];
    const isWanted = head.fields[f * 4 + 1] - start === wanted.length && equalsLowered(head.bytes, start, wanted);
    if (isWanted) values.push(latin1(head.bytes, head.fields[f * 4 + 2], head.fields[f * 4 + 3]));
  }
  return values.length === 0 ? null : values.join(', ');
}

export const NO_FIELD = -1;
export const SEVERAL_FIELDS = -2;

/** The number of the head's field with that name (lower-case ASCII), NO_FIELD or SEVERAL_FIELDS. Allocates nothing. */
export function findField(head: Head, name: string): number {
  let found = NO_FIELD;
  for (let f = 0; f < head.count; f++) {
    if (!isNamed(head, f, name)) continue;
    if (found !== NO_FIELD) return SEVERAL_FIELDS;
    found = f;
  }
  return found;
}

/** True if field `f` has that name (lower-case ASCII). Allocates nothing. */
export function isNamed(head: Head, f: number, name: string): boolean {
  const start = head.fields[f * 4];
  return isText(head.bytes, start, head.fields[f * 4 + 1], name);
}

/** True if the comma-separated list in field `f` has that element (lower-case ASCII). Allocates nothing. */
export function listsElement(head: Head, f: number, element: string): boolean {
  const { bytes, fields } = head;
  const end = fields[f * 4 + 3];
  let at = fields[f * 4 + 2];
  while (at < end) {
    let stop = at;
    while (stop < end && bytes[stop] !== COMMA) stop++;
    let last = stop;
    while (at < last && isSpace(bytes[at])) at++;
    while (last > at && isSpace(bytes[last - 1])) last--;
    if (isText(bytes, at, last, element)) return true;
    at = stop + 1;
  }
  return false;
}

function isSpace(byte: number): boolean {
  return byte === SP || byte === TAB;
}

/** True if bytes[start, end) are that text (lower-case ASCII), without regard to case. Allocates nothing. */
export function isText(bytes: Uint8Array, start: number, end: number, text: string): boolean {
  const { length } = text;
  if (end - start !== length) return false;
  for (let i = 0; i < length; i++) if (LOWER[bytes[start + i]] !== text.charCodeAt(i)) return false;
  return true;
}
