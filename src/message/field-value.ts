// One field by its name: its value as a string, off the hot path, or where it stands.
import { LOWER, ascii, equalsLowered, latin1 } from './bytes.ts';
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

/** Which of the head's fields has that name (lower-case ASCII): its number, NO_FIELD or SEVERAL_FIELDS. Makes nothing. */
export function findField(head: Head, name: string): number {
  let found = NO_FIELD;
  for (let f = 0; f < head.count; f++) {
    if (!isNamed(head, f, name)) continue;
    if (found !== NO_FIELD) return SEVERAL_FIELDS;
    found = f;
  }
  return found;
}

function isNamed(head: Head, f: number, name: string): boolean {
  const start = head.fields[f * 4];
  if (head.fields[f * 4 + 1] - start !== name.length) return false;
  for (let i = 0; i < name.length; i++) if (LOWER[head.bytes[start + i]] !== name.charCodeAt(i)) return false;
  return true;
}
