// Runs slowhttptest: many clients that are slow on purpose.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What is slow: sending the request's head, sending its body, or reading the response. */
export const SLOW = { head: '-H', body: '-B', reading: '-X' } as const;

export type SlowTest = {
  readonly what: keyof typeof SLOW;
  readonly connections: number;
  readonly seconds: number;
};

/** Runs it to its end; resolves with the most connections that it held open at a time. */
export async function slowhttptest(url: string, { what, connections, seconds }: SlowTest): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'keystone-slow-'));
  const words = [SLOW[what], '-c', connections, '-r', connections, '-i', 1, '-l', seconds, '-u', url];
  const statistics = ['-g', '-o', join(directory, 'statistics')];
  const child = Bun.spawn(['slowhttptest', ...words.map(String), ...statistics], {
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'ignore',
  });
  await child.exited;
  const lines = (await readFile(join(directory, 'statistics.csv'), 'utf8')).trim().split('\n');
  await rm(directory, { recursive: true });
  const column = (lines[0] ?? '').split(',').indexOf('Connected');
  return Math.max(...lines.slice(1).map((line) => Number(line.split(',')[column])));
}
