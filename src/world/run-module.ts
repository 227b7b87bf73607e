// Runs a configuration that is a program. Whatever it does, it does to this process: so it is run by the process that reads
// configurations, and by no other; see cli/config-reader.ts.
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { defineConfig } from '../config/define-config.ts';
import type { MadeConfig, ModuleFault } from '../config/files.ts';
import { jsonOfMade } from '../config/made-value.ts';
import { err } from '../core/result.ts';

/** What the package of this program is called. */
const PACKAGE = 'keystone-gateway';

/** Runs it, and returns what it exports as JSON, with the files that it was loaded from. */
export async function runModule(file: string): Promise<MadeConfig> {
  const path = resolve(file);
  provideOwnPackage();
  const before = new Set(Object.keys(require.cache));
  const made = await exportOf(path);
  const loaded = Object.keys(require.cache).filter((one) => !before.has(one) && one.startsWith('/'));
  return { made, files: [...new Set([path, ...loaded])] };
}

async function exportOf(path: string): Promise<MadeConfig['made']> {
  try {
    const loaded: unknown = await import(pathToFileURL(path).href);
    const exported: unknown =
      typeof loaded === 'object' && loaded !== null && 'default' in loaded ? loaded.default : undefined;
    const json = jsonOfMade(await (isFunction(exported) ? exported() : exported));
    return json.ok ? json : err({ at: null, ...json.error });
  } catch (error) {
    return err(faultOf(error, path));
  }
}

function isFunction(value: unknown): value is () => unknown {
  return typeof value === 'function';
}

// A configuration imports `defineConfig` by the name of the package, also where no package is installed: in an executable, in
// a checkout of the sources.
function provideOwnPackage(): void {
  Bun.plugin({
    name: PACKAGE,
    setup(build) {
      build.module(PACKAGE, () => ({ exports: { defineConfig }, loader: 'object' }));
    },
  });
}

type Place = NonNullable<ModuleFault['at']>;

function faultOf(error: unknown, path: string): ModuleFault {
  const all: readonly unknown[] = error instanceof AggregateError ? error.errors : [error];
  const first = all[0] ?? error;
  const position = positionOf(first);
  if (position === null) return { at: placeInStack(first, path), path: [], message: `throws ${textOf(first)}` };
  const isHere = position.file === path;
  const where = isHere ? '' : ` (in ${position.file}:${position.at.line}:${position.at.column})`;
  return { at: isHere ? position.at : null, path: [], message: `not a valid program: ${textOf(first)}${where}` };
}

// Of what the runtime cannot parse or find.
function positionOf(error: unknown): { readonly file: string; readonly at: Place } | null {
  if (typeof error !== 'object' || error === null || !('position' in error)) return null;
  const { position } = error;
  if (typeof position !== 'object' || position === null) return null;
  if (!('file' in position && 'line' in position && 'column' in position)) return null;
  const { file, line, column } = position;
  if (typeof file !== 'string' || typeof line !== 'number' || typeof column !== 'number') return null;
  return line > 0 ? { file, at: { line, column: Math.max(1, column) } } : null;
}

function placeInStack(error: unknown, path: string): Place | null {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  for (const line of stack.split('\n')) {
    const [, file, row, column] = /(?:\(|at )(\/[^()]*):(\d+):(\d+)\)?$/.exec(line) ?? [];
    if (file === path) return { line: Number(row), column: Number(column) };
  }
  return null;
}

const LONGEST_TEXT = 300;

function textOf(error: unknown): string {
  const text = error instanceof Error || hasMessage(error) ? error.message : String(error);
  return text.replaceAll(/\s+/g, ' ').slice(0, LONGEST_TEXT);
}

function hasMessage(error: unknown): error is { readonly message: string } {
  return typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string';
}
