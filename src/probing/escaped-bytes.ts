// Bytes as a text with escapes: what a tcp check sends and waits for.
import { type Result, err, ok } from '../core/result.ts';
import { type Refusal, setting } from '../core/settings.ts';

const NAMED: Readonly<Record<string, number>> = { r: 0x0d, n: 0x0a, t: 0x09, '0': 0, '\\': 0x5c };
const TOKEN = /\\x([0-9A-Fa-f]{2})|\\([rnt0\\])|(\\)|([^\\]+)/g;
const MAX_BYTES = 4096;

/** Reads `\r`, `\n`, `\t`, `\0`, `\\` and `\xNN`; other characters become UTF-8. Null: a backslash begins none of these. */
export function parseEscapedBytes(text: string): Uint8Array | null {
  const encoder = new TextEncoder();
  const bytes: number[] = [];
  for (const [, hex, name, stray, plain] of text.matchAll(TOKEN)) {
    if (stray !== undefined) return null;
    if (hex !== undefined) bytes.push(Number.parseInt(hex, 16));
    else if (name !== undefined) bytes.push(NAMED[name] ?? 0);
    else for (const byte of encoder.encode(plain)) bytes.push(byte);
  }
  return Uint8Array.from(bytes);
}

/** A setting of bytes. They may be secret, so refusals do not repeat them. */
export const escapedBytes = setting<string, Uint8Array>({
  type: 'text with escapes',
  expected: 'a text; \\r, \\n, \\t, \\0, \\\\ and \\xNN stand for bytes',
  json: { type: 'string' },
  parse(value): Result<Uint8Array, Refusal> {
    if (typeof value !== 'string') return err({ message: 'is not a text (write it in quotes)' });
    const bytes = parseEscapedBytes(value);
    if (bytes === null) return err({ message: 'has a backslash that begins no escape' });
    if (bytes.length === 0) return err({ message: 'is empty' });
    return bytes.length <= MAX_BYTES ? ok(bytes) : err({ message: 'is too long', expected: 'up to 4KiB' });
  },
});
