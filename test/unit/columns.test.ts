// Lists of names with what they mean.
import { expect, test } from 'bun:test';
import { columns } from '../../src/cli/columns.ts';

test('a text goes on below itself where it is too long', () => {
  const rows = [
    ['  a', 'one two three'],
    ['  long', 'four'],
  ] as const;
  expect(columns(rows, 16)).toBe('  a     one two\n        three\n  long  four');
});

test('a word that is longer than the terminal is not cut', () => {
  expect(columns([['a', 'one extraordinarily two']], 10)).toBe('a  one\n   extraordinarily\n   two');
});
