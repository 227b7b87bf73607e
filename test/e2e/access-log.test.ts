// The access log of the real program: every request, whoever served it, and wherever the file went.
import { describe, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GatewayProcess } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { uncheckedTenant } from '../support/yaml.ts';
import { until } from '../support/until.ts';

class Folder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'access-log-'));
  readonly file = join(this.path, 'access.log');

  /** The lines of all files. */
  get lines(): readonly string[] {
    return readdirSync(this.path)
      .filter((name) => name.startsWith('access.log'))
      .flatMap((name) => readFileSync(join(this.path, name), 'utf8').split('\n'))
      .filter((line) => line !== '');
  }

  get paths(): readonly string[] {
    return this.lines.map((line) => {
      const parsed: unknown = JSON.parse(line);
      return typeof parsed === 'object' && parsed !== null && 'path' in parsed ? String(parsed.path) : '';
    });
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true });
  }
}

async function ask(url: string, from: number, to: number): Promise<void> {
  for (let at = from; at < to; at += 20)
    await Promise.all<string>(
      Array.from({ length: Math.min(20, to - at) }, async (_, more) => (await fetch(`${url}/${at + more}`)).text()),
    );
}

const expected = (count: number): readonly string[] => Array.from({ length: count }, (_, at) => `/${at}`).toSorted();

describe('the access log', () => {
  test('has one line for each request, also where its file is moved away meanwhile', async () => {
    using folder = new Folder();
    using origin = new Origin('a', () => new Response('well'));
    const yaml = `access_log: { output: ${folder.file} }\n${uncheckedTenant('/', [origin])}`;
    await using gateway = await GatewayProcess.start(yaml);
    await ask(gateway.url, 0, 200);
    await until(() => folder.lines.length === 200, 'all are written');
    renameSync(folder.file, `${folder.file}.moved`);
    gateway.signal('SIGUSR1');
    await until(() => gateway.errors.includes('SIGUSR1'), 'it has heard');
    await ask(gateway.url, 200, 400);
    gateway.signal('SIGTERM');
    expect(await gateway.exited).toBe(0);
    expect(folder.paths.toSorted()).toEqual([...expected(400)]);
    expect(readdirSync(folder.path).toSorted()).toEqual(['access.log', 'access.log.moved']);
  });

  test('comes whole through a pipe, more than it holds at a time', async () => {
    using origin = new Origin('a', () => new Response('well'));
    const yaml = `access_log: { output: stdout }\n${uncheckedTenant('/', [origin])}`;
    await using gateway = await GatewayProcess.start(yaml);
    const count = 1500;
    await ask(gateway.url, 0, count);
    const paths = (): readonly string[] =>
      Array.from(gateway.output.matchAll(/"path":"([^"]+)"/g), ([, path = '']) => path);
    await until(() => paths().length >= count, 'all have come');
    expect(paths().toSorted()).toEqual([...expected(count)]);
  });

  test('goes on without an output that cannot be written, and says so', async () => {
    using origin = new Origin('a', () => new Response('well'));
    const yaml = `access_log: { output: /dev/full }\n${uncheckedTenant('/', [origin])}`;
    await using gateway = await GatewayProcess.start(yaml);
    await ask(gateway.url, 0, 20);
    await until(() => /cannot be written" output=\/dev\/full problem=ENOSPC/.test(gateway.errors), 'it says so');
    await ask(gateway.url, 20, 40);
    expect(origin.requests).toBe(40);
  });

  test('is set aside when it has grown, and few of its files are kept', async () => {
    using folder = new Folder();
    using origin = new Origin('a', () => new Response('well'));
    const rotate = 'rotate: { size: 1KiB, keep: 1, compress: false }';
    const yaml = `access_log: { output: ${folder.file}, ${rotate} }\n${uncheckedTenant('/', [origin])}`;
    await using gateway = await GatewayProcess.start(yaml);
    const seen = new Set<string>();
    for (const round of [0, 1]) {
      const isNew = (): boolean => readdirSync(folder.path).some((name) => name !== 'access.log' && !seen.has(name));
      // What comes within a second of that may still go to the file that was set aside.
      await until(
        async () => {
          await ask(gateway.url, round * 20, round * 20 + 20);
          return isNew();
        },
        'it was set aside',
        10_000,
      );
      for (const name of readdirSync(folder.path)) if (name !== 'access.log') seen.add(name);
    }
    const aside = (): number => readdirSync(folder.path).filter((name) => name !== 'access.log').length;
    await until(() => aside() === 1, 'one is kept');
    await ask(gateway.url, 40, 41);
    await until(() => folder.paths.includes('/40'), 'another file is there');
  });
});
