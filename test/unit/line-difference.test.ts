import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { lineDifference } from '../../src/core/line-difference.ts';

describe('the difference of two texts', () => {
  test('is none where they are equal', () => {
    expect(lineDifference('a\nb\n', 'a\nb\n')).toBe('');
  });

  test('has the numbers of lines, and three lines around a change', () => {
    const lines = Array.from({ length: 20 }, (_, at) => `line ${at + 1}`);
    const changed = lines.toSpliced(9, 1, 'other', 'more');
    expect(lineDifference(`${lines.join('\n')}\n`, `${changed.join('\n')}\n`)).toBe(
      '@@ -7,7 +7,8 @@\n line 7\n line 8\n line 9\n-line 10\n+other\n+more\n line 11\n line 12\n line 13\n',
    );
  });

  test('tells of a line end that is missing', () => {
    expect(lineDifference('a\n', 'a')).toBe('@@ -1,1 +1,1 @@\n-a\n+a\n\\ no line end\n');
  });

  test('tells texts that have nothing in common as a whole', () => {
    const lines = (word: string) => Array.from({ length: 3000 }, (_, at) => `${word} ${at}\n`).join('');
    const told = lineDifference(lines('a'), lines('b'));
    expect(told).toStartWith('@@ -1,3000 +1,3000 @@\n');
    expect(told.split('\n').filter((line) => line.startsWith('-a')).length).toBe(3000);
  });

  test('makes the other text of one', () => {
    const text = fc
      .array(fc.constantFrom('a', 'b', 'c', '', 'd d'), { maxLength: 40 })
      .map((all) => all.map((line) => `${line}\n`).join(''));
    fc.assert(
      fc.property(text, text, (before, after) => {
        expect(patched(before, lineDifference(before, after))).toBe(after);
      }),
    );
  });
});

/** The text after a difference, which is refused where it does not fit. */
function patched(before: string, difference: string): string {
  const old = before.split('\n').slice(0, -1);
  const made: string[] = [];
  let at = 0;
  for (const line of difference.split('\n').slice(0, -1)) {
    const [, start = '', count = ''] = /^@@ -(\d+),(\d+) \+\d+,\d+ @@$/.exec(line) ?? [];
    if (start !== '') {
      const first = Number(count) === 0 ? Number(start) : Number(start) - 1;
      while (at < first) made.push(old[at++] ?? '');
    } else if (line.startsWith('+')) made.push(line.slice(1));
    else {
      expect(old[at]).toBe(line.slice(1));
      if (line.startsWith(' ')) made.push(line.slice(1));
      at++;
    }
  }
  return [...made, ...old.slice(at)].map((line) => `${line}\n`).join('');
}
