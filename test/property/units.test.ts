import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { editDistance, nearest } from '../../src/core/near-miss.ts';
import { bytes, formatDuration, formatSize, millis, parseDuration, parseSize } from '../../src/core/units.ts';

describe('units', () => {
  test('a duration that is written is read as the same', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e14 }), (length) => {
        expect(parseDuration(formatDuration(millis(length)))).toBe(millis(length));
      }),
    );
  });

  test('a size that is written is read as the same', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (length) => {
        expect(parseSize(formatSize(bytes(length)))).toBe(bytes(length));
      }),
    );
  });
});

describe('near misses', () => {
  const word = fc.stringMatching(/^[a-z_]{0,12}$/);

  test('the distance is the same both ways, 0 only between equals, and never more than the longer word', () => {
    fc.assert(
      fc.property(word, word, (a, b) => {
        const distance = editDistance(a, b);
        expect(editDistance(b, a)).toBe(distance);
        expect(distance === 0).toBe(a === b);
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
        expect(distance).toBeGreaterThanOrEqual(Math.abs(a.length - b.length));
      }),
    );
  });

  test('a word that is known is its own nearest', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(
          word.filter((one) => one !== ''),
          { minLength: 1 },
        ),
        (known) => {
          for (const one of known) expect(nearest(one, known)).toBe(one);
        },
      ),
    );
  });
});
