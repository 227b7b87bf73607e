// The real outside, as far as it has traps of its own.
import { expect, test } from 'bun:test';
import { millis } from '../../src/core/units.ts';
import { realWorld } from '../../src/world.ts';

test('a timer of a month does not fire at once', async () => {
  let hasFired = false;
  const cancel = realWorld().clock.after(millis(30 * 86_400_000), () => {
    hasFired = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 20));
  cancel();
  expect(hasFired).toBe(false);
});
