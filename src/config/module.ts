// A configuration as a program: `keystone.config.ts`, which exports it.
import { LineCounter } from 'yaml';
import type { ConfigDocument } from './document.ts';
import type { ModuleFault } from './files.ts';
import type { Finding } from './finding.ts';

/** Whether a file is a program. */
export function isModule(file: string): boolean {
  return /\.[mc]?[jt]s$/.test(file);
}

/** A program that gives no configuration. */
export function broken(file: string, { at, path, message, expected }: ModuleFault): ConfigDocument {
  const said = expected === undefined ? { message } : { message, expected };
  if (at === null) return { file, lines: null, root: null, findings: [{ path, isWhole: true, ...said }] };
  // Of the text only the one place is known.
  const lines = new LineCounter();
  for (let line = 0; line < at.line; line++) lines.addNewLine(line);
  const finding: Finding = { path, offset: at.line - 1 + at.column - 1, ...said };
  return { file, lines, root: null, findings: [finding] };
}
