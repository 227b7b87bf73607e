// The grammar of chunk extensions, byte by byte (RFC 9112 7.1.1):
// chunk-ext = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] ), a name is a token, a value a token or a
// quoted string. The gateway ignores what extensions say. It checks them because two programs that disagree about what
// belongs to an extension may disagree about where its line ends.
import { BACKSLASH, CR, SEMICOLON, SP, TAB, TOKEN, VALUE } from '../message/bytes.ts';

/** The size or a value is over: only white space and a further extension may follow. */
export const AFTER_SIZE = 1;
/** The line is over. */
export const LINE_END = 2;
const BEFORE_NAME = 3;
const NAME = 4;
const AFTER_NAME = 5;
const BEFORE_VALUE = 6;
const TOKEN_VALUE = 7;
const QUOTED = 8;
const ESCAPED = 9;
const AFTER_QUOTED = 10;
/** The byte is not allowed where it stands. */
const BROKEN = -1;

const EQUALS = 0x3d;
const QUOTE = 0x22;

/** The state after this byte; negative: the line is broken. The state before the first byte is AFTER_SIZE. */
export function stepExtension(state: number, byte: number): number {
  switch (state) {
    case AFTER_SIZE:
      if (isSpace(byte)) return AFTER_SIZE;
      return byte === SEMICOLON ? BEFORE_NAME : BROKEN;
    case BEFORE_NAME:
      if (isSpace(byte)) return BEFORE_NAME;
      return TOKEN[byte] === 0 ? BROKEN : NAME;
    case NAME:
      if (TOKEN[byte] !== 0) return NAME;
      if (byte === EQUALS) return BEFORE_VALUE;
      return isSpace(byte) ? AFTER_NAME : endOfExtension(byte);
    case AFTER_NAME:
      if (isSpace(byte)) return AFTER_NAME;
      if (byte === EQUALS) return BEFORE_VALUE;
      return byte === SEMICOLON ? BEFORE_NAME : BROKEN;
    default:
      return stepValue(state, byte);
  }
}

function stepValue(state: number, byte: number): number {
  switch (state) {
    case BEFORE_VALUE:
      if (isSpace(byte)) return BEFORE_VALUE;
      if (byte === QUOTE) return QUOTED;
      return TOKEN[byte] === 0 ? BROKEN : TOKEN_VALUE;
    case TOKEN_VALUE:
      return TOKEN[byte] === 0 ? endOfValue(byte) : TOKEN_VALUE;
    case QUOTED:
      if (byte === QUOTE) return AFTER_QUOTED;
      if (byte === BACKSLASH) return ESCAPED;
      return VALUE[byte] === 0 ? BROKEN : QUOTED;
    case ESCAPED:
      return VALUE[byte] === 0 ? BROKEN : QUOTED;
    case AFTER_QUOTED:
      return endOfValue(byte);
    default:
      return BROKEN;
  }
}

function endOfValue(byte: number): number {
  return isSpace(byte) ? AFTER_SIZE : endOfExtension(byte);
}

function endOfExtension(byte: number): number {
  if (byte === CR) return LINE_END;
  return byte === SEMICOLON ? BEFORE_NAME : BROKEN;
}

function isSpace(byte: number): boolean {
  return byte === SP || byte === TAB;
}
