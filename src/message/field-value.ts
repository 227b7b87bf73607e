// One field's value as a string; off the hot path.
import { ascii, equalsLowered, latin1 } from './bytes.ts';
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
