// A file that a setting names, whose text the setting stands for. Whoever loads the configuration reads it, so that every
// problem with it is known before anything is put in force.
import { ok } from './result.ts';
import { text } from './settings.ts';
import type { Bytes } from './units.ts';

/** `text`: empty as long as nobody has read it. */
export type TextFile = { readonly path: string; readonly text: string };

/** What an unread file may be. `why`: why its text cannot be used, as `line 3 is no address`; null: it can. */
export type FileRules = { readonly largest: Bytes; readonly why: (text: string) => string | null };

const unread = new WeakMap<object, FileRules>();

/** A setting that names a file. */
export function textFile(largest: Bytes, why: FileRules['why'] = () => null) {
  return text<TextFile>({
    type: 'file',
    expected: 'the path of a file',
    parse(path) {
      const file: TextFile = { path, text: '' };
      unread.set(file, { largest, why });
      return ok(file);
    },
  });
}

/** What the file may be that the value stands for; null: it is no file that is to be read. */
export function rulesOfFile(value: object): FileRules | null {
  return unread.get(value) ?? null;
}
