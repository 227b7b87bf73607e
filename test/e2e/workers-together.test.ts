// Several processes act as one: where they end, where they are started a second time, and where they reload.
import { describe, expect, test } from 'bun:test';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CountingOrigin } from '../support/counting-origin.ts';
import { detailsOf, servingOf, startFleet, untilGone, untilWhole, workersOf } from '../support/fleet.ts';
import { type GatewayProcess, keystone } from '../support/gateway-process.ts';
import { Crowd, type Visitor, askAll, visitors } from '../support/many-requests.ts';
import { accepts, freePort } from '../support/ports.ts';
import { until } from '../support/until.ts';

const WORKERS = 3;

function yamlOf({ url }: Pick<CountingOrigin, 'url'>, more = ''): string {
  return `${more}tenants: [{ name: main, path_prefix: "/", services: [{ name: only, url: "${url}" }] }]\n`;
}

function close(all: readonly Visitor[]): void {
  for (const visitor of all) visitor[Symbol.dispose]();
}

/** Changes how many descriptors a process may have from here on. */
async function limitDescriptors(pid: number, most: number): Promise<void> {
  await Bun.spawn(['prlimit', `--pid=${pid}`, `--nofile=${most}:`]).exited;
}

/** The words of the log about reloads that were put in force. */
function reloads(gateway: GatewayProcess): number {
  return gateway.errors.split('msg="configuration reloaded"').length - 1;
}

describe.skipIf(process.platform !== 'linux')('several processes that are told to end', () => {
  test('under load answer with 2xx to the last, and leave nothing behind', async () => {
    using origin = new CountingOrigin('a', 2);
    await using gateway = await startFleet(yamlOf(origin), WORKERS);
    await untilWhole(gateway, WORKERS);
    const all = await workersOf(gateway);
    const crowd = new Crowd(gateway.port, 30);
    await until(() => (crowd.counts.get(200) ?? 0) > 500, 'they are under load');
    gateway.signal('SIGTERM');
    expect(await gateway.exited).toBe(0);
    const counts = await crowd.end();
    // What has been sent to a connection that was just being closed has no answer, and every client sends it again.
    expect([...counts.keys()].filter((status) => status !== 200 && status !== 0)).toEqual([]);
    await untilGone(all, 'all processes have ended');
    expect(gateway.errors).toMatch(/msg="shut down" .*requests_cut=0/);
  });

  test('by a terminal, which tells all of them, let end what is in flight', async () => {
    using origin = new CountingOrigin('a', 800);
    await using gateway = await startFleet(yamlOf(origin), WORKERS, { launcher: ['setsid'] });
    await untilWhole(gateway, WORKERS);
    const all = await workersOf(gateway);
    const clients = await visitors(gateway.port, 20);
    const answers = askAll(clients, 1);
    await until(() => origin.now === 20, 'all requests are in flight');
    process.kill(-gateway.pid, 'SIGINT');
    expect(await answers).toEqual(new Map([[200, 20]]));
    expect(await gateway.exited).toBe(0);
    await untilGone(all, 'all processes have ended');
    close(clients);
  });

  test('twice end at once', async () => {
    using origin = new CountingOrigin('a', 60_000);
    await using gateway = await startFleet(yamlOf(origin), WORKERS);
    const all = await workersOf(gateway);
    const clients = await visitors(gateway.port, 10);
    const answers = askAll(clients, 1);
    await until(() => origin.now === 10, 'all requests are in flight');
    gateway.signal('SIGTERM');
    await until(() => gateway.errors.includes('shutting down'), 'it has heard');
    gateway.signal('SIGTERM');
    expect(await gateway.exited).toBe(0);
    expect(await answers).toEqual(new Map([[0, 10]]));
    await untilGone(all, 'all processes have ended');
    close(clients);
  });
});

describe.skipIf(process.platform !== 'linux')('a second gateway at the same address', () => {
  test('is refused with the name and the number of the process that has it', async () => {
    using origin = new CountingOrigin('a', 0);
    await using gateway = await startFleet(yamlOf(origin), 2);
    const file = join(tmpdir(), `keystone-test-${process.pid}.yaml`);
    await writeFile(file, yamlOf(origin, 'admin: { address: "127.0.0.1:0" }\n'));
    for (const workers of ['1', '2']) {
      const words = ['run', '--config', file, '--addr', `127.0.0.1:${gateway.port}`, '--workers', workers];
      const { code, errors } = await keystone(words);
      expect(code).toBe(1);
      expect(errors).toContain(`keystone (process ${gateway.pid}) uses the port`);
    }
    await rm(file);
    const all = await visitors(gateway.port, 20);
    expect(await askAll(all, 1)).toEqual(new Map([[200, 20]]));
    close(all);
  });
});

describe.skipIf(process.platform !== 'linux')('a reload of several processes', () => {
  test('that one of them cannot carry out changes nothing in any', async () => {
    using origin = new CountingOrigin('a', 0);
    await using gateway = await startFleet(yamlOf(origin), WORKERS);
    await untilWhole(gateway, WORKERS);
    const serving = await servingOf(gateway);
    const port = freePort();
    await gateway.rewrite(
      `public_details: true
listeners: [{ address: "127.0.0.1:${port}" }]
tenants:
  - { name: main, path_prefix: "/main/", services: [{ name: only, url: "${origin.url}" }] }
`,
    );
    // It can be sent no socket: what it has open already are these and more.
    await limitDescriptors(serving[1] ?? 0, 4);
    gateway.signal('SIGHUP');
    await until(() => gateway.errors.includes('cannot be put in force'), 'it is refused');
    await limitDescriptors(serving[1] ?? 0, 1000);
    expect(gateway.errors).toContain(`no socket has been sent for 127.0.0.1:${port}`);
    expect(reloads(gateway)).toBe(0);
    await until(async () => !(await accepts(port)), 'nobody accepts there any more');
    expect(await servingOf(gateway)).toEqual(serving);
    const all = await visitors(gateway.port, 30);
    expect(await askAll(all, 2)).toEqual(new Map([[200, 60]]));
    gateway.signal('SIGHUP');
    await until(() => reloads(gateway) === 1, 'it is in force');
    expect(await askAll(all, 1)).toEqual(new Map([[404, 30]]));
    const next = await visitors(port, 30);
    expect(await askAll(next, 2, '/main/')).toEqual(new Map([[200, 60]]));
    expect(await servingOf(gateway)).toEqual(serving);
    close([...all, ...next]);
  });

  test('while they are killed ends with all of them at the new plan', async () => {
    using origin = new CountingOrigin('a', 0);
    const yaml = (round: number): string =>
      yamlOf(origin, `supervise: { max_deaths: 1000 }\ntimeouts: { keep_alive: ${60 + round}s }\n`);
    await using gateway = await startFleet(yaml(0), WORKERS);
    await untilWhole(gateway, WORKERS);
    for (let round = 1; round <= 6; round++) {
      await gateway.rewrite(round < 6 ? yaml(round) : yaml(round).replace('path_prefix: "/"', 'path_prefix: "/new/"'));
      const [victim = 0] = await servingOf(gateway);
      gateway.signal('SIGHUP');
      process.kill(victim, 'SIGKILL');
      await until(() => reloads(gateway) === round, 'it is in force');
    }
    await untilWhole(gateway, WORKERS);
    const all = await visitors(gateway.port, 30);
    expect(await askAll(all, 1, '/new/x')).toEqual(new Map([[200, 30]]));
    expect(await askAll(all, 1, '/old')).toEqual(new Map([[404, 30]]));
    expect(await detailsOf(gateway, 'worker_hung')).toEqual([]);
    close(all);
  });
});
