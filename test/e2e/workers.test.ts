// Several processes serve as one gateway: what is promised of it holds for all of them together.
import { describe, expect, test } from 'bun:test';
import { eventsOf, tenantOf, untilEligible } from '../support/admin.ts';
import { CountingOrigin } from '../support/counting-origin.ts';
import { connectionsOf, detailsOf, servingOf, startFleet, untilWhole, workersOf } from '../support/fleet.ts';
import type { GatewayProcess } from '../support/gateway-process.ts';
import { Crowd, type Visitor, askAll, visitors } from '../support/many-requests.ts';
import { until } from '../support/until.ts';
import { WebSocketClient } from '../support/web-socket-client.ts';
import { WebSocketOrigin } from '../support/web-socket-origin.ts';

const WORKERS = 4;
const LONG = 120_000;

type Place = { readonly name: string; readonly url: string };

function tenant(origins: readonly Place[], settings: string, each = ''): string {
  const services = origins.map(({ name, url }) => `      - { name: ${name}, url: "${url}"${each} }\n`).join('');
  return `tenants:\n  - name: main\n    path_prefix: "/"\n${settings}    services:\n${services}`;
}

function close(all: readonly Visitor[]): void {
  for (const visitor of all) visitor[Symbol.dispose]();
}

/** Connections, at least one of them at every process that serves. */
async function visitorsOfAll(gateway: GatewayProcess, count = 24, more = ''): Promise<readonly Visitor[]> {
  const all: Visitor[] = [];
  const serving = await servingOf(gateway);
  await until(async () => {
    all.push(...(await visitors(gateway.port, count, more)));
    await askAll(all, 1);
    return (await connectionsOf(gateway.port, serving)).every((open) => open > 0);
  }, 'every process has a connection');
  return all;
}

async function inFlight(gateway: GatewayProcess): Promise<number> {
  return (await tenantOf(gateway)).backends.reduce((sum, backend) => sum + backend.in_flight, 0);
}

