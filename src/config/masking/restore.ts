// Puts back what the masks of a text stand for: the secrets of the one that it was made from.
import { LineCounter } from 'yaml';
import { MASK } from '../../core/secrets.ts';
import { readDocument } from '../document.ts';
import type { Problem } from '../problems.ts';
import { commentsOf } from './comments.ts';
import { type MaskedText, type MaskedValue, type Replacement, beforeIn, rangeOf, replaced } from './masked-text.ts';
import { type PlacedScalar, placedScalars, textOf } from './scalars.ts';

export type Restored = {
  readonly text: string;
  readonly problems: readonly Problem[];
  /** Where a place of the whole text is in the one with masks; both from 1. */
  placeOf(line: number, column: number): { readonly line: number; readonly column: number };
};

/** `inForce`: the file as it is; null: nothing of it could be masked. A text that is no YAML is left as it is: it has problems of
 * its own. */
export function restoreText(file: string, text: string, inForce: MaskedText | null): Restored {
  const { root } = readDocument(file, text);
  const scalars = root === null ? null : placedScalars(root);
  const lines = linesOf(text);
  const problems: Problem[] = [];
  const replacements: Replacement[] = [];
  for (const one of scalars ?? []) {
    const put = putBack(one, text, inForce?.values.get(one.place) ?? null);
    if (put === 'unknown') problems.push(problemAt(file, lines, one));
    else if (put !== null) replacements.push(put);
  }
  if (scalars !== null && inForce !== null) replacements.push(...commentsBack(text, inForce));
  const whole = replaced(text, replacements);
  return { text: whole, problems, placeOf: placesOf(replacements, linesOf(whole), lines) };
}

// Null: nothing is hidden there.
function putBack(one: PlacedScalar, text: string, known: MaskedValue | null): Replacement | 'unknown' | null {
  const { node, shown } = one;
  const typed = textOf(node);
  if (!typed.includes(MASK)) return null;
  const [start, end] = rangeOf(node, text);
  if (known !== null && typed === known.text) {
    const isWhereItWas = beforeIn(text, start) === known.before || !known.source.includes('\n');
    return { start, end, text: isWhereItWas ? known.source : JSON.stringify(known.value) };
  }
  const filled = known === null ? null : fill(typed, known.hidden);
  if (filled !== null) return { start, end, text: JSON.stringify(filled) };
  // Three stars may be a part of any text. They are a mask where a secret would be hidden.
  const isMask = typed === MASK || shown.hidden.some((part) => part.includes(MASK));
  return isMask ? 'unknown' : null;
}

function fill(typed: string, hidden: readonly string[]): string | null {
  const parts = typed.split(MASK);
  return parts.length === hidden.length + 1 ? parts.map((part, at) => part + (hidden[at] ?? '')).join('') : null;
}

function commentsBack(text: string, { comments }: MaskedText): readonly Replacement[] {
  const taken = new Map<string, number>();
  return commentsOf(text).flatMap(({ start, text: shown }) => {
    const number = taken.get(shown) ?? 0;
    const comment = comments.get(shown)?.[number];
    if (comment === undefined) return [];
    taken.set(shown, number + 1);
    return [{ start, end: start + shown.length, text: comment }];
  });
}

const EXPECTED = 'the value itself, or a reference to it such as ${NAME} or ${file:/path}';

function problemAt(file: string, lines: LineCounter, { node }: PlacedScalar): Problem {
  const { line, col } = lines.linePos(node.range[0]);
  const message = `${MASK} stands for no value here: it does so only where it was shown`;
  return { file, line, column: col, path: '', message, expected: EXPECTED, suggestion: null };
}

function linesOf(text: string): LineCounter {
  const lines = new LineCounter();
  lines.addNewLine(0);
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines.addNewLine(at + 1);
  return lines;
}

function placesOf(replacements: readonly Replacement[], whole: LineCounter, shown: LineCounter): Restored['placeOf'] {
  const ordered = replacements.toSorted((one, two) => one.start - two.start);
  return (line, column) => {
    const start = whole.lineStarts[line - 1];
    if (start === undefined || line === 0) return { line, column };
    const { line: at, col } = shown.linePos(offsetBefore(start + column - 1, ordered));
    return { line: at, column: col };
  };
}

function offsetBefore(offset: number, ordered: readonly Replacement[]): number {
  let more = 0;
  for (const { start, end, text } of ordered) {
    if (offset < start + more) break;
    if (offset < start + more + text.length) return start;
    more += text.length - (end - start);
  }
  return offset - more;
}
