// The busiest tenants, paths and clients, with the real program and two processes that serve.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { GatewayProcess, keystone } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { until } from '../support/until.ts';

type Busy = { readonly requests: number; readonly at_least: number; readonly at_most: number };
type Top = {
  readonly seconds: number;
  readonly requests: number;
  readonly tenants: readonly (Busy & { readonly tenant: string })[];
  readonly paths: readonly (Busy & { readonly tenant: string | null; readonly path: string })[];
  readonly clients: readonly (Busy & { readonly client: string })[];
};

const CHIEF = 'the-token-of-the-chief';
const SHOP = 'the-token-of-the-shop';

let origin: Origin;
let gateway: GatewayProcess;

beforeAll(async () => {
  origin = new Origin('a');
  const services = `services: [{ name: a, url: "${origin.url}" }]`;
  gateway = await GatewayProcess.start(
    `admin: { tokens: [{ name: chief, token: ${CHIEF}, scope: read }, { name: shop, token: ${SHOP}, scope: read, tenants: [shop] }] }
tenants:
  - { name: shop, path_prefix: /shop/, ${services} }
  - { name: blog, path_prefix: /blog/, ${services} }
`,
    { KEYSTONE_TEST_WORKERS: '2' },
  );
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  origin[Symbol.dispose]();
});

function ask(query: string, token = CHIEF): Promise<Response> {
  return fetch(`${gateway.admin}/top${query}`, { headers: { authorization: `Bearer ${token}` } });
}

async function top(query = '', token = CHIEF): Promise<Top> {
  const response = await ask(query, token);
  expect(response.status).toBe(200);
  return (await response.json()) as Top;
}

// Each by a connection of its own, so that both processes serve.
async function serve(path: string, count: number): Promise<void> {
  for (let request = 0; request < count; request++)
    expect((await fetch(`${gateway.url}${path}`, { keepalive: false })).status).toBe(200);
}

function exactly(requests: number): Busy {
  return { requests, at_least: requests, at_most: requests };
}

test('are counted exactly over two processes while few are told apart, from the first question on', async () => {
  await serve('/shop/before', 5);
  const [first] = await Promise.all([top(), top('?tenant=shop')]);
  expect(first.requests).toBe(0);
  await serve('/shop/cart?token=secret', 30);
  await serve('/blog/', 12);
  await serve('/shop/', 7);
  await until(async () => (await top()).requests === 49, 'all are counted');
  const all = await top();
  expect(all.tenants).toEqual([
    { tenant: 'shop', ...exactly(37) },
    { tenant: 'blog', ...exactly(12) },
  ]);
  expect(all.paths).toEqual([
    { tenant: 'shop', path: '/shop/cart', ...exactly(30) },
    { tenant: 'blog', path: '/blog/', ...exactly(12) },
    { tenant: 'shop', path: '/shop/', ...exactly(7) },
  ]);
  expect(all.clients).toEqual([{ client: '127.0.0.1', ...exactly(49) }]);
  expect(all.seconds).toBeGreaterThan(1);
  expect((await top('?limit=1')).paths).toHaveLength(1);
  const shop = await top('?tenant=shop');
  expect([shop.requests, shop.tenants, shop.paths.map(({ path }) => path)]).toEqual([37, [], ['/shop/cart', '/shop/']]);
});

test('are shown to a token for certain tenants of these alone', async () => {
  expect((await ask('', SHOP)).status).toBe(403);
  expect((await ask('?tenant=blog', SHOP)).status).toBe(403);
  const shop = await top('?tenant=shop', SHOP);
  expect(JSON.stringify(shop)).not.toContain('blog');
  expect((await ask('?tenant=nobody')).status).toBe(404);
  for (const limit of ['0', '101', 'x']) expect((await ask(`?limit=${limit}`)).status).toBe(400);
});

test('are shown by keystone top, without what clients hide in queries', async () => {
  await top();
  await serve('/shop/cart?token=secret', 20);
  await until(async () => (await top()).paths.some(({ path }) => path === '/shop/cart'), 'it is counted');
  const words = ['top', '--url', gateway.admin];
  const env = { KEYSTONE_ADMIN_TOKEN: CHIEF };
  const { code, out } = await keystone(words, { env });
  expect(code).toBe(0);
  expect(out).toMatch(/BUSIEST PATHS, LAST \d+ S +REQ\/S\nshop \/shop\/cart/);
  expect(out).toMatch(/BUSIEST CLIENTS, LAST \d+ S +REQ\/S\n127\.0\.0\.1 /);
  expect(out).not.toContain('secret');
  const alone = await keystone([...words, '--tenant', 'shop', '--json'], { env });
  expect(JSON.parse(alone.out)).toMatchObject({ busiest: { tenants: [], clients: [{ client: '127.0.0.1' }] } });
  expect((await keystone([...words, '--tenant', 'nobody'], { env })).code).not.toBe(0);
});
