// Parses a text as YAML. It must be one well-formed document, of a size and depth that the next stages can take.
import { Composer, type Document, Lexer, LineCounter, type ParsedNode, Parser, type YAMLParseError } from 'yaml';
import type { Finding } from './finding.ts';
import { Guard } from './guard.ts';
import { misplacedLine } from './indentation.ts';

/** After so many mistakes at the top level, the rest is not read. */
const MOST_MISTAKES = 100;

export type Syntax = {
  /** Null: the file is empty, or `findings` tell why. */
  readonly root: ParsedNode | null;
  readonly findings: readonly Finding[];
  readonly lines: LineCounter;
};

/** Parses a text. Keys may still be duplicated: the library's own test for that takes quadratic time. */
export function parseSyntax(text: string): Syntax {
  const lines = new LineCounter();
  lines.addNewLine(0);
  const parser = new Parser(lines.addNewLine);
  const composer = new Composer({ uniqueKeys: false, merge: false, schema: 'core', version: '1.2' });
  const documents: Document.Parsed[] = [];
  const guard = new Guard();
  let mistakes = 0;
  for (const lexeme of new Lexer().lex(text)) {
    guard.see(lexeme);
    if (guard.stop !== null) return { root: null, findings: [guard.stop], lines };
    for (const token of parser.next(lexeme)) {
      if (token.type === 'error' || token.type === 'directive') mistakes++;
      documents.push(...composer.next(token));
    }
    if (mistakes > MOST_MISTAKES || documents.length > 1) break;
  }
  if (mistakes <= MOST_MISTAKES && documents.length <= 1) guard.end();
  for (const token of parser.end()) documents.push(...composer.next(token));
  documents.push(...composer.end(true, text.length));
  const findings = guard.found === null ? collect(documents, lines, text) : [guard.found];
  return { root: findings.length > 0 ? null : (documents[0]?.contents ?? null), findings, lines };
}

function collect(documents: readonly Document.Parsed[], lines: LineCounter, text: string): readonly Finding[] {
  const [first, second] = documents;
  const errors = [...(first?.errors ?? []), ...(first?.warnings ?? [])];
  const findings: Finding[] = [];
  let lastLine = 0;
  for (const error of errors) {
    // The parser often reports several errors in a line for one mistake: only the first is kept.
    const { line } = lines.linePos(error.pos[0]);
    if (line === lastLine) continue;
    lastLine = line;
    const misplaced = findings.length === 0 && OF_STRUCTURE.has(error.code) ? misplacedLine(text, error.pos[0]) : null;
    // Where the structure is lost, what follows says nothing more.
    if (misplaced !== null)
      return [{ path: [], offset: misplaced.offset, message: `not valid YAML: ${misplaced.message}` }];
    findings.push({ path: [], offset: error.pos[0], message: explain(error, text) });
  }
  if (second === undefined) return findings;
  return [
    ...findings,
    { path: [], offset: second.range[0], message: 'a second document begins here', expected: 'one document' },
  ];
}

/** What the library says of a line that does not fit the ones above. */
const OF_STRUCTURE: ReadonlySet<YAMLParseError['code']> = new Set([
  'BAD_INDENT',
  'BLOCK_AS_IMPLICIT_KEY',
  'MISSING_CHAR',
  'MULTILINE_IMPLICIT_KEY',
  'UNEXPECTED_TOKEN',
]);

const EXPLANATIONS: Partial<Record<YAMLParseError['code'], string>> = {
  ALIAS_PROPS: 'an alias (*name) cannot have an anchor or a tag',
  BAD_ALIAS: 'not a valid alias (*name); a text that begins with a star must be quoted',
  BAD_DIRECTIVE: 'not a valid % directive',
  BAD_DQ_ESCAPE: 'a backslash in double quotes that begins no escape; in single quotes it stands for itself',
  BAD_INDENT: 'the indentation does not fit, or a bracket is not closed',
  BAD_PROP_ORDER: 'an anchor or a tag in the wrong place',
  BAD_SCALAR_START: 'a text that begins with this character must be in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'a second ": " in one line, or a wrong indentation; a text with ": " in it must be in quotes',
  BLOCK_IN_FLOW: 'an indented block inside [ ] or { }',
  KEY_OVER_1024_CHARS: 'a key of more than 1024 characters',
  MISSING_CHAR: 'something is missing here: a ":" after a key, a "," between items, or a closing quote',
  MULTILINE_IMPLICIT_KEY: 'a key that goes over several lines; is a ": " missing before?',
  MULTIPLE_ANCHORS: 'two anchors for one value',
  MULTIPLE_TAGS: 'two tags for one value',
  RESOURCE_EXHAUSTION: 'nested too deeply',
  TAB_AS_INDENT: 'a tab in the indentation; YAML allows spaces only',
  TAG_RESOLVE_FAILED: 'a tag (!name) that is not known here',
  UNEXPECTED_TOKEN: 'not expected here; is the indentation right, or a quote missing?',
};

function explain(error: Pick<YAMLParseError, 'code' | 'pos'>, text: string): string {
  // `-name: shop`: YAML takes the dash for a part of the word.
  const line = text.slice(text.lastIndexOf('\n', error.pos[0] - 1) + 1).split('\n', 1)[0] ?? '';
  const above = text.slice(0, error.pos[0]).split('\n').at(-2) ?? '';
  if (OF_STRUCTURE.has(error.code) && [above, line].some((one) => /^ *-[A-Za-z_]\w*:( |$)/.test(one)))
    return 'not valid YAML: a "-" that begins an item of a list needs a space behind it, as in "- name: shop"';
  return `not valid YAML: ${EXPLANATIONS[error.code] ?? 'the structure is wrong'}`;
}
