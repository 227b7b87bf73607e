// Programs that the real `World` runs.
import { describe, expect, test } from 'bun:test';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realWorld } from '../../src/world.ts';
import { isAlive } from '../support/processes.ts';
import { until } from '../support/until.ts';

const { run } = realWorld();

function shell(script: string, environment: Record<string, string> = {}, signal = new AbortController().signal) {
  return run({ words: ['sh', '-c', script], environment, signal });
}

/** A file for the id of a process, and the id once it is there. */
async function withPidFile(use: (file: string, pid: () => Promise<number>) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'keystone-test-'));
  const file = join(directory, 'pid');
  const read = (): Promise<string> => readFile(file, 'utf8').catch(() => '');
  await use(file, async () => {
    await until(async () => (await read()).endsWith('\n'), 'the program says its number');
    return Number(await read());
  });
  await rm(directory, { recursive: true });
}

describe('a program', () => {
  test('ends with a status and what it wrote, to standard output first', async () => {
    expect(await shell('echo two >&2; echo one; exit 3')).toEqual({ kind: 'exited', code: 3, output: 'one\n\ntwo\n' });
  });

  test('that cannot be run is no exception', async () => {
    const { signal } = new AbortController();
    for (const words of [['/no/such/program'], [''], [tmpdir()]]) {
      expect(await run({ words, environment: {}, signal })).toMatchObject({ kind: 'failed' });
    }
  });

  test('that dies by a signal has not ended well', async () => {
    expect(await shell('kill -TERM $$')).toEqual({ kind: 'killed', signal: 'SIGTERM' });
  });

  test('gets its own environment, PATH and the like, and nothing else of ours', async () => {
    process.env['KEYSTONE_TEST_SECRET'] = 'hunter2-hunter2';
    const result = await shell('env', { NAME: 'a b' });
    delete process.env['KEYSTONE_TEST_SECRET'];
    const output = result.kind === 'exited' ? result.output : '';
    expect(output).toContain('\nNAME=a b\n');
    expect(output).toContain('PATH=');
    expect(output).not.toContain('hunter2');
  });

  test('has no input to wait for', async () => {
    expect(await shell('cat; echo done')).toMatchObject({ code: 0, output: 'done\n\n' });
  });

  test('may write as much as it likes; only how it begins is kept', async () => {
    const result = await shell('echo first; head -c 5000000 /dev/zero | tr "\\0" x');
    expect(result).toMatchObject({ kind: 'exited', code: 0 });
    const output = result.kind === 'exited' ? result.output : '';
    expect(output).toStartWith('first\nxxx');
    expect(output.length).toBeLessThan(10_000);
  });

  test.each(['yes', 'yes >&2'])('that writes without end is killed, with all that it has started: %s', async (line) => {
    expect(await shell(`${line} & wait`)).toEqual({ kind: 'too_loud' });
  });

  test('is killed with all that it has started when it is told to end', async () => {
    await withPidFile(async (file, pid) => {
      const abort = new AbortController();
      const running = shell(`sleep 1000 & echo $! > ${file}; wait`, {}, abort.signal);
      const child = await pid();
      expect(await isAlive(child)).toBe(true);
      abort.abort();
      expect(await running).toEqual({ kind: 'killed', signal: 'SIGKILL' });
      await until(async () => !(await isAlive(child)), 'its child is gone');
    });
  });

  test('leaves nothing running behind it', async () => {
    await withPidFile(async (file, pid) => {
      expect(await shell(`sleep 1000 & echo $! > ${file}; echo done`)).toMatchObject({ code: 0, output: 'done\n\n' });
      const child = await pid();
      await until(async () => !(await isAlive(child)), 'its child is gone');
    });
  });

  test('is not waited for where something that got away holds its output', async () => {
    await withPidFile(async (file, pid) => {
      const script = `setsid sh -c 'echo $$ > ${file}; exec sleep 1000' & until [ -s ${file} ]; do :; done; echo done`;
      expect(await shell(script)).toMatchObject({ kind: 'exited', code: 0, output: 'done\n\n' });
      process.kill(await pid(), 'SIGKILL');
    });
  });
});
