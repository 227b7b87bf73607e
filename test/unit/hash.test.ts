import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { combine, hashBytes, hashText, mix32 } from '../../src/core/hash.ts';

describe('hash', () => {
  test.each([
    ['', 0, 0],
    ['', 1, 0x514e28b7],
    ['', 0xffffffff, 0x81f16f39],
    ['test', 0, 0xba6bd213],
    ['Hello, world!', 0, 0xc0363e43],
    ['The quick brown fox jumps over the lazy dog', 0, 0x2e4ff723],
    ['aaaa', 0x9747b28c, 0x5a97808a],
    ['aaa', 0x9747b28c, 0x283e0130],
    ['ππππππππ', 0x9747b28c, 0xd58063c1],
  ])('agrees with the published vector for %p, seed %p', (text, seed, expected) => {
    expect(hashText(text, seed)).toBe(expected);
  });

  test('of a slice is that of its bytes alone, wherever they stand', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(8), fc.nat(8), (bytes, before, after) => {
        const larger = new Uint8Array(before + bytes.length + after).fill(0xaa);
        larger.set(bytes, before);
        expect(hashBytes(larger, before, before + bytes.length)).toBe(hashBytes(bytes, 0, bytes.length));
      }),
    );
  });

  test('of a text is that of its UTF-8 bytes, whatever its characters are', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 40 }),
        fc.string({ maxLength: 40 }),
        fc.nat(),
        (any, plain, seed) => {
          for (const text of [any, plain, plain + any]) {
            const encoded = new TextEncoder().encode(text);
            expect(hashText(text, seed)).toBe(hashBytes(encoded, 0, encoded.length, seed));
          }
        },
      ),
    );
  });

  test('flips about half of the output for each flipped bit of the input', () => {
    for (let bit = 0; bit < 32; bit++) {
      let flipped = 0;
      for (let value = 1; value <= 2000; value++) flipped += ones(mix32(value) ^ mix32(value ^ (1 << bit)));
      expect(Math.abs(flipped / 2000 - 16)).toBeLessThan(1);
    }
  });

  test('combines in order', () => {
    expect(combine(1, 2)).not.toBe(combine(2, 1));
  });
});

function ones(value: number): number {
  let count = 0;
  for (let rest = value >>> 0; rest > 0; rest = (rest & (rest - 1)) >>> 0) count++;
  return count;
}
