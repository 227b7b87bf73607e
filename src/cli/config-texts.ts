// The texts that a configuration was made of: noted as they are read, packed for the history, and read again from there.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import { z } from 'zod';
import type { ConfigFiles } from '../config/files.ts';
import { err } from '../core/result.ts';

/** The texts as one piece of bytes. `digest`: the same for the same texts. */
export type PackedTexts = { readonly digest: string; readonly packed: Uint8Array };

/** One file, as it was read. The first of a configuration is the main one. */
export type ConfigText = { readonly path: string; readonly content: Uint8Array };

/** Notes what is read of a configuration, but not the files that it names: those may be secrets. */
export class ConfigTexts {
  readonly files: ConfigFiles;
  private readonly texts = new Map<string, Uint8Array>();

  constructor(files: ConfigFiles) {
    const read = files.readConfig ?? files.readFile;
    this.files = {
      ...files,
      readConfig: async (path, limit) => {
        const content = await read(path, limit);
        this.texts.set(path, content);
        return content;
      },
    };
  }

  pack(): PackedTexts {
    // Included files are read side by side, in no certain order. The main one is always the first.
    const [main, ...others] = this.texts;
    const ordered = others.toSorted(([one], [other]) => (one < other ? -1 : 1));
    const all = main === undefined ? [] : [main, ...ordered];
    const text = JSON.stringify(all.map(([path, content]) => ({ path, content: content.toBase64() })));
    return { digest: createHash('sha256').update(text).digest('hex').slice(0, DIGEST), packed: gzipSync(text) };
  }
}

const DIGEST = 32;

const packedForm = z.array(z.object({ path: z.string(), content: z.string() }));

/** The texts in a piece of bytes. Throws for one that is damaged. */
export function unpack(packed: Uint8Array): readonly ConfigText[] {
  const value: unknown = JSON.parse(new TextDecoder().decode(gunzipSync(packed)));
  return packedForm.parse(value).map(({ path, content }) => ({ path, content: Uint8Array.fromBase64(content) }));
}

/** Reads packed texts from a file. */
export function readPacked(file: string): Promise<Uint8Array> {
  return readFile(file);
}

/** A configuration as it was: its own files are those that were kept, and what it names is read as it is now. */
export function keptFiles(texts: readonly ConfigText[], files: ConfigFiles): ConfigFiles {
  const contents = new Map(texts.map(({ path, content }) => [path, content]));
  return {
    readFile: files.readFile,
    readConfig: (path) => {
      const content = contents.get(path);
      return content === undefined ? Promise.reject(missing(path)) : Promise.resolve(content);
    },
    findFiles: (glob, most) => {
      const found = [...contents.keys()].filter((path) => new Bun.Glob(glob).match(path)).toSorted();
      return Promise.resolve({ files: found.slice(0, most), isCutShort: found.length > most });
    },
    // What it imports was not kept, and what it does may depend on what is different now.
    runModule: (path) => Promise.resolve({ made: err({ at: null, path: [], message: IS_PROGRAM }), files: [path] }),
  };
}

const IS_PROGRAM = 'is a program, which cannot be put in force again from its text alone';

function missing(path: string): Error {
  return Object.assign(new Error(`${path} was not kept`), { code: 'ENOENT' });
}
