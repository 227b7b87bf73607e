// The real outside, as far as it has traps of its own.
import { describe, expect, test } from 'bun:test';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytes, millis } from '../../src/core/units.ts';
import { realWorld } from '../../src/world.ts';
import { NO_FILE, TOO_SLOW, readFile } from '../../src/world/read-file.ts';

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

test.skipIf(process.platform !== 'linux')('a process that takes in orphans keeps no zombies', async () => {
  const program = join(import.meta.dirname, '../support/orphans-program.ts');
  const child = Bun.spawn([process.execPath, program], { stdout: 'pipe' });
  expect(await new Response(child.stdout).text()).toBe('adopted, none left');
});

describe('reading a file', () => {
  const LIMIT = bytes(10);

  async function inFolder(use: (path: string) => Promise<void>): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), 'keystone-test-'));
    await use(join(folder, 'it'));
    await rm(folder, { recursive: true });
  }

  test('stops one byte after the limit', async () => {
    await inFolder(async (path) => {
      await Bun.write(path, 'x'.repeat(100));
      expect((await readFile(path, LIMIT)).length).toBe(11);
      await Bun.write(path, 'short');
      expect(new TextDecoder().decode(await readFile(path, LIMIT))).toBe('short');
    });
  });

  test('refuses what is no file at once: a named pipe without a writer, a link to one, a device', async () => {
    await inFolder(async (path) => {
      await Bun.spawn(['mkfifo', path]).exited;
      await symlink(path, `${path}-link`);
      for (const other of [path, `${path}-link`, '/dev/zero', '/dev/null'])
        expect(readFile(other, LIMIT)).rejects.toMatchObject({ code: NO_FILE });
    });
  });

  // A program of its own, with this shell script around it; `$0` is a named pipe.
  async function readInShell(around: (program: string) => string, longest: number): Promise<string> {
    const module = join(import.meta.dirname, '../../src/world/read-file.ts');
    const script = `import('${module}').then(({ readFile }) => readFile('/dev/fd/3', 10, ${longest})).then(
      (bytes) => console.log(new TextDecoder().decode(bytes)),
      (error) => console.log(error.code),
    ).then(() => process.exit(0))`;
    let said = '';
    await inFolder(async (path) => {
      await Bun.spawn(['mkfifo', path]).exited;
      const child = Bun.spawn(['sh', '-c', around(`"${process.execPath}" -e "$1"`), path, script], { stdout: 'pipe' });
      said = await new Response(child.stdout).text();
    });
    return said.trim();
  }

  test('takes the pipe that the program was handed', async () => {
    expect(await readInShell((program) => `printf handed | ${program} 3<&0`, 10_000)).toBe('handed');
  });

  test('gives up what does not come to an end', async () => {
    expect(await readInShell((program) => `exec 3<> "$0"; ${program}`, 50)).toBe(TOO_SLOW);
  });
});
