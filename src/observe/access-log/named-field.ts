// Fields of heads that lines tell, by name.
import { ascii, equalsLowered } from '../../message/bytes.ts';
import type { Head } from '../../message/head.ts';

/** `name` in lower case; `isSecret`: that the field is there is told, and not its value. */
export type NamedField = { readonly name: Uint8Array; readonly isSecret: boolean };

export function namedField(name: string, redacted: readonly string[]): NamedField {
  return { name: ascii(name), isSecret: redacted.includes(name) };
}

/** The number of the first field of that name; -1: there is none. */
export function findNamed(head: Head, { name }: NamedField): number {
  const { bytes, fields, count } = head;
  for (let f = 0; f < count; f++) {
    const start = fields[f * 4];
    if (fields[f * 4 + 1] - start === name.length && equalsLowered(bytes, start, name)) return f;
  }
  return -1;
}
