// The comments of a file. Settings that are not in force stand there, with their secrets.
import { CST, Lexer } from 'yaml';
import { MASK, isSecretName, maskSecrets } from '../../core/secrets.ts';
import { hideWhole, hideWithin } from './hidden-parts.ts';

export type Comment = { readonly start: number; readonly text: string };

export function commentsOf(text: string): readonly Comment[] {
  // To read a large file a second time takes a second.
  if (!text.includes('#')) return [];
  const found: Comment[] = [];
  let at = 0;
  let last = '';
  for (const lexeme of new Lexer().lex(text)) {
    const isMarker = lexeme === CST.SCALAR || lexeme === CST.DOCUMENT || lexeme === CST.FLOW_END;
    if (lexeme.startsWith('#') && last !== CST.SCALAR) found.push({ start: at, text: lexeme });
    if (!isMarker) at += lexeme.length;
    last = lexeme;
  }
  return found;
}

// Keys, hashes and tokens look like this, and no word of a language does.
const RANDOM = /(?<![A-Za-z0-9+_=-])(?=[A-Za-z_-]*\d)(?=[\d_-]*[A-Za-z])[A-Za-z0-9+_=-]{24,}/g;

/** The comments without secrets. `secrets`: those of the file. */
export function maskComments(comments: readonly Comment[], secrets: readonly string[]): readonly string[] {
  // At once: a large file has thousands of both.
  const lines = secrets.filter((secret) => !secret.includes('\n'));
  const texts = maskSecrets(comments.map(({ text }) => text).join('\n'), lines).split('\n');
  return comments.map((_, at) => maskComment(texts[at] ?? ''));
}

const SETTING = /(?<![\w-])(["']?)([A-Za-z][\w-]*)\1(\s*:\s+)([^\s,}#][^,}#]*)/g;

function maskComment(comment: string): string {
  const shown = hideWithin(comment).text.replaceAll(
    SETTING,
    (whole, quote: string, name: string, colon: string, value: string) =>
      isSecretName(name) && !/_files?$/.test(name) ? `${quote}${name}${quote}${colon}${hideQuoted(value)}` : whole,
  );
  return shown.replaceAll(RANDOM, MASK);
}

function hideQuoted(value: string): string {
  const [, quote = '', text = ''] = /^(["']?)(.*?)\1\s*$/.exec(value) ?? [];
  return `${quote}${hideWhole(text).text}${quote}`;
}
