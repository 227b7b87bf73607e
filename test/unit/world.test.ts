// The real outside, as far as it has traps of its own.
import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { millis } from '../../src/core/units.ts';
import { realWorld } from '../../src/world.ts';

test('a timer of a month does not fire at once', async () => {
  let hasFired = false;
  const { clock } = realWorld();
  const cancel = clock.after(millis(30 * 86_400_000), () => {
    hasFired = true;
  });
  // One that fires at once would come before this one, which was set after it.
  await new Promise<void>((resolve) => clock.after(millis(20), resolve));
  cancel();
  expect(hasFired).toBe(false);
});

test('a process can let others go first', async () => {
  const program = join(import.meta.dirname, '../support/background-program.ts');
  const child = Bun.spawn([process.execPath, program], { stdout: 'pipe' });
  const [before, after] = (await new Response(child.stdout).text()).split(' ').map(Number);
  expect(after).toBeGreaterThan(before);
  await child.exited;
});
