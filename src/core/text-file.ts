// A file that a setting names, whose text the setting stands for. Whoever loads the configuration reads it, so that every
// problem with it is known before anything is put in force.
import { ok } from './result.ts';
import { text } from './settings.ts';
import type { Bytes } from './units.ts';

/** `text`: empty as long as nobody has read it. */
export type TextFile = { readonly path: string; readonly text: string };

/** How long each unread file may be. */
const unread = new WeakMap<object, Bytes>();

/** A setting that names a file. */
export function textFile(largest: Bytes) {
  return text<TextFile>({
    type: 'file',
    expected: 'the path of a file',
    parse(path) {
      const file: TextFile = { path, text: '' };
      unread.set(file, largest);
      return ok(file);
    },
  });
}

/** How long the file may be that the value stands for; null: it is no file that is to be read. */
export function largestOf(value: object): Bytes | null {
  return unread.get(value) ?? null;
}
