// `include`: files with tenants of their own, beside the main one.
import { dirname, isAbsolute, join, normalize } from 'node:path';
import { type Result, err, ok } from '../core/result.ts';
import { text } from '../core/settings.ts';
import type { ConvertedDocument } from './document.ts';
import type { ConfigFiles } from './files.ts';
import type { Finding } from './finding.ts';
import { explainFailure } from './read-file.ts';

/** Ten thousand tenants with a file for each; more were matched by mistake. */
export const MOST_FILES = 10_000;

export const MOST_GLOBS = 100;

const WILD = /[*?[\]{}]/;

/** A path with wildcards, or without. */
export const fileGlob = text<string>({
  type: 'path or glob',
  expected: 'a path such as "tenants.d/*.yaml"',
  parse(value) {
    if (value === '') return err({ message: 'is empty' });
    return value.endsWith('/')
      ? err({ message: '{value} is a directory', suggest: (typed) => `${typed}*.yaml` })
      : ok(value);
  },
});

/** A file that the main one includes. `named`: the number of the entry in `include` that names it without wildcards. */
export type IncludedFile = { readonly file: string; readonly named: number | null };

export type Included = {
  /** In the order of `include`, those of one glob by their names; each once. */
  readonly files: readonly IncludedFile[];
  /** Of the main file. */
  readonly findings: readonly Finding[];
  readonly warnings: readonly Finding[];
};

/** Finds the files that the main one includes. */
export async function findIncluded(
  main: ConvertedDocument,
  { findFiles }: Pick<ConfigFiles, 'findFiles'>,
): Promise<Included> {
  const known = new Map<string, IncludedFile>();
  const findings: Finding[] = [];
  const warnings: Finding[] = [];
  for (const [at, glob] of globsOf(main)) {
    const path = ['include', at];
    const found = await search(placeOf(glob, main.file), at, findFiles);
    if (!found.ok) findings.push({ path, message: found.error });
    else if (found.value.length === 0) warnings.push({ path, message: NOTHING });
    else if (found.value.some(({ file }) => normalize(file) === normalize(main.file)))
      findings.push({ path, ...ITSELF });
    else addAll(known, found.value);
    if (known.size > MOST_FILES) return { files: [], findings: [{ path, message: TOO_MANY }], warnings };
  }
  return { files: [...known.values()], findings, warnings };
}

function addAll(known: Map<string, IncludedFile>, found: readonly IncludedFile[]): void {
  for (const one of found) if (!known.has(one.file)) known.set(one.file, one);
}

const NOTHING = 'warning: {value} matches no file: no tenant comes from there';

const ITSELF = {
  message: '{value} matches this file itself',
  expected: 'other files, such as "tenants.d/*.yaml"',
};

const TOO_MANY = `{value} and those before match more than ${MOST_FILES} files`;

// What is no text is reported with the settings of the main file.
function globsOf({ converted: { value } }: ConvertedDocument): readonly (readonly [number, string])[] {
  const include: unknown =
    typeof value === 'object' && value !== null && 'include' in value ? value.include : undefined;
  const list: readonly unknown[] = Array.isArray(include) ? include.slice(0, MOST_GLOBS) : [include];
  return list.flatMap((item, at) =>
    typeof item === 'string' && item !== '' && !item.endsWith('/') ? [[at, item] as const] : [],
  );
}

function placeOf(glob: string, main: string): string {
  return isAbsolute(glob) ? glob : join(dirname(main), glob);
}

// The error says why nobody can tell which files are meant.
async function search(
  glob: string,
  at: number,
  findFiles: ConfigFiles['findFiles'],
): Promise<Result<readonly IncludedFile[], string>> {
  // Whether it is there turns out when it is read.
  if (!WILD.test(glob)) return ok([{ file: glob, named: at }]);
  try {
    const { files, isCutShort } = await findFiles(glob, MOST_FILES);
    return isCutShort ? err(TOO_MANY) : ok(files.map((file) => ({ file, named: null })));
  } catch (cause) {
    return err(`the files of {value} cannot be found: a directory ${explainFailure(cause)}`);
  }
}