describe.skipIf(process.platform !== 'linux')('four processes that serve', () => {
  test(
    'give each of three backends a third of the requests',
    async () => {
      using a = new CountingOrigin('a', 0);
      using b = new CountingOrigin('b', 0);
      using c = new CountingOrigin('c', 0);
      await using gateway = await startFleet(tenant([a, b, c], ''), WORKERS);
      const all = await visitors(gateway.port, 60);
      expect(await askAll(all, 200)).toEqual(new Map([[200, 12_000]]));
      close(all);
      for (const { requests } of [a, b, c]) expect(Math.abs(requests - 4000)).toBeLessThanOrEqual(4);
      const { backends } = await tenantOf(gateway);
      expect(backends.map(({ requests }) => requests)).toEqual([a, b, c].map(({ requests }) => requests));
    },
    LONG,
  );

  test(
    'never have more requests at a backend than it may have, also when processes are killed',
    async () => {
      using a = new CountingOrigin('a', 4);
      using b = new CountingOrigin('b', 4);
      const limits =
        '    pool: { max_queue: 500 }\n    timeouts: { queue: 30s }\n    outlier_ejection: { enabled: false }\n';
      const yaml = `supervise: { max_deaths: 1000 }\n${tenant([a, b], limits, ', max_requests: 3')}`;
      await using gateway = await startFleet(yaml, WORKERS);
      const crowd = new Crowd(gateway.port, 40);
      for (let round = 0; round < 25; round++) {
        const [victim] = await servingOf(gateway);
        if (victim !== undefined) process.kill(victim, 'SIGKILL');
        await untilWhole(gateway, WORKERS);
      }
      const counts = await crowd.end();
      expect([a.mostAtOnce, b.mostAtOnce]).toEqual([3, 3]);
      // 0: the connections of those that were killed.
      expect([...counts.keys()].filter((status) => status !== 200 && status !== 0)).toEqual([]);
      expect(counts.get(200)).toBeGreaterThan(1000);
      await until(async () => (await inFlight(gateway)) === 0, 'nothing is in flight any more');
      expect([a.now, b.now]).toEqual([0, 0]);
    },
    LONG,
  );

  test(
    'try a backend that was ejected with one request, all together',
    async () => {
      using bad = new CountingOrigin('bad', 0);
      using good = new CountingOrigin('good', 0);
      const settings = '    outlier_ejection: { base_time: 2s }\n    retry: { attempts: 0 }\n';
      await using gateway = await startFleet(tenant([bad, good], settings), WORKERS);
      const all = await visitorsOfAll(gateway);
      bad.isBad = true;
      const ejected = async (): Promise<boolean> => (await eventsOf(gateway)).some(({ kind }) => kind === 'ejected');
      await until(async () => (await askAll(all, 1)) && (await ejected()), 'it is ejected');
      await until(() => bad.now === 0, 'it has nothing to do');
      const { requests } = bad;
      bad.isBad = false;
      bad.delay = 1000;
      bad.mostAtOnce = 0;
      // Each connection asks once, and its answer comes last: all processes have requests while it is tried.
      await until(async () => (await askAll(all, 1)) && bad.requests > requests, 'it is tried');
      expect(bad.mostAtOnce).toBe(1);
      expect(bad.requests).toBe(requests + 1);
      await until(async () => (await eventsOf(gateway)).some(({ kind }) => kind === 'readmitted'), 'it is back');
      close(all);
    },
    LONG,
  );

  test(
    'retry no more than the budget of the tenant allows, all together',
    async () => {
      using bad = new CountingOrigin('bad', 0);
      using good = new CountingOrigin('good', 0);
      bad.isBad = true;
      const settings =
        '    outlier_ejection: { enabled: false }\n    retry: { on: [500], budget: "10%", budget_per_second: 0 }\n';
      await using gateway = await startFleet(tenant([bad, good], settings), WORKERS);
      const all = await visitorsOfAll(gateway);
      await askAll(all, 60);
      const asksOf = (some: readonly Visitor[]): number => some.reduce((sum, { asked: count }) => sum + count, 0);
      const asked = bad.requests + good.requests;
      const retries = asked - asksOf(all);
      // Half of the requests fail, and would all be tried again.
      expect(retries).toBeGreaterThan(asksOf(all) * 0.05);
      expect(retries).toBeLessThan(asksOf(all) * 0.11);
      close(all);
    },
    LONG,
  );

  test('honour the affinity cookies of each other', async () => {
    using a = new CountingOrigin('a', 0);
    using b = new CountingOrigin('b', 0);
    using c = new CountingOrigin('c', 0);
    await using gateway = await startFleet(tenant([a, b, c], '    affinity: {}\n'), WORKERS);
    const [first] = await visitors(gateway.port, 1);
    const answer = await first?.ask();
    const cookie = /^set-cookie: ([^;]+)/im.exec(answer?.text ?? '')?.[1] ?? '';
    const origin = [a, b, c].find(({ requests }) => requests === 1);
    const all = await visitorsOfAll(gateway, 24, `Cookie: ${cookie}\r\n`);
    await askAll(all, 2);
    expect(cookie).not.toBe('');
    expect([a, b, c].filter(({ requests }) => requests > 0)).toEqual(origin === undefined ? [] : [origin]);
    close(all);
    first?.[Symbol.dispose]();
  });

  test('answer for the admin API on their listeners', async () => {
    using a = new CountingOrigin('a', 0);
    const admin =
      'admin: { address: "127.0.0.1:0", tokens: [{ name: ci, token: "0123456789abcdef0123456789abcdef" }] }\n';
    const yaml = `${admin}admin_base_path: /admin\n${tenant([a], '')}`;
    await using gateway = await startFleet(yaml, WORKERS);
    const all = await visitorsOfAll(gateway, 24, 'Authorization: Bearer 0123456789abcdef0123456789abcdef\r\n');
    const answers = await Promise.all(all.map((visitor) => visitor.ask('/admin/tenants')));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(answers.every(({ text }) => text.includes('"name":"main"'))).toBe(true);
    const strangers = await visitors(gateway.port, 24);
    expect([...(await askAll(strangers, 1, '/admin/tenants')).keys()]).toEqual([401]);
    close([...all, ...strangers]);
  });

  test('are all there when their gateway says that it listens', async () => {
    using a = new CountingOrigin('a', 0);
    await using gateway = await startFleet(tenant([a], ''), WORKERS);
    expect(await servingOf(gateway)).toHaveLength(WORKERS);
    await until(async () => (await workersOf(gateway)).length === WORKERS + 1, 'there is a spare one');
    await untilEligible(gateway, 1);
    expect(await detailsOf(gateway, 'worker_ended')).toEqual([]);
  });

  test('carry WebSockets that others know nothing of', async () => {
    using origin = new WebSocketOrigin();
    await using gateway = await startFleet(tenant([origin], ''), WORKERS);
    const clients = await Promise.all(Array.from({ length: 40 }, () => WebSocketClient.open(gateway.url)));
    const [victim = 0, ...others] = await servingOf(gateway);
    const [lost = 0] = await connectionsOf(gateway.port, [victim]);
    process.kill(victim, 'SIGKILL');
    await until(() => clients.filter(({ closing }) => closing !== null).length === lost, 'its own are closed');
    const open = clients.filter(({ closing }) => closing === null);
    expect(open).toHaveLength((await connectionsOf(gateway.port, others)).reduce((sum, count) => sum + count, 0));
    for (const client of open) client.send('still here');
    for (const client of open) expect(await client.message(0)).toBe('still here');
    for (const client of clients) client[Symbol.dispose]();
  });
});
