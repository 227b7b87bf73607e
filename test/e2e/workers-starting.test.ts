// What processes that serve do before their gateway listens.
import { describe, expect, test } from 'bun:test';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommandProcess } from '../support/command-process.ts';
import { CountingOrigin } from '../support/counting-origin.ts';
import { servingOf, untilGone, workersOf } from '../support/fleet.ts';
import { until } from '../support/until.ts';

const WORKERS = 2;
const PROGRAM = "import { readFile } from 'node:fs/promises';\n";

/** A gateway whose configuration is a program that waits until somebody tells it what to export. */
async function waitingGateway() {
  const directory = await mkdtemp(join(tmpdir(), 'keystone-test-'));
  const pipe = join(directory, 'pipe');
  await Bun.spawn(['mkfifo', pipe]).exited;
  const file = join(directory, 'keystone.config.ts');
  await writeFile(file, `${PROGRAM}export default JSON.parse(await readFile(${JSON.stringify(pipe)}, 'utf8'));\n`);
  const words = ['run', '--config', file, '--addr', '127.0.0.1:0', '--workers', String(WORKERS)];
  const gateway = new CommandProcess(words, { XDG_STATE_HOME: directory });
  await until(async () => (await workersOf(gateway)).length === WORKERS, 'its workers are started');
  return {
    gateway,
    workers: await workersOf(gateway),
    configure: (tenants: unknown) => writeFile(pipe, JSON.stringify({ admin: { address: 'none' }, tenants })),
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

describe.skipIf(process.platform !== 'linux')('processes that are to serve', () => {
  test('are started while the configuration is read', async () => {
    using origin = new CountingOrigin('a', 0);
    await using waiting = await waitingGateway();
    const { gateway, workers, configure } = waiting;
    await configure([{ name: 'main', path_prefix: '/', services: [{ name: 'only', url: origin.url }] }]);
    const place = (): RegExpExecArray | null => /listening on (\S+:(\d+))/.exec(gateway.out);
    await until(() => place() !== null, 'it listens');
    const [, url = '', port = ''] = place() ?? [];
    expect((await fetch(url)).status).toBe(200);
    expect(await servingOf({ pid: gateway.pid, port: Number(port) })).toEqual(workers);
  });

  test('end with a gateway whose configuration is wrong', async () => {
    await using waiting = await waitingGateway();
    const { gateway, workers, configure } = waiting;
    await configure(7);
    expect(await gateway.exited()).toBe(1);
    await untilGone(workers, 'they have ended');
  });

  test('end with a gateway that is told to end before it has read anything', async () => {
    await using waiting = await waitingGateway();
    const { gateway, workers } = waiting;
    gateway.interrupt();
    expect(await gateway.exited()).toBe(0);
    await untilGone(workers, 'they have ended');
  });
});
