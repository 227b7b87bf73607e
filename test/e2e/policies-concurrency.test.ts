// How many requests are under way at a time, in all processes of a gateway.
import { describe, expect, test } from 'bun:test';
import { CountingOrigin } from '../support/counting-origin.ts';
import { connectionsOf, servingOf, startFleet, untilWhole } from '../support/fleet.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { guardedTenant } from '../support/guarded-tenant.ts';
import { Visitor, askAll, visitors } from '../support/many-requests.ts';
import { RawClient } from '../support/raw-client.ts';
import { until } from '../support/until.ts';
import { WebSocketClient } from '../support/web-socket-client.ts';
import { WebSocketOrigin } from '../support/web-socket-origin.ts';

/** Places that are left, as the gateway tells a client that asks; it takes one itself meanwhile. */
async function leftAt(port: number, path = '/'): Promise<number> {
  // Where a process has just been killed, connections may be refused.
  using visitor = await Visitor.open(port).catch(() => null);
  if (visitor === null) return -1;
  const { text } = await visitor.ask(path);
  return Number(/^RateLimit: "\w+";r=(\d+)/m.exec(text)?.[1] ?? -1);
}

function untilLeft(port: number, count: number): Promise<void> {
  return until(async () => (await leftAt(port, '/free')) === count, `${count} are left`);
}

function close(all: readonly Disposable[]): void {
  for (const one of all) one[Symbol.dispose]();
}

/** Answers nothing, but below /free. */
class SilentOrigin implements Disposable {
  /** Requests that wait. */
  readonly waiting = new Set<Request>();
  private readonly server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    idleTimeout: 0,
    fetch: (request) => {
      if (new URL(request.url).pathname.startsWith('/free')) return new Response('free');
      this.waiting.add(request);
      return new Promise<Response>((resolve) => {
        request.signal.addEventListener('abort', () => {
          this.waiting.delete(request);
          resolve(new Response('gone'));
        });
      });
    },
  });

  get url(): string {
    return `http://127.0.0.1:${this.server.port}`;
  }

  [Symbol.dispose](): void {
    void this.server.stop(true);
  }
}

