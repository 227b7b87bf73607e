// What operators decide at run time.
import { describe, expect, test } from 'bun:test';
import { backendOf, command, eventsOf, tenantOf, untilEligible } from '../support/admin.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { RawClient } from '../support/raw-client.ts';
import { until } from '../support/until.ts';
import { pathTenant } from '../support/yaml.ts';

async function names(gateway: GatewayProcess, count = 12): Promise<string[]> {
  const bodies = await Promise.all(Array.from({ length: count }, async () => (await fetch(`${gateway.url}/x`)).json()));
  return [...new Set(bodies.map((body) => (body as { origin: string }).origin))].toSorted();
}

/** Answers `/slow` when it is told to. */
class SlowOrigin {
  readonly asked = Promise.withResolvers<undefined>();
  readonly go = Promise.withResolvers<undefined>();
  readonly origin: Origin;

  constructor(name: string) {
    this.origin = new Origin(name, async (request) => {
      if (new URL(request.url).pathname !== '/slow') return Response.json({ origin: name });
      this.asked.resolve(undefined);
      await this.go.promise;
      return new Response('whole');
    });
  }

  [Symbol.dispose](): void {
    this.go.resolve(undefined);
    this.origin[Symbol.dispose]();
  }
}

describe('a backend that is drained', () => {
  test('finishes what it has begun, takes nothing new, and says when it is empty', async () => {
    using slow = new SlowOrigin('a');
    await using gateway = await GatewayProcess.start(pathTenant('/', [slow.origin]));
    await untilEligible(gateway, 1);
    const pending = fetch(`${gateway.url}/slow`);
    await slow.asked.promise;
    expect(await command(gateway, 'a', 'drain')).toMatchObject({
      state: 'draining',
      admission: 'draining',
      eligible: false,
      reason: 'draining: 1 request left',
      in_flight: 1,
    });
    const refused = await fetch(`${gateway.url}/x`);
    expect([refused.status, await refused.text()]).toEqual([
      503,
      expect.stringContaining('a draining: 1 request left'),
    ]);
    slow.go.resolve(undefined);
    expect(await (await pending).text()).toBe('whole');
    await until(async () => (await eventsOf(gateway)).some(({ kind }) => kind === 'drained'), 'it is drained');
    expect((await backendOf(gateway, 'a')).state).toBe('drained');
    await command(gateway, 'a', 'enable');
    expect((await fetch(`${gateway.url}/x`)).status).toBe(200);
    expect((await eventsOf(gateway)).map(({ kind }) => kind)).toEqual([
      'draining',
      'tenant_down',
      'drained',
      'tenant_up',
      'enabled',
    ]);
  });

  test('is cut at the deadline, and what may be repeated goes elsewhere', async () => {
    using slow = new SlowOrigin('a');
    using b = new Origin('b');
    await using gateway = await GatewayProcess.start(pathTenant('/', [slow.origin, b], '    balance: first\n'));
    await untilEligible(gateway, 2);
    const read = fetch(`${gateway.url}/slow`);
    await slow.asked.promise;
    const written = fetch(`${gateway.url}/slow`, { method: 'POST', body: 'x' });
    await until(async () => (await backendOf(gateway, 'a')).in_flight === 2, 'both are under way');
    await command(gateway, 'a', 'drain?deadline=200ms');
    expect(await (await read).json()).toMatchObject({ origin: 'b', method: 'GET' });
    expect((await written).status).toBe(503);
    expect((await eventsOf(gateway)).map(({ kind }) => kind)).toEqual(['draining', 'cut', 'drained']);
  });

  test('is not cut at once where its deadline is further away than a timer can tell', async () => {
    using a = new Origin('a');
    await using gateway = await GatewayProcess.start(pathTenant('/', [a]));
    const far = await fetch(`${gateway.admin}/backends/main/a/drain?deadline=30d`, { method: 'POST' });
    expect([far.status, await far.json()]).toMatchObject([400, { expected: expect.stringContaining('at most 24d') }]);
  });

  test('stays so over a reload that changes its address', async () => {
    using a = new Origin('a');
    using b = new Origin('b');
    using other = new Origin('a');
    await using gateway = await GatewayProcess.start(pathTenant('/', [a, b]));
    await untilEligible(gateway, 2);
    await command(gateway, 'a', 'drain');
    await gateway.rewrite(pathTenant('/', [other, b]));
    gateway.signal('SIGHUP');
    await until(async () => (await backendOf(gateway, 'a')).url === other.url, 'it is reloaded');
    expect(await backendOf(gateway, 'a')).toMatchObject({ admission: 'draining', eligible: false });
    expect(await names(gateway)).toEqual(['b']);
  });
});

