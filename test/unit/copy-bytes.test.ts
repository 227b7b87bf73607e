import { expect, test } from 'bun:test';
import { copy } from '../../src/core/copy-bytes.ts';

const numbered = (length: number): Uint8Array => Uint8Array.from({ length }, (_, n) => (n % 250) + 1);

// Arrays of their own, parts of larger ones, and what sockets bring.
const SOURCES = [
  ['an array', numbered(200)],
  ['a part of an array', numbered(300).subarray(50, 250)],
  ['a Buffer', Buffer.from(numbered(200))],
] as const;

test.each(SOURCES)('of %s the bytes that were asked for are copied, and nothing else is touched', (_, source) => {
  for (let size = 0; size <= 100; size++) {
    for (const start of [0, 7, 100]) {
      const whole = new Uint8Array(400);
      const out = whole.subarray(100, 300);
      expect(copy(out, 20, source, start, start + size)).toBe(20 + size);
      const expected = new Uint8Array(400);
      expected.set(source.subarray(start, start + size), 120);
      expect(whole).toEqual(expected);
    }
  }
});
