// Secrets in a text are found wherever they stand, however many there are and however they overlap.
import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { MASK, maskSecrets, maskerOf } from '../../src/core/secrets.ts';

// Few letters: secrets that begin alike, hold one another, and overlap.
const secret = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 4, maxLength: 9 });
const scene = fc.record({
  secrets: fc.array(secret, { maxLength: 12 }),
  text: fc.string({ unit: fc.constantFrom('a', 'b', 'c', ' '), maxLength: 60 }),
});

/** Marks each character that belongs to a secret, the slow way. */
function slowly(text: string, secrets: readonly string[]): string {
  const ends = Array.from({ length: text.length }, () => 0);
  for (const one of secrets.filter(({ length }) => length >= 6))
    for (let at = text.indexOf(one); at >= 0; at = text.indexOf(one, at + 1))
      ends[at] = Math.max(ends[at] ?? 0, at + one.length);
  let shown = '';
  let to = 0;
  for (const [at, end] of ends.entries()) {
    if (end > to && at >= to) shown += MASK;
    to = Math.max(to, end);
    if (at >= to) shown += text[at] ?? '';
  }
  return shown;
}

test('each character of a secret is hidden, and no other', () => {
  fc.assert(
    fc.property(scene, ({ text, secrets }) => {
      expect(maskSecrets(text, secrets)).toBe(slowly(text, secrets));
    }),
    { numRuns: 2000 },
  );
});

test('each of many is hidden, also one that is the beginning of another', () => {
  const secrets = Array.from({ length: 10_000 }, (_, at) => `secret-of-${at}`);
  const mask = maskerOf(secrets);
  expect(mask('a secret-of-9 b secret-of-99 c secret-of-999 d')).toBe(`a ${MASK} b ${MASK} c ${MASK} d`);
  expect(mask(secrets.join('\n'))).toBe(secrets.map(() => MASK).join('\n'));
});

test('short ones are not looked for', () => {
  expect(maskSecrets('abcde abcdef', ['abcde'])).toBe('abcde abcdef');
  expect(maskSecrets('abcde abcdef', ['abcde', 'abcdef'])).toBe(`abcde ${MASK}`);
});
