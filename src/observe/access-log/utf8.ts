// Which bytes are a character of UTF-8 (RFC 3629).
import { ascii } from '../../message/bytes.ts';

export const HEX_DIGITS = ascii('0123456789abcdef');

/** A byte in the midst of a character. */
export function isTailOf(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}

/** How many bytes of [from, end) the character takes that begins there, if it is one beyond ASCII; 0: it is none. */
export function sequenceLength(source: Uint8Array, from: number, end: number): number {
  const first = source[from];
  const length = lengthBy(first);
  if (length === 0 || from + length > end) return 0;
  for (let at = from + 1; at < from + length; at++) if (!isTailOf(source[at])) return 0;
  return isShortest(first, source[from + 1]) ? length : 0;
}

function lengthBy(first: number): number {
  if (first >= 0xc2 && first <= 0xdf) return 2;
  if (first >= 0xe0 && first <= 0xef) return 3;
  return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

// Neither a longer form than needed, nor a surrogate, nor beyond U+10FFFF.
function isShortest(first: number, second: number): boolean {
  switch (first) {
    case 0xe0:
      return second >= 0xa0;
    case 0xed:
      return second < 0xa0;
    case 0xf0:
      return second >= 0x90;
    case 0xf4:
      return second < 0x90;
    default:
      return true;
  }
}
