// Processes that serve end before their time, and others take their places.
import { describe, expect, test } from 'bun:test';
import { tenantOf } from '../support/admin.ts';
import { CountingOrigin } from '../support/counting-origin.ts';
import { connectionsOf, detailsOf, servingOf, startFleet, untilGone, untilWhole, workersOf } from '../support/fleet.ts';
import { Crowd, type Visitor, askAll, visitors } from '../support/many-requests.ts';
import { isAlive } from '../support/processes.ts';
import { freePort } from '../support/ports.ts';
import { until } from '../support/until.ts';

const LONG = 120_000;
const WORKERS = 3;

function yamlOf({ url }: Pick<CountingOrigin, 'url'>, supervise = ''): string {
  return `${supervise}tenants: [{ name: main, path_prefix: "/", services: [{ name: only, url: "${url}" }] }]\n`;
}

function close(all: readonly Visitor[]): void {
  for (const visitor of all) visitor[Symbol.dispose]();
}

describe.skipIf(process.platform !== 'linux')('a process that serves and is killed', () => {
  test('takes its own connections with it and no others, and another one serves in its place', async () => {
    using origin = new CountingOrigin('a', 0);
    await using gateway = await startFleet(yamlOf(origin), WORKERS);
    await untilWhole(gateway, WORKERS);
    const all = await visitors(gateway.port, 40);
    await askAll(all, 1);
    const [victim = 0] = await servingOf(gateway);
    const [lost = 0] = await connectionsOf(gateway.port, [victim]);
    process.kill(victim, 'SIGKILL');
    const counts = await askAll(all, 20);
    expect(counts.get(0) ?? 0).toBe(lost);
    expect(counts.get(200)).toBe((40 - lost) * 20);
    await untilWhole(gateway, WORKERS);
    const next = await visitors(gateway.port, 40);
    expect(await askAll(next, 1)).toEqual(new Map([[200, 40]]));
    expect(await detailsOf(gateway, 'worker_ended')).toEqual([
      expect.stringMatching(new RegExp(`^the worker of slot \\d \\(process ${victim}\\) ended with SIGKILL$`)),
    ]);
    expect(await detailsOf(gateway, 'worker_replaced')).toEqual([
      expect.stringMatching(/^process \d+ serves slot \d$/),
    ]);
    close([...all, ...next]);
  });

  test(
    'a hundred times leaves nothing in flight',
    async () => {
      using origin = new CountingOrigin('a', 3);
      await using gateway = await startFleet(yamlOf(origin, 'supervise: { max_deaths: 1000 }\n'), WORKERS);
      const crowd = new Crowd(gateway.port, 12);
      const killed = new Set<number>();
      while (killed.size < 100) {
        const [victim] = (await servingOf(gateway)).filter((pid) => !killed.has(pid));
        if (victim === undefined) continue;
        process.kill(victim, 'SIGKILL');
        killed.add(victim);
        await untilGone([victim], 'it has ended');
      }
      await crowd.end();
      await untilWhole(gateway, WORKERS);
      await until(async () => (await tenantOf(gateway)).backends[0]?.in_flight === 0, 'nothing is in flight');
      expect(origin.now).toBe(0);
      const all = await visitors(gateway.port, 20);
      expect(await askAll(all, 5)).toEqual(new Map([[200, 100]]));
      close(all);
    },
    LONG,
  );

  test('again and again is replaced at once at first, and then after pauses that grow; others serve', async () => {
    using origin = new CountingOrigin('a', 0);
    await using gateway = await startFleet(yamlOf(origin, 'supervise: { max_deaths: 2 }\n'), WORKERS);
    for (let death = 0; death < 2; death++) {
      await untilWhole(gateway, WORKERS);
      const [victim = 0] = await servingOf(gateway);
      process.kill(victim, 'SIGKILL');
      await untilGone([victim], 'it has ended');
    }
    await untilWhole(gateway, WORKERS);
    expect(await detailsOf(gateway, 'worker_held_back')).toEqual([]);
    // The spare one takes the place of the first, and none follows for a second.
    const [one = 0, other = 0] = await servingOf(gateway);
    process.kill(one, 'SIGKILL');
    await until(async () => (await detailsOf(gateway, 'worker_held_back')).length === 1, 'starts are held back');
    process.kill(other, 'SIGKILL');
    await untilGone([one, other], 'they have ended');
    expect(await detailsOf(gateway, 'worker_held_back')).toEqual([expect.stringMatching(/starts in 1s$/)]);
    expect((await servingOf(gateway)).length).toBeGreaterThan(0);
    await untilWhole(gateway, WORKERS);
    const [third = 0] = await servingOf(gateway);
    process.kill(third, 'SIGKILL');
    await until(async () => (await detailsOf(gateway, 'worker_held_back')).length === 2, 'starts are held back');
    expect((await detailsOf(gateway, 'worker_held_back'))[1]).toMatch(/starts in 2s$/);
  });

  test('is replaced without a spare one as well', async () => {
    using origin = new CountingOrigin('a', 0);
    await using gateway = await startFleet(yamlOf(origin, 'supervise: { spare: false }\n'), 2);
    expect(await workersOf(gateway)).toHaveLength(2);
    const [victim = 0] = await servingOf(gateway);
    process.kill(victim, 'SIGKILL');
    await untilGone([victim], 'it has ended');
    await until(async () => (await servingOf(gateway)).length === 2, 'two serve again');
    expect(await workersOf(gateway)).toHaveLength(2);
  });

  test('while it is spare is replaced, and nobody notices', async () => {
    using origin = new CountingOrigin('a', 0);
    await using gateway = await startFleet(yamlOf(origin), 2);
    await untilWhole(gateway, 2);
    const serving = await servingOf(gateway);
    const [spare = 0] = (await workersOf(gateway)).filter((pid) => !serving.includes(pid));
    process.kill(spare, 'SIGKILL');
    await untilGone([spare], 'it has ended');
    await untilWhole(gateway, 2);
    expect(await servingOf(gateway)).toEqual(serving);
    expect(await detailsOf(gateway, 'worker_ended')).toEqual([`a spare worker (process ${spare}) ended with SIGKILL`]);
  });
});

