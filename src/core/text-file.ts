// A file that a setting names, whose text the setting stands for. Whoever loads the configuration reads it, so that every
// problem with it is known before anything is put in force.
import { type Result, err, ok } from './result.ts';
import { text } from './settings.ts';
import type { Bytes } from './units.ts';

/** `text`: empty as long as nobody has read it. */
export type TextFile = { readonly path: string; readonly text: string };

/** What an unread file may be. `read`: the text that the setting stands for, or why that of the file cannot be used, as
 * `line 3 is no address`. */
export type FileRules = { readonly largest: Bytes; readonly read: (text: string) => Result<string, string> };

const unread = new WeakMap<object, FileRules>();

/** A setting that names a file. `why`: why its text cannot be used; null: it can. */
export function textFile(largest: Bytes, why: (text: string) => string | null = () => null) {
  return convertedFile(largest, (content) => {
    const problem = why(content);
    return problem === null ? ok(content) : err(problem);
  });
}

/** A setting that names a file whose text is brought into another form, once for all processes. */
export function convertedFile(largest: Bytes, read: FileRules['read']) {
  return text<TextFile>({
    type: 'file',
    expected: 'the path of a file',
    parse(path) {
      const file: TextFile = { path, text: '' };
      unread.set(file, { largest, read });
      return ok(file);
    },
  });
}

/** What the file may be that the value stands for; null: it is no file that is to be read. */
export function rulesOfFile(value: object): FileRules | null {
  return unread.get(value) ?? null;
}
