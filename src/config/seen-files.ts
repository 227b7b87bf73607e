// Which files a configuration was read from, so that somebody can watch them.
import type { ConfigFiles } from './files.ts';

export type SeenFiles = {
  readonly files: readonly SeenFile[];
  /** Files that match one of these belong to the configuration as well. */
  readonly globs: readonly SeenGlob[];
};

export type SeenFile = { readonly path: string; readonly wasRead: boolean };

/** `matches`: what it has matched, one a line. */
export type SeenGlob = { readonly glob: string; readonly matches: string };

/** Lets a configuration be read, and remembers what was asked for. */
export class FileWitness {
  private readonly files = new Map<string, SeenFile>();
  private readonly globs = new Map<string, SeenGlob>();

  constructor(private readonly outside: ConfigFiles) {}

  get seen(): SeenFiles {
    return { files: [...this.files.values()], globs: [...this.globs.values()] };
  }

  /** The outside, to be read through. */
  get through(): ConfigFiles {
    const { outside, files, globs } = this;
    return {
      async readFile(path, limit) {
        files.set(path, { path, wasRead: false });
        const content = await outside.readFile(path, limit);
        files.set(path, { path, wasRead: true });
        return content;
      },
      async findFiles(glob, most) {
        globs.set(glob, { glob, matches: '' });
        const found = await outside.findFiles(glob, most);
        globs.set(glob, { glob, matches: matchesOf(found.files) });
        return found;
      },
      async runModule(file) {
        const made = await outside.runModule(file);
        for (const path of made.files) files.set(path, { path, wasRead: true });
        return made;
      },
    };
  }
}

/** What a glob matches, in one text. */
export function matchesOf(files: readonly string[]): string {
  return files.join('\n');
}
