// Decodes the bytes of a file to text, and finds the place where they are none.
import { type Result, err, ok } from '../core/result.ts';

/** Why bytes are not a text. */
export type DecodeFault = {
  readonly message: string;
  /** The text before the fault. */
  readonly before: string;
};

/** UTF-8 without NUL; a byte order mark is left out. */
export function decode(source: string | Uint8Array): Result<string, DecodeFault> {
  const text = typeof source === 'string' ? ok(source.replace(/^\uFEFF/, '')) : decodeBytes(source);
  if (!text.ok) return text;
  const nul = text.value.indexOf('\0');
  return nul < 0 ? text : err({ message: 'a NUL byte; this is not a text file', before: text.value.slice(0, nul) });
}

function decodeBytes(bytes: Uint8Array): Result<string, DecodeFault> {
  const isWide = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (isWide) return err({ message: 'the file is in UTF-16; save it as UTF-8', before: '' });
  try {
    return ok(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return err({ message: 'not valid UTF-8', before: decodeValid(bytes) });
  }
}

// The text before the first wrong byte. A decoder does not tell where that is, so halving finds the longest valid start.
function decodeValid(bytes: Uint8Array): string {
  let good = 0;
  let bad = bytes.length;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (isValidStart(bytes.subarray(0, middle))) good = middle;
    else bad = middle;
  }
  return new TextDecoder().decode(bytes.subarray(0, good)).replace(/\uFFFD$/, '');
}

function isValidStart(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}
