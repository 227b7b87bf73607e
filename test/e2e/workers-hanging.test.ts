// Processes that serve and do not move any more: others serve their clients, and they are ended.
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'bun:test';
import { seeProcess } from '../../src/supervise/hang.ts';
import { CountingOrigin } from '../support/counting-origin.ts';
import { connectionsOf, detailsOf, servingOf, startFleet, untilGone, untilWhole, workersOf } from '../support/fleet.ts';
import { keystone } from '../support/gateway-process.ts';
import { type Visitor, askAll, visitors } from '../support/many-requests.ts';
import { childrenOf } from '../support/processes.ts';
import { until, untilItRests } from '../support/until.ts';

function yamlOf({ url }: Pick<CountingOrigin, 'url'>, supervise: string): string {
  return `supervise: ${supervise}\ntenants: [{ name: main, path_prefix: "/", services: [{ name: only, url: "${url}" }] }]\n`;
}

function close(all: readonly Visitor[]): void {
  for (const visitor of all) visitor[Symbol.dispose]();
}

describe.skipIf(process.platform !== 'linux')('a process that serves and does not move any more', () => {
  test('has its new clients served by another one, and is ended after some time', async () => {
    using origin = new CountingOrigin('a', 0);
    await using gateway = await startFleet(yamlOf(origin, '{ hang: 2s }'), 2);
    await untilWhole(gateway, 2);
    const before = await visitors(gateway.port, 20);
    await askAll(before, 1);
    const [victim = 0] = await servingOf(gateway);
    const [lost = 0] = await connectionsOf(gateway.port, [victim]);
    process.kill(victim, 'SIGSTOP');
    const next = await visitors(gateway.port, 40);
    expect(await askAll(next, 1)).toEqual(new Map([[200, 40]]));
    // None of them had to wait for its end.
    expect(await detailsOf(gateway, 'worker_hung')).toEqual([]);
    await untilGone([victim], 'it is ended');
    const [hung = ''] = await detailsOf(gateway, 'worker_hung');
    expect(hung).toMatch(
      new RegExp(
        `^the worker of slot \\d \\(process ${victim}\\) has hung for 2\\S+s: it is stopped, 0% of a core in the last`,
      ),
    );
    await until(async () => (await detailsOf(gateway, 'worker_ended')).length > 0, 'its end is told');
    expect(await detailsOf(gateway, 'worker_ended')).toEqual([
      expect.stringMatching(/^the worker of slot \d \(process \d+\) ended with SIGKILL: it hung$/),
    ]);
    expect(gateway.errors).toContain('worker_hung');
    const counts = await askAll(before, 1);
    expect(counts.get(0)).toBe(lost);
    expect(counts.get(200)).toBe(20 - lost);
    await untilWhole(gateway, 2);
    expect(await askAll(next, 2)).toEqual(new Map([[200, 80]]));
    close([...before, ...next]);
  });

  test('and goes on in time keeps its clients, and the one that has helped is spare again', async () => {
    using origin = new CountingOrigin('a', 0);
    await using gateway = await startFleet(yamlOf(origin, '{ hang: 60s }'), 2);
    await untilWhole(gateway, 2);
    const before = await visitors(gateway.port, 20);
    await askAll(before, 1);
    const serving = await servingOf(gateway);
    const all = await workersOf(gateway);
    for (let round = 0; round < 2; round++) {
      const victim = serving[round] ?? 0;
      process.kill(victim, 'SIGSTOP');
      await until(async () => (await servingOf(gateway)).length === 3, 'the spare one helps');
      const next = await visitors(gateway.port, 20);
      expect(await askAll(next, 1)).toEqual(new Map([[200, 20]]));
      process.kill(victim, 'SIGCONT');
      await until(async () => (await servingOf(gateway)).length === 2, 'it helps no more');
      expect(await servingOf(gateway)).toEqual(serving);
      // Also on connections that the helper has accepted.
      expect(await askAll([...before, ...next], 1)).toEqual(new Map([[200, 40]]));
      close(next);
    }
    expect(await workersOf(gateway)).toEqual(all);
    expect(await detailsOf(gateway, 'worker_ended')).toEqual([]);
    close(before);
  });

  test('is helped by another one where the helper is killed', async () => {
    using origin = new CountingOrigin('a', 0);
    await using gateway = await startFleet(yamlOf(origin, '{ hang: 60s }'), 2);
    await untilWhole(gateway, 2);
    const serving = await servingOf(gateway);
    const [victim = 0] = serving;
    process.kill(victim, 'SIGSTOP');
    await until(async () => (await servingOf(gateway)).length === 3, 'the spare one helps');
    const [helper = 0] = (await servingOf(gateway)).filter((pid) => !serving.includes(pid));
    process.kill(helper, 'SIGKILL');
    await untilGone([helper], 'the helper has ended');
    await until(async () => (await servingOf(gateway)).length === 3, 'another one helps');
    process.kill(victim, 'SIGCONT');
    await until(async () => (await servingOf(gateway)).length === 2, 'it helps no more');
    expect(await servingOf(gateway)).toEqual(serving);
    await untilWhole(gateway, 2);
  });

  test('and is killed leaves its slot to the one that has helped', async () => {
    using origin = new CountingOrigin('a', 0);
    await using gateway = await startFleet(yamlOf(origin, '{ hang: 60s }'), 2);
    await untilWhole(gateway, 2);
    const [victim = 0] = await servingOf(gateway);
    process.kill(victim, 'SIGSTOP');
    await until(async () => (await servingOf(gateway)).length === 3, 'the spare one helps');
    process.kill(victim, 'SIGKILL');
    await untilGone([victim], 'it has ended');
    await until(async () => (await detailsOf(gateway, 'worker_replaced')).length > 0, 'its end is told');
    await untilWhole(gateway, 2);
    expect(await detailsOf(gateway, 'worker_replaced')).toEqual([
      expect.stringMatching(/^process \d+ serves slot \d$/),
    ]);
    const all = await visitors(gateway.port, 30);
    expect(await askAll(all, 2)).toEqual(new Map([[200, 60]]));
    close(all);
  });

  test('while it is spare is ended as well, and another one is spare', async () => {
    using origin = new CountingOrigin('a', 0);
    await using gateway = await startFleet(yamlOf(origin, '{ hang: 1s }'), 2);
    await untilWhole(gateway, 2);
    const serving = await servingOf(gateway);
    const [spare = 0] = (await workersOf(gateway)).filter((pid) => !serving.includes(pid));
    // One that is still loading has more time.
    await untilItRests(() => seeProcess(spare).cpu ?? 0, 'it is ready');
    process.kill(spare, 'SIGSTOP');
    await untilGone([spare], 'it is ended');
    await untilWhole(gateway, 2);
    expect(await detailsOf(gateway, 'worker_ended')).toEqual([
      `a spare worker (process ${spare}) ended with SIGKILL: it has not answered for 1s`,
    ]);
    // One that has helped is spare in another way.
    const [victim = 0] = serving;
    process.kill(victim, 'SIGSTOP');
    await until(async () => (await servingOf(gateway)).length === 3, 'the spare one helps');
    const [helper = 0] = (await servingOf(gateway)).filter((pid) => !serving.includes(pid));
    process.kill(victim, 'SIGCONT');
    await until(async () => (await servingOf(gateway)).length === 2, 'it helps no more');
    process.kill(helper, 'SIGSTOP');
    await untilGone([helper], 'it is ended');
    await untilWhole(gateway, 2);
    expect(await servingOf(gateway)).toEqual(serving);
  });

  test('while it starts is ended as well, and another one is started', async () => {
    using origin = new CountingOrigin('a', 0);
    await using gateway = await startFleet(yamlOf(origin, '{ hang: 1s }'), 2);
    await untilWhole(gateway, 2);
    const all = await childrenOf(gateway.pid);
    const serving = await servingOf(gateway);
    process.kill(all.find((pid) => !serving.includes(pid)) ?? 0, 'SIGKILL');
    let victim = 0;
    // One that is not yet a program of its own is still its parent to the system, which waits for it.
    await until(async () => {
      victim = (await childrenOf(gateway.pid)).find((pid) => !all.includes(pid)) ?? 0;
      const words = await readFile(`/proc/${victim}/cmdline`, 'latin1').catch(() => '');
      return words.split('\0').includes('worker');
    }, 'another one starts');
    process.kill(victim, 'SIGSTOP');
    expect((await keystone(['reload', '--url', gateway.admin])).code).toBe(0);
    await untilGone([victim], 'it is ended');
    await untilWhole(gateway, 2);
    expect((await detailsOf(gateway, 'worker_ended')).at(-1)).toMatch(/: it did nothing for 1s when it started$/);
  });
});