describe.skipIf(process.platform !== 'linux')('a supervisor that is killed', () => {
  test(
    'leaves workers that finish what they have begun and end, and nothing that a new start trips over',
    async () => {
      using origin = new CountingOrigin('a', 1500);
      const port = freePort();
      await using gateway = await startFleet(yamlOf(origin), 3, { port });
      await until(async () => (await workersOf(gateway)).length === 4, 'there is a spare one');
      const workers = await workersOf(gateway);
      const all = await visitors(port, 20);
      const answers = askAll(all, 1);
      await until(() => origin.now === 20, 'all requests are in flight');
      gateway.signal('SIGKILL');
      expect(await answers).toEqual(new Map([[200, 20]]));
      await untilGone(workers, 'all workers have ended');
      origin.delay = 0;
      await using again = await startFleet(yamlOf(origin), 3, { port });
      const next = await visitors(again.port, 20);
      expect(await askAll(next, 2)).toEqual(new Map([[200, 40]]));
      close([...all, ...next]);
    },
    LONG,
  );

  test(
    'can be started again while its workers still serve',
    async () => {
      using origin = new CountingOrigin('a', 3000);
      const port = freePort();
      await using gateway = await startFleet(yamlOf(origin), 2, { port });
      const workers = await servingOf(gateway);
      const all = await visitors(port, 10);
      const answers = askAll(all, 1);
      await until(() => origin.now === 10, 'all requests are in flight');
      gateway.signal('SIGKILL');
      await gateway.exited;
      await using again = await startFleet(yamlOf(origin), 2, { port });
      expect((await Promise.all(workers.map(isAlive))).includes(true)).toBe(true);
      expect(await answers).toEqual(new Map([[200, 10]]));
      await untilGone(workers, 'the workers of the first have ended');
      expect(again.port).toBe(port);
      close(all);
    },
    LONG,
  );

  test('leaves nobody who keeps the address: neither one that is stopped, nor for `timeouts.shutdown_delay`', async () => {
    using origin = new CountingOrigin('a', 0);
    const port = freePort();
    const yaml = yamlOf(origin, 'timeouts: { shutdown_delay: 1m }\n');
    await using gateway = await startFleet(yaml, 2, { port });
    const workers = await servingOf(gateway);
    process.kill(workers[0] ?? 0, 'SIGSTOP');
    gateway.signal('SIGKILL');
    await gateway.exited;
    await using again = await startFleet(yaml, 2, { port });
    await untilGone(workers, 'the workers of the first have ended');
    const next = await visitors(again.port, 20);
    expect(await askAll(next, 2)).toEqual(new Map([[200, 40]]));
    close(next);
  });
});
