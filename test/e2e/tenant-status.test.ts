import { expect, test } from 'bun:test';
import { GatewayProcess } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';

test('one tenant is asked for alone, and has its routes', async () => {
  using origin = new Origin('a');
  const service = `services: [{ name: a, url: "${origin.url}" }]`;
  const routes =
    'routes: [{ name: pictures, match: { path_prefix: /pictures/ }, pool: slow }, { match: { path: /about, methods: [GET] }, pool: slow }]';
  await using gateway = await GatewayProcess.start(
    `tenants:\n  - { name: shop, domains: [shop.test], ${service}, pools: { slow: { ${service} } }, ${routes} }\n  - { name: other, domains: [other.test], ${service} }\n`,
  );
  const shop = await fetch(`${gateway.admin}/tenants/shop`);
  expect(shop.status).toBe(200);
  expect(await shop.json()).toMatchObject({
    name: 'shop',
    domains: ['shop.test'],
    backends: [{ name: 'a' }, { name: 'slow/a' }],
    routes: [
      { name: 'pictures', rule: 'path /pictures/', pool: 'slow' },
      { name: null, rule: 'exactly /about with GET', pool: 'slow' },
    ],
  });
  const nobody = await fetch(`${gateway.admin}/tenants/nobody`);
  expect(nobody.status).toBe(404);
  expect(await nobody.json()).toMatchObject({ error: 'no such tenant', tenants: ['shop', 'other'] });
});
