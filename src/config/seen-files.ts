// Which files a configuration was read from and how they were then, so that somebody can watch them.
import type { ConfigFiles } from './files.ts';

export type SeenFiles = {
  readonly files: readonly SeenFile[];
  /** Files that match one of these belong to the configuration as well. */
  readonly globs: readonly SeenGlob[];
};

/** `stamp`: what the system said of it just before it was read; see world/look-at-files.ts. */
export type SeenFile = { readonly path: string; readonly stamp: string };

/** `matches`: what it has matched, one a line. */
export type SeenGlob = { readonly glob: string; readonly matches: string };

/** Lets a configuration be read, and remembers what was asked for. */
export class FileWitness {
  private readonly files = new Map<string, string>();
  private readonly globs = new Map<string, string>();

  constructor(
    private readonly outside: ConfigFiles,
    private readonly stampOf: (path: string) => Promise<string>,
  ) {}

  get seen(): SeenFiles {
    return {
      files: Array.from(this.files, ([path, stamp]) => ({ path, stamp })),
      globs: Array.from(this.globs, ([glob, matches]) => ({ glob, matches })),
    };
  }

  /** The outside, to be read through. */
  get through(): ConfigFiles {
    const { outside, files, globs, stampOf } = this;
    return {
      ...outside,
      async readFile(path, limit) {
        // Before it is read: what changes meanwhile is a change.
        files.set(path, await stampOf(path));
        return outside.readFile(path, limit);
      },
      async findFiles(glob, most) {
        globs.set(glob, '');
        const found = await outside.findFiles(glob, most);
        globs.set(glob, matchesOf(found.files));
        return found;
      },
      async runModule(file) {
        const made = await outside.runModule(file);
        // What it imports is known only now.
        for (const path of made.files) if (!files.has(path)) files.set(path, await stampOf(path));
        return made;
      },
    };
  }
}

/** What a glob matches, in one text. */
export function matchesOf(files: readonly string[]): string {
  return files.join('\n');
}
