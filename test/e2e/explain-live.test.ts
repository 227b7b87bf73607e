// keystone explain --live: what the running gateway would do with a request, by what it knows at the moment.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { GatewayProcess, keystone } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { until } from '../support/until.ts';

let well: Origin;
let gateway: GatewayProcess;

beforeAll(async () => {
  well = new Origin('well');
  gateway = await GatewayProcess.start(`tenants:
  - name: shop
    domains: [shop.test]
    health_interval: 1
    services: [{ name: well, url: "${well.url}", health: / }, { name: gone, url: "http://127.0.0.1:1", health: / }]
`);
  await until(async () => (await live('GET', 'http://shop.test/')).out.includes('unhealthy'), 'one is out');
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  well[Symbol.dispose]();
});

function live(...words: readonly string[]): ReturnType<typeof keystone> {
  return keystone(['explain', '--live', '--url', gateway.admin, ...words]);
}

test('it says where a request would go now, by the verdicts and the orders of the moment', async () => {
  const { code, out } = await live('GET', 'http://shop.test/cart?page=2');
  expect(code).toBe(0);
  expect(out).toStartWith('GET http://shop.test/cart?page=2\n  tenant     shop: ');
  expect(out).toMatch(/→ well {2}http:\S+ {2}eligible; picked\n/);
  expect(out).toMatch(/ {2}gone {2}http:\/\/127\.0\.0\.1:1 {2}unhealthy for \S+: health check: connect-refused/);
  expect((await keystone(['disable', '--force', 'shop/well', '--url', gateway.admin])).code).toBe(0);
  const disabled = await live('GET', 'http://shop.test/cart');
  expect(disabled.out).toContain('answer     503: no backend is eligible\n');
  expect(disabled.out).toMatch(/ well {2}\S+ {2}disabled\b/);
  expect((await keystone(['enable', 'shop/well', '--url', gateway.admin])).code).toBe(0);
});

test('it says what the gateway would answer itself, and passes on fields', async () => {
  expect((await live('GET', 'http://nobody.test/')).out).toContain('answered by the gateway: 404 no-route: ');
  const field = ['-H', 'Max-Forwards: 0'];
  expect((await live(...field, 'OPTIONS', 'http://shop.test/')).out).toContain('Max-Forwards is 0');
  const { out } = await live('--json', 'GET', 'http://shop.test/');
  expect(JSON.parse(out)).toMatchObject({ kind: 'tenant', tenant: 'shop', backends: [{ name: 'well' }, {}] });
});

test('it refuses what it cannot ask, and says so where nothing answers', async () => {
  const refusal = async (...words: readonly string[]) => {
    const { code, errors } = await live(...words, 'GET', 'http://shop.test/');
    return [code, errors];
  };
  expect(await refusal('--listener', 'web')).toEqual([2, expect.stringContaining('--listener is for')]);
  expect(await refusal('-H', 'nothing')).toEqual([2, expect.stringContaining('"nothing" is no field')]);
  expect(await refusal('-H', 'A: 1', '-H', 'A: 2')).toEqual([2, expect.stringContaining('each field once')]);
  const nobody = await keystone(['explain', '--live', '--url', 'http://127.0.0.1:1', 'GET', 'http://shop.test/']);
  expect(nobody).toMatchObject({ code: 1, errors: expect.stringContaining('nothing listens there') });
});
