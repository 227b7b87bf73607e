// The texts that somebody names on the command line, and the files of the configuration that they are for.
import { readFile } from 'node:fs/promises';
import { explainFailure } from '../config/read-file.ts';
import { type Result, err, ok } from '../core/result.ts';
import type { ConfigText } from './admin-client.ts';

/** Reads what is named; `-` is the standard input. The error is a line for people. */
export async function readText(name: string): Promise<Result<string, string>> {
  try {
    return ok(name === '-' ? await Bun.stdin.text() : await readFile(name, 'utf8'));
  } catch (error) {
    return err(`${name} ${explainFailure(error)}`);
  }
}

/** Reads several, each for the file of the configuration whose path ends as its own does. `files`: those of the configuration. */
export async function readTexts(
  names: readonly string[],
  files: readonly string[],
): Promise<Result<readonly ConfigText[], string>> {
  const texts: ConfigText[] = [];
  const taken = new Map<string, string>();
  for (const name of names) {
    const file = fileFor(name, files);
    if (file === null) return err(`${name} is like no file of the configuration, or like several: ${files.join(', ')}`);
    const other = taken.get(file);
    if (other !== undefined) return err(`${other} and ${name} are both for ${file}`);
    taken.set(file, name);
    const text = await readText(name);
    if (!text.ok) return text;
    texts.push({ file, text: text.value });
  }
  return ok(texts);
}

/** The file with most in common at the end of its path; null: there is none, or more than one. */
export function fileFor(name: string, files: readonly string[]): string | null {
  const alike = files.map((file) => ({ file, count: commonParts(name, file) })).filter(({ count }) => count > 0);
  const most = Math.max(...alike.map(({ count }) => count));
  const [first, second] = alike.filter(({ count }) => count === most);
  return first === undefined || second !== undefined ? null : first.file;
}

function commonParts(one: string, other: string): number {
  const [parts, others] = [partsOf(one), partsOf(other)];
  const differs = parts.findIndex((part, at) => part !== others[at]);
  return differs < 0 ? parts.length : differs;
}

// The last one first.
function partsOf(path: string): readonly string[] {
  return path
    .split('/')
    .filter((part) => part !== '.' && part !== '')
    .toReversed();
}