test('a backend that is disabled gets nothing, and says so, until it is enabled', async () => {
  using a = new Origin('a');
  using b = new Origin('b');
  await using gateway = await GatewayProcess.start(pathTenant('/', [a, b]));
  await untilEligible(gateway, 2);
  const { reason } = await command(gateway, 'b', 'disable');
  expect(reason).toMatch(/^disabled by an operator \d+ms ago$/);
  expect(await names(gateway)).toEqual(['a']);
  await command(gateway, 'b', 'enable');
  expect(await names(gateway)).toEqual(['a', 'b']);
});

test('a weight changes the shares at once, and 0 takes all', async () => {
  using a = new Origin('a');
  using b = new Origin('b');
  await using gateway = await GatewayProcess.start(pathTenant('/', [a, b]));
  await untilEligible(gateway, 2);
  await command(gateway, 'a', 'weight?weight=3');
  for (let request = 0; request < 40; request++) await (await fetch(`${gateway.url}/x`)).text();
  expect([a.requests, b.requests]).toEqual([30, 10]);
  expect(await command(gateway, 'a', 'weight?weight=0')).toMatchObject({
    reason: 'no new requests: an operator has set its weight to 0',
  });
  expect(await names(gateway)).toEqual(['b']);
  expect(await command(gateway, 'a', 'weight?weight=configured')).toMatchObject({ eligible: true, weight: 1 });
});

test('a follower of events hears of the next one as it happens', async () => {
  using a = new Origin('a');
  using b = new Origin('b');
  await using gateway = await GatewayProcess.start(pathTenant('/', [a, b]));
  await untilEligible(gateway, 2);
  const next = fetch(`${gateway.admin}/events?after=0&wait=20`);
  await command(gateway, 'a', 'disable');
  expect(await (await next).json()).toMatchObject({
    started: expect.stringMatching(/^\d{4}-.*Z$/),
    latest: 1,
    events: [{ number: 1, tenant: 'main', backend: 'a', kind: 'disabled' }],
  });
  // The number is from before a restart of the gateway: it must answer at once, and not wait for a later one.
  const anew = await fetch(`${gateway.admin}/events?after=900&wait=20`);
  expect(await anew.json()).toMatchObject({ latest: 1, events: [{ number: 1 }] });
});

test('whoever asks for the next event while the gateway ends does not keep it', async () => {
  using a = new Origin('a');
  await using gateway = await GatewayProcess.start(`timeouts: { shutdown: 60s }\n${pathTenant('/', [a])}`);
  await untilEligible(gateway, 1);
  const latest = (await eventsOf(gateway)).at(-1)?.number ?? 0;
  using client = await RawClient.open(gateway.adminPort);
  await client.send(`GET /admin/events?after=${latest}&wait=50 HTTP/1.1\r\nHost: localhost\r\n`);
  await eventsOf(gateway); // by now the first half has been read
  gateway.signal('SIGTERM');
  await until(() => gateway.errors.includes('shutting down'), 'it is about to end');
  await client.send('\r\n');
  expect(await gateway.exited).toBe(0);
  expect(client.received).toContain('"events":[]');
});

test('the history of a backend has its probes and changes, with the evidence', async () => {
  let status = 200;
  using a = new Origin('a', (request) =>
    new URL(request.url).pathname === '/health' ? new Response('state', { status }) : new Response('x'),
  );
  await using gateway = await GatewayProcess.start(pathTenant('/', [a]));
  await untilEligible(gateway, 1);
  status = 503;
  await until(async () => (await backendOf(gateway, 'a')).health === 'unhealthy', 'it is unhealthy');
  const { probes, changes } = await backendOf(gateway, 'a');
  expect(probes.length).toBeGreaterThanOrEqual(4);
  expect(probes[0]).toMatchObject({ kind: 'http', passed: true, status: 200 });
  expect(probes.at(-1)).toMatchObject({ passed: false, status: 503, detail: 'status 503' });
  expect(changes).toMatchObject([{ kind: 'unhealthy', detail: expect.stringContaining('status 503') }]);
});

