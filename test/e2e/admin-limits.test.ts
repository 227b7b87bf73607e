// What the admin API tells of limits and of the health of one tenant, by real requests.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { z } from 'zod';
import type { limitsAnswer } from '../../src/admin/shapes/limits.ts';
import type { tenantHealthAnswer } from '../../src/admin/shapes/tenant.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { until } from '../support/until.ts';

const CHIEF = 'the-token-of-the-chief';
const SHOP = 'the-token-of-the-shop';

let letGo: () => void;
let slow: Origin;
let quick: Origin;
let gateway: GatewayProcess;

beforeAll(async () => {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  letGo = () => resolve(undefined);
  slow = new Origin('slow', async () => {
    await promise;
    return new Response('done');
  });
  quick = new Origin('quick');
  gateway = await GatewayProcess.start(`admin:
  address: "127.0.0.1:0"
  tokens: [{ name: chief, token: ${CHIEF} }, { name: shop, token: ${SHOP}, tenants: [shop] }]
limits: { connections: 77 }
tenants:
  - name: other
    path_prefix: /other/
    health_interval: 1
    services: [{ name: q, url: "${quick.url}", health: /health }]
  - name: shop
    path_prefix: /
    limits: { requests_in_flight: 2 }
    services: [{ name: s, url: "${slow.url}" }]
`);
});

afterAll(async () => {
  letGo();
  await gateway[Symbol.asyncDispose]();
  slow[Symbol.dispose]();
  quick[Symbol.dispose]();
});

async function ask(path: string, token = CHIEF): Promise<Response> {
  return await fetch(gateway.admin + path, { headers: { authorization: `Bearer ${token}` } });
}

async function limits(query = '', token = CHIEF): Promise<z.output<typeof limitsAnswer>> {
  return (await (await ask(`/limits${query}`, token)).json()) as z.output<typeof limitsAnswer>;
}

test('what is used of a limit, what was refused, and when, is told to those who may know', async () => {
  const held = [fetch(gateway.url), fetch(gateway.url)];
  await until(() => slow.requests === 2, 'both are at the backend');
  for (let n = 0; n < 3; n++) expect((await fetch(gateway.url)).status).toBe(503);
  await until(async () => (await limits()).tenants[0]?.limits.refused === 3, 'all are counted');
  const seen = await limits();
  expect(seen.tenants.map(({ tenant }) => tenant)).toEqual(['shop', 'other']);
  expect(seen.tenants[0]).toMatchObject({
    limits: { requests_in_flight: { limit: 2, used: 2 }, request_rate: { limit: null } },
  });
  expect(seen.lately).toEqual([
    { at: expect.any(String), tenant: 'shop', detail: expect.stringContaining('limits.requests_in_flight') },
  ]);
  const connections = seen.gateway?.find(
    ({ setting, of }) => setting === 'limits.connections' && of?.endsWith(`:${gateway.port}`),
  );
  expect(connections).toMatchObject({ limit: 77, refused: 0 });
  expect(connections?.used).toBeGreaterThanOrEqual(2);
  expect(seen.gateway?.filter(({ setting }) => setting === 'limits.memory')).not.toBeEmpty();
  const own = await limits('', SHOP);
  expect([own.gateway, own.total, own.tenants.map(({ tenant }) => tenant)]).toEqual([null, 1, ['shop']]);
  expect((await limits('?tenant=other', SHOP)).total).toBe(0);
  const paged = await limits('?page=2&limit=1');
  expect([paged.total, paged.tenants.map(({ tenant }) => tenant)]).toEqual([2, ['other']]);
  expect((await ask('/limits?limit=0')).status).toBe(400);
  letGo();
  for (const one of held) expect((await one).status).toBe(200);
  await until(
    async () => (await limits('?tenant=shop')).tenants[0]?.limits.requests_in_flight.used === 0,
    'all is free',
  );
});

test('the health of a tenant is 503 while nobody serves it', async () => {
  const health = async () => {
    const response = await ask('/tenants/other/health');
    return { status: response.status, told: (await response.json()) as z.output<typeof tenantHealthAnswer> };
  };
  await until(async () => (await health()).told.status === 'healthy', 'it is healthy');
  expect((await health()).status).toBe(200);
  await quick.stop();
  await until(async () => (await health()).status === 503, 'it is down');
  const { told } = await health();
  expect(told).toMatchObject({ tenant: 'other', status: 'unhealthy', healthy: 0, total: 1 });
  expect(told.backends[0]).toMatchObject({ name: 'q', eligible: false, reason: expect.stringContaining('unhealthy') });
  expect((await ask('/tenants/other/health', SHOP)).status).toBe(403);
  expect((await ask('/tenants/nobody/health')).status).toBe(404);
});