describe('concurrency', () => {
  test('lets as many be under way as the limit says, and refuses the next, over all processes', async () => {
    using origin = new CountingOrigin('a', 300);
    await using gateway = await startFleet(guardedTenant(origin, ['concurrency: { limit: 100 }']), 2);
    await untilWhole(gateway, 2);
    const all = await visitors(gateway.port, 101);
    const statuses = (await Promise.all(all.map((visitor) => visitor.ask()))).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(100);
    expect(statuses.filter((status) => status === 429)).toHaveLength(1);
    expect(origin.mostAtOnce).toBe(100);
    close(all);
    await until(async () => (await leftAt(gateway.port)) === 99, 'all places are free again');
  });

  test('has the place back of a client that leaves before its answer, with its body half sent, or out of the line', async () => {
    using origin = new SilentOrigin();
    const limit = 'concurrency: { limit: 2, queue: 5, wait: 20s }';
    await using gateway = await GatewayProcess.start(guardedTenant(origin, [limit]));
    const asking = await RawClient.open(gateway.port);
    const sending = await RawClient.open(gateway.port);
    await asking.send('GET /wait HTTP/1.1\r\nHost: x\r\n\r\n');
    await sending.send('POST /wait HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf');
    await until(() => origin.waiting.size === 2, 'both are under way');
    const inLine = await Promise.all([1, 2].map(() => RawClient.open(gateway.port)));
    for (const client of inLine) await client.send('GET /free HTTP/1.1\r\nHost: x\r\n\r\n');
    using last = await Visitor.open(gateway.port);
    const answer = last.ask('/free');
    close(inLine);
    asking.reset();
    expect((await answer).status).toBe(200);
    sending.reset();
    await untilLeft(gateway.port, 1);
  });

  test('counts a WebSocket as long as it is open', async () => {
    using origin = new WebSocketOrigin();
    await using gateway = await GatewayProcess.start(guardedTenant(origin, ['concurrency: { limit: 1 }']));
    const socket = await WebSocketClient.open(gateway.url);
    expect((await fetch(gateway.url)).status).toBe(429);
    socket.send('hello');
    expect(await socket.message(0)).toBe('hello');
    socket.socket.close();
    await socket.closed();
    await until(async () => (await fetch(gateway.url)).status === 200, 'its place is free');
  });

  test.skipIf(process.platform !== 'linux')('has the places back of a process that is killed', async () => {
    using origin = new SilentOrigin();
    await using gateway = await startFleet(guardedTenant(origin, ['concurrency: { limit: 60 }']), 2);
    await untilWhole(gateway, 2);
    const serving = await servingOf(gateway);
    const all = await visitors(gateway.port, 50);
    for (const visitor of all) void visitor.ask('/wait');
    await until(() => origin.waiting.size === 50, 'all are under way');
    expect(await leftAt(gateway.port, '/free')).toBe(9);
    const counts = await connectionsOf(gateway.port, serving);
    const most = counts.indexOf(Math.max(...counts));
    const killed = performance.now();
    process.kill(serving[most] ?? 0, 'SIGKILL');
    await untilLeft(gateway.port, 9 + (counts[most] ?? 0));
    expect(performance.now() - killed).toBeLessThan(2000);
    close(all);
    await untilLeft(gateway.port, 59);
  });

  test('lets those in line in one after the other, in whichever process they wait', async () => {
    using origin = new CountingOrigin('a', 20);
    const limit = 'concurrency: { limit: 1, queue: 11, wait: 20s }';
    await using gateway = await startFleet(guardedTenant(origin, [limit]), 2);
    await untilWhole(gateway, 2);
    const all = await visitors(gateway.port, 12);
    expect(await askAll(all, 1)).toEqual(new Map([[200, 12]]));
    expect(origin.mostAtOnce).toBe(1);
    close(all);
  });

  test('refuses those in line when their time has passed', async () => {
    using origin = new SilentOrigin();
    const limit = 'concurrency: { limit: 1, queue: 1, wait: 300ms }';
    await using gateway = await GatewayProcess.start(guardedTenant(origin, [limit]));
    using first = await RawClient.open(gateway.port);
    await first.send('GET /wait HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(() => origin.waiting.size === 1, 'it is under way');
    const began = performance.now();
    const refused = await fetch(`${gateway.url}/free`);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
    expect(await refused.text()).toStartWith('429 concurrency-limited: Too many requests are under way');
    expect(performance.now() - began).toBeGreaterThan(290);
  });

  test('goes on with its counts after a reload, also with another limit', async () => {
    using origin = new SilentOrigin();
    const yaml = (limit: number, more = '') => guardedTenant(origin, [`concurrency: { limit: ${limit} }`], more);
    await using gateway = await GatewayProcess.start(yaml(3));
    const reload = async (text: string): Promise<void> => {
      await gateway.rewrite(text);
      expect((await fetch(`${gateway.admin}/reload`, { method: 'POST' })).status).toBe(200);
    };
    using first = await RawClient.open(gateway.port);
    await first.send('GET /wait HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(() => origin.waiting.size === 1, 'it is under way');
    await reload(
      yaml(3, '  - { name: other, domains: [other.test], services: [{ name: a, url: "http://127.0.0.1:1" }] }\n'),
    );
    expect(await leftAt(gateway.port, '/free')).toBe(1);
    await reload(yaml(5));
    expect(await leftAt(gateway.port, '/free')).toBe(3);
    await reload(yaml(1));
    expect((await fetch(`${gateway.url}/free`)).status).toBe(429);
    first.reset();
    await until(async () => (await fetch(`${gateway.url}/free`)).status === 200, 'it is free');
  });

  test('of one key has nothing to do with another', async () => {
    using origin = new SilentOrigin();
    const limit = 'concurrency: { limit: 1, key: "header:x-user" }';
    await using gateway = await GatewayProcess.start(guardedTenant(origin, [limit]));
    using first = await RawClient.open(gateway.port);
    await first.send('GET /wait HTTP/1.1\r\nHost: x\r\nX-User: a\r\n\r\n');
    await until(() => origin.waiting.size === 1, 'it is under way');
    const ask = async (user: string): Promise<number> =>
      (await fetch(`${gateway.url}/free`, { headers: { 'X-User': user } })).status;
    expect([await ask('a'), await ask('b')]).toEqual([429, 200]);
  });
});