describe('a tenant', () => {
  test('that loses its last backend, or gets one back, is an event and a line of the log', async () => {
    let status = 200;
    using a = new Origin('a', () => new Response('x', { status }));
    await using gateway = await GatewayProcess.start(pathTenant('/', [a]));
    await untilEligible(gateway, 1);
    const kinds = async (): Promise<readonly string[]> => (await eventsOf(gateway)).map(({ kind }) => kind);
    expect(await kinds()).not.toContain('tenant_up');
    status = 503;
    await until(async () => (await kinds()).includes('tenant_down'), 'it is down');
    status = 200;
    await until(async () => (await kinds()).includes('tenant_up'), 'it is up');
    expect((await kinds()).filter((kind) => kind.startsWith('tenant'))).toEqual(['tenant_down', 'tenant_up']);
    expect(await eventsOf(gateway)).toContainEqual(
      expect.objectContaining({
        tenant: 'main',
        backend: null,
        kind: 'tenant_down',
        detail: expect.stringMatching(/^no backend serves: a unhealthy: health check: status 503/),
      }),
    );
    expect(gateway.errors).toMatch(/ error msg=tenant_down tenant=main evidence="no backend serves: a unhealthy/);
    expect(gateway.errors).toMatch(/ info msg=tenant_up tenant=main evidence="a serves again, after/);
  });

  test('that has never had one is down as soon as that is known', async () => {
    const closed = `tenants:\n  - name: main\n    path_prefix: "/"\n    health_check: { interval: 200ms, timeout: 100ms, fall: 1 }\n    services: [{ name: a, url: "http://127.0.0.1:1", health: / }, { name: b, url: "http://127.0.0.1:1", health: / }]\n`;
    await using gateway = await GatewayProcess.start(closed);
    await until(async () => (await eventsOf(gateway)).some(({ kind }) => kind === 'tenant_down'), 'it is down');
    expect((await eventsOf(gateway)).filter(({ kind }) => kind === 'tenant_down')).toHaveLength(1);
  });

  test('keeps its last eligible backend unless that is asked for in so many words', async () => {
    using a = new Origin('a');
    using b = new Origin('b');
    await using gateway = await GatewayProcess.start(pathTenant('/', [a, b]));
    await untilEligible(gateway, 2);
    await command(gateway, 'a', 'disable');
    const refused = await fetch(`${gateway.admin}/backends/main/b/disable`, { method: 'POST' });
    expect([refused.status, await refused.json()]).toMatchObject([
      409,
      {
        error: 'main/b is the last eligible backend of its tenant: all requests would be answered with 503',
        expected: 'force=true, if that is meant',
      },
    ]);
    expect(await names(gateway)).toEqual(['b']);
    expect(await command(gateway, 'b', 'weight?weight=0')).toMatchObject({
      warning: 'no backend of tenant main is eligible now',
    });
    await command(gateway, 'b', 'weight?weight=configured');
    expect(await command(gateway, 'b', 'disable?force=true')).toMatchObject({
      admission: 'disabled',
      warning: 'no backend of tenant main is eligible now',
    });
  });
});

test('a backend without a check is unchecked, then as its requests say', async () => {
  using a = new Origin('a');
  const unchecked = (url: string): string =>
    `tenants:\n  - name: main\n    path_prefix: "/"\n    services: [{ name: a, url: "${url}" }]\n`;
  await using gateway = await GatewayProcess.start(unchecked('http://127.0.0.1:1'));
  const state = async (): Promise<string> => (await backendOf(gateway, 'a')).state;
  expect(await state()).toBe('unchecked');
  expect((await fetch(`${gateway.url}/x`)).status).toBe(502);
  expect(await backendOf(gateway, 'a')).toMatchObject({ state: 'failing', health: 'unhealthy' });
  expect(await tenantOf(gateway)).toMatchObject({ status: 'unhealthy', healthy: 0, total: 1 });
  await gateway.rewrite(unchecked(a.url));
  gateway.signal('SIGHUP');
  await until(async () => (await state()) === 'unchecked', 'it is another one');
  expect(await names(gateway)).toEqual(['a']);
  expect(await tenantOf(gateway)).toMatchObject({ status: 'healthy', healthy: 1 });
  expect(await state()).toBe('healthy');
});
