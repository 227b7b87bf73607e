// Watches the tokens of a file, and stops a file that would cost the YAML library minutes or gigabytes. The library's lexer
// is fast and does not recurse; its later stages recurse, and keep an error object for every mistake.
import { CST } from 'yaml';
import type { Finding } from './finding.ts';

/** Ten thousand tenants of ten backends have as many; they take some seconds to read. */
const MOST_ENTRIES = 1_000_000;
/** The schema has fewer than twenty. */
const MOST_TOP_LEVEL_KEYS = 1000;
/** The schema needs 6. */
const DEEPEST = 64;
/** A text with more mistakes of this kind is no YAML. */
const MOST_STUMBLES = 100;

export class Guard {
  /** Why reading must stop; null: it may go on. */
  stop: Finding | null = null;
  /** A `${` that YAML takes for a map. */
  private reference: Finding | null = null;
  /** A quote that nothing closes; the library reports it at the end of the file. */
  private openQuote: Finding | null = null;
  /** The same of a bracket or a brace. */
  private openBracket: Finding | null = null;
  private offset = 0;
  private entries = 0;
  private lines = 0;
  private topLevelKeys = 0;
  private flowDepth = 0;
  /** Where each bracket and brace stands that is open. */
  private readonly opened: number[] = [];
  private indicators = 0;
  private readonly indents: number[] = [];
  private isLineStart = true;
  private indent = 0;
  private last = '';
  private isText = false;
  private isBlock = false;
  private hasValue = false;
  private properties = 0;
  private stumbles = 0;

  /** A mistake that is certain, in clearer words than the library's; null: none. */
  get found(): Finding | null {
    return this.reference ?? this.openQuote ?? this.openBracket;
  }

  /** To be called when all has been seen. */
  end(): void {
    const [at] = this.opened;
    if (at !== undefined) this.openBracket = { path: [], offset: at, message: OPEN_BRACKET };
  }

  see(lexeme: string): void {
    const isMarker = lexeme === CST.SCALAR || lexeme === CST.DOCUMENT || lexeme === CST.FLOW_END;
    if (this.isText) this.seeText();
    else {
      if (this.isLineStart) this.seeIndent(lexeme);
      this.seeToken(lexeme);
    }
    this.last = lexeme;
    if (!isMarker) this.offset += lexeme.length;
  }

  private seeToken(lexeme: string): void {
    switch (lexeme[0]) {
      case CST.SCALAR:
        this.isText = true;
        return this.seeValue();
      case '{':
        if (this.flowDepth > 0 && this.last.endsWith('$')) this.reference ??= this.find(REFERENCE, 1);
        return this.open();
      case '[':
        return this.open();
      case ']':
      case '}':
        return this.close();
      case '-':
      case '?':
        if (lexeme.length === 1) this.enter(++this.indicators);
        return;
      case ':':
      case ',':
        return this.enter(0);
      case '\n':
      case '\r':
        return this.seeLineEnd();
      case '|':
      case '>':
        this.isBlock = true;
        return;
      case '"':
      case "'":
        if (lexeme.length === 1 || !lexeme.endsWith(lexeme[0])) this.openQuote = this.find(OPEN_QUOTE, 0);
        return this.seeValue();
      case '*':
        return this.seeValue();
      case '&':
      case '!':
        if (++this.properties > 2) this.stumble();
    }
  }

  // The text of a block scalar holds its line ends.
  private seeText(): void {
    this.isText = false;
    if (this.isBlock) this.seeLineEnd();
    this.isBlock = false;
  }

  private seeIndent(lexeme: string): void {
    if (this.isBlock && lexeme === CST.SCALAR) return;
    if (lexeme[0] === ' ' || lexeme === CST.DOCUMENT) this.indent = lexeme === CST.DOCUMENT ? 0 : lexeme.length;
    else if (lexeme[0] !== '#' && lexeme[0] !== '\n' && lexeme[0] !== '\r') {
      this.isLineStart = false;
      if (this.flowDepth === 0) this.nest(lexeme);
    }
  }

  private nest(lexeme: string): void {
    const { indents, indent } = this;
    // Items of a list in the first column do not count as keys: there may be many.
    if (indent === 0 && lexeme !== '-' && ++this.topLevelKeys > MOST_TOP_LEVEL_KEYS) {
      this.stop ??= this.find(`has more than ${MOST_TOP_LEVEL_KEYS} keys at the top level`, 0);
    }
    while ((indents.at(-1) ?? -1) > indent) indents.pop();
    if (indents.at(-1) !== indent) indents.push(indent);
    if (indents.length > DEEPEST) this.stop ??= this.find(TOO_DEEP, 0);
  }

  private seeLineEnd(): void {
    this.isLineStart = true;
    this.indent = 0;
    this.indicators = 0;
    if (this.flowDepth === 0) this.separate();
    if (++this.lines > MOST_ENTRIES) this.stop ??= this.find(`has more than ${MOST_ENTRIES} lines`, 0);
  }

  private open(): void {
    this.seeValue();
    this.opened.push(this.offset);
    this.enter(++this.flowDepth);
  }

  private close(): void {
    this.opened.pop();
    if (this.flowDepth === 0) this.stumble();
    else this.flowDepth--;
    this.hasValue = true;
  }

  private enter(depth: number): void {
    this.separate();
    if (depth > DEEPEST) this.stop ??= this.find(TOO_DEEP, 0);
    if (++this.entries > MOST_ENTRIES) this.stop ??= this.find(`has more than ${MOST_ENTRIES} entries`, 0);
  }

  private separate(): void {
    this.hasValue = false;
    this.properties = 0;
  }

  private seeValue(): void {
    if (this.hasValue) this.stumble();
    this.hasValue = true;
    this.properties = 0;
  }

  private stumble(): void {
    if (++this.stumbles > MOST_STUMBLES)
      this.stop ??= this.find('not valid YAML: values follow each other with nothing between them', 0);
  }

  private find(message: string, back: number): Finding {
    return { path: [], offset: this.offset - back, message };
  }
}

const OPEN_QUOTE = 'not valid YAML: the quote that begins here is never closed';
const OPEN_BRACKET = 'not valid YAML: the bracket or brace that begins here is never closed';
const TOO_DEEP = `is nested deeper than ${DEEPEST} levels`;
const REFERENCE = 'a "${…}" inside [ ] or { } must be in quotes, as in ["${NAME}"]: YAML takes its brace for a map';
