// Trouble that all processes of a gateway have is told once for all of them.
import { expect, test } from 'bun:test';
import { CommonTrouble, type Trouble } from '../../src/observe/common-trouble.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { millis } from '../../src/core/units.ts';

function stage() {
  const clock = new VirtualClock();
  const lines: string[] = [];
  const { tell } = new CommonTrouble((level, message, fields = {}) => {
    lines.push(`${level} ${message} ${fields['dropped']}`);
  }, clock);
  return { clock, lines, tell };
}

const away = (place: string, dropped: number): Trouble => ({
  level: 'warn',
  message: 'away',
  place,
  fields: { dropped },
});
const back = (place: string, dropped: number): Trouble => ({
  level: 'info',
  message: 'back',
  place,
  fields: { dropped },
});

test('it is told once a minute, with what all of them have dropped', async () => {
  const { clock, lines, tell } = stage();
  for (const dropped of [1, 2, 4]) tell(away('a', dropped));
  expect(lines).toEqual(['warn away 1']);
  await clock.advance(millis(60_000));
  tell(away('a', 8));
  expect(lines).toEqual(['warn away 1', 'warn away 14']);
});

test('that it is over is told once, and only where it was told of', () => {
  const { lines, tell } = stage();
  tell(back('a', 0));
  tell(away('a', 1));
  tell(away('a', 2));
  tell(back('a', 4));
  tell(back('a', 8));
  expect(lines).toEqual(['warn away 1', 'info back 6']);
});

test('one place has nothing to do with another', () => {
  const { lines, tell } = stage();
  tell(away('a', 1));
  tell(away('b', 2));
  tell(back('a', 0));
  tell(away('b', 4));
  expect(lines).toEqual(['warn away 1', 'warn away 2', 'info back 0']);
});
