// A file of a configuration as it is shown: with `***` in place of every secret.
import { readDocument } from '../document.ts';
import { commentsOf, maskComments } from './comments.ts';
import { type PlacedScalar, placedScalars, textOf } from './scalars.ts';

/** A part of a text, and what stands there instead. */
export type Replacement = { readonly start: number; readonly end: number; readonly text: string };

/** A file with what is hidden in it. */
export type MaskedText = {
  readonly text: string;
  /** By their places. */
  readonly values: ReadonlyMap<string, MaskedValue>;
  /** What each comment with a mask was, in the order of the file. */
  readonly comments: ReadonlyMap<string, readonly string[]>;
  /** What is hidden and to be hidden wherever else it may stand. */
  readonly secrets: readonly string[];
};

export type MaskedValue = PlacedScalar['shown'] & {
  /** As it stood in the file, and what stood before it in its line. */
  readonly source: string;
  readonly before: string;
  /** What it is, without quotes. */
  readonly value: string;
};

const NO_OTHERS: ReadonlySet<string> = new Set();

/** Masks a text; null: it is none that could be in force, so that nobody can tell what of it is secret. `others`: the places of
 * secrets of which it is said that they are other ones than somewhere else. */
export function maskText(file: string, text: string, others = NO_OTHERS): MaskedText | null {
  const { root } = readDocument(file, text);
  const scalars = root === null ? null : placedScalars(root);
  if (scalars === null) return null;
  const hiding = scalars.filter(({ shown }) => shown.hidden.length > 0);
  const secrets = [...new Set(hiding.flatMap(({ shown }) => shown.hidden))].filter((one) => !WORD.test(one));
  const all = commentsOf(text);
  const shownComments = maskComments(all, secrets);
  const comments = all.flatMap(({ start, text: comment }, at) => {
    const shown = shownComments[at] ?? '';
    return shown === comment ? [] : [{ start, end: start + comment.length, text: shown, comment }];
  });
  const replacements = [...hiding.map((one) => replacementOf(one, text, others.has(one.place))), ...comments];
  return {
    text: replaced(text, replacements),
    values: new Map(hiding.map((one) => [one.place, valueOf(one, text)])),
    comments: grouped(comments),
    secrets,
  };
}

// The name of a user, as a rule. It would be hidden in every sentence that has the word.
const WORD = /^[a-z]{1,10}$/i;

function replacementOf({ node, shown }: PlacedScalar, text: string, isOther: boolean): Replacement {
  const [start, end] = rangeOf(node, text);
  return { start, end, text: JSON.stringify(isOther ? `${shown.text} (another one)` : shown.text) };
}

/** Where a value stands. The line end of a block of lines belongs to what follows. */
export function rangeOf({ range: [start, end] }: PlacedScalar['node'], text: string): readonly [number, number] {
  return text[end - 1] === '\n' ? [start, end - (text[end - 2] === '\r' ? 2 : 1)] : [start, end];
}

function valueOf({ node, shown }: PlacedScalar, text: string): MaskedValue {
  const [start, end] = rangeOf(node, text);
  return { ...shown, source: text.slice(start, end), before: beforeIn(text, start), value: textOf(node) };
}

/** What stands before a place in its line. */
export function beforeIn(text: string, start: number): string {
  return text.slice(text.lastIndexOf('\n', start - 1) + 1, start);
}

/** The text with its replacements, which do not overlap. */
export function replaced(text: string, replacements: readonly Replacement[]): string {
  let done = '';
  let at = 0;
  for (const { start, end, text: other } of replacements.toSorted((one, two) => one.start - two.start)) {
    done += text.slice(at, start) + other;
    at = end;
  }
  return done + text.slice(at);
}

function grouped(comments: readonly { readonly text: string; readonly comment: string }[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const { text, comment } of comments) {
    const group = groups.get(text);
    if (group === undefined) groups.set(text, [comment]);
    else group.push(comment);
  }
  return groups;
}
