// Patterns of paths, segment by segment: `/v{version}/items/{id}`, `/old/{rest*}`. A part stands for at least one character of
// a segment; with an asterisk, for all that is left. What matches is known at once, however long the path is.
import { type Result, err, ok } from '../../core/result.ts';

type Segment = { readonly before: string; readonly name: string | null; readonly after: string };

/** The texts of a path that its parts stand for, by their names. */
export type Captured = Readonly<Record<string, string>>;

export type PathPattern = {
  readonly names: readonly string[];
  /** Null: the path does not match. */
  match(path: string): Captured | null;
};

const SEGMENT = /^([^{}]*)(?:\{([A-Za-z_][A-Za-z0-9_]*)\}([^{}]*))?$/;
const REST = /^\{([A-Za-z_][A-Za-z0-9_]*)\*\}$/;

/** The error says what is wrong, for people. */
export function parsePathPattern(source: string): Result<PathPattern, string> {
  if (!source.startsWith('/')) return err('does not begin with "/"');
  if (!/^[!-~]+$/.test(source) || /[?#\\]/.test(source)) return err('has a character that no path has');
  const texts = source.slice(1).split('/');
  const rest = REST.exec(texts.at(-1) ?? '')?.[1] ?? null;
  const segments: Segment[] = [];
  for (const text of rest === null ? texts : texts.slice(0, -1)) {
    const [, before = '', name = null, after = ''] = SEGMENT.exec(text) ?? [];
    if (!SEGMENT.test(text)) return err(`has braces in ${text} that are no part: each segment has one at most`);
    segments.push({ before, name, after });
  }
  const names = [...segments.flatMap(({ name }) => name ?? []), ...(rest === null ? [] : [rest])];
  if (new Set(names).size < names.length) return err('has two parts of one name');
  return ok({ names, match: (path) => match(path, segments, rest) });
}

function match(path: string, segments: readonly Segment[], rest: string | null): Captured | null {
  const texts = path.slice(1).split('/');
  const isLong = rest === null ? texts.length === segments.length : texts.length > segments.length;
  if (!isLong) return null;
  const captured: Record<string, string> = {};
  for (const [at, { before, name, after }] of segments.entries()) {
    const text = texts[at] ?? '';
    if (name === null) {
      if (text !== before) return null;
      continue;
    }
    const length = text.length - before.length - after.length;
    if (length < 1 || !text.startsWith(before) || !text.endsWith(after)) return null;
    captured[name] = text.slice(before.length, before.length + length);
  }
  if (rest !== null) captured[rest] = texts.slice(segments.length).join('/');
  return captured;
}

/** Null: a text with places for some of these names. Otherwise what is wrong with it. */
export function whyNoResult(source: string, names: readonly string[]): string | null {
  if (!source.startsWith('/')) return 'does not begin with "/"';
  if (!/^[!-~]+$/.test(source) || source.includes('#')) return 'has a character that no target has';
  const without = source.replace(/\{([^{}]*)\}/g, (place, name: string) => (names.includes(name) ? '' : place));
  const [unknown] = /\{[^{}]*\}|[{}]/.exec(without) ?? [];
  return unknown === undefined ? null : `has ${unknown}, which stands for nothing`;
}

/** Puts texts into their places. Behind a question mark, what would begin another parameter is escaped. */
export function fillResult(source: string, captured: Captured): string {
  const question = source.indexOf('?');
  const path = question < 0 ? source : source.slice(0, question);
  const query = question < 0 ? '' : source.slice(question);
  return fill(path, captured, (text) => text) + fill(query, captured, asParameter);
}

function fill(source: string, captured: Captured, write: (text: string) => string): string {
  return source.replace(/\{([^{}]*)\}/g, (_, name: string) => write(captured[name] ?? ''));
}

function asParameter(text: string): string {
  return text.replace(/[&+=]/g, encodeURIComponent);
}
