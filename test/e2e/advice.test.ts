// A health page may say more than "well" and "not well".
import { expect, test } from 'bun:test';
import { backendOf, eventsOf, untilEligible } from '../support/admin.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { until } from '../support/until.ts';
import { pathTenant } from '../support/yaml.ts';

type Page = { status: number; headers: Record<string, string> };

function speaking(name: string, page: Page): Origin {
  return new Origin(name, (request) =>
    new URL(request.url).pathname === '/health'
      ? new Response('', { status: page.status, headers: page.headers })
      : Response.json({ origin: name }),
  );
}

test('a backend may ask for a part of its weight, and for none', async () => {
  const page: Page = { status: 200, headers: { 'x-keystone-weight': '50%' } };
  using a = speaking('a', page);
  using b = new Origin('b');
  const yaml = pathTenant('/', [a, b]).replace(`"${a.url}"`, `"${a.url}", weight: 2`);
  await using gateway = await GatewayProcess.start(yaml);
  await untilEligible(gateway, 2);
  for (let request = 0; request < 20; request++) await (await fetch(`${gateway.url}/x`)).text();
  expect([a.requests, b.requests]).toEqual([10, 10]);
  page.headers = { 'x-keystone-weight': '0%' };
  await untilEligible(gateway, 1);
  expect((await backendOf(gateway, 'a')).reason).toBe('no new requests: its health page asks for none');
  page.headers = {};
  await untilEligible(gateway, 2);
  expect(await backendOf(gateway, 'a')).toMatchObject({ weight: 2 });
  expect((await eventsOf(gateway)).map(({ kind }) => kind)).toEqual(['withdrawn', 'returned']);
});

test('a 404 means "drain me" where the check says so', async () => {
  const page: Page = { status: 200, headers: {} };
  using a = speaking('a', page);
  const check = '    health_check: { type: http, drain_on_404: true }\n';
  await using gateway = await GatewayProcess.start(pathTenant('/', [a], check));
  await untilEligible(gateway, 1);
  page.status = 404;
  await until(async () => (await eventsOf(gateway)).some(({ kind }) => kind === 'withdrawn'), 'it is withdrawn');
  expect(await backendOf(gateway, 'a')).toMatchObject({ health: 'healthy', eligible: false });
});

test('a backend that asks for a pause by Retry-After is not asked before it is over', async () => {
  const probes = { a: 0, b: 0 };
  const failing = (name: 'a' | 'b', headers: Record<string, string>): Origin =>
    new Origin(name, () => {
      probes[name]++;
      return new Response('', { status: 503, headers });
    });
  using a = failing('a', { 'retry-after': '60' });
  using b = failing('b', {});
  const fast = '    health_check: { type: http, fast_interval: 50ms }\n';
  await using gateway = await GatewayProcess.start(pathTenant('/', [a, b], fast));
  await until(async () => (await backendOf(gateway, 'a')).health === 'unhealthy', 'it is unhealthy');
  await until(() => probes.b >= 6, 'the other one has been asked again and again');
  expect(probes.a).toBe(1);
});

test('a pause does not keep a failing backend in', async () => {
  const page: Page = { status: 200, headers: {} };
  using a = speaking('a', page);
  using b = new Origin('b');
  await using gateway = await GatewayProcess.start(pathTenant('/', [a, b]));
  await untilEligible(gateway, 2);
  page.status = 503;
  page.headers = { 'retry-after': '60' };
  await until(async () => (await backendOf(gateway, 'a')).health === 'unhealthy', 'it is unhealthy');
});

test('a backend that is withdrawn and dies does not come back for it', async () => {
  const page: Page = { status: 200, headers: { 'x-keystone-weight': '0%' } };
  using a = speaking('a', page);
  using b = new Origin('b');
  await using gateway = await GatewayProcess.start(pathTenant('/', [a, b]));
  await untilEligible(gateway, 1);
  await a.stop();
  await until(async () => (await backendOf(gateway, 'a')).health === 'unhealthy', 'it is unhealthy');
  expect((await eventsOf(gateway)).map(({ kind }) => kind)).toEqual(['withdrawn', 'unhealthy']);
});
