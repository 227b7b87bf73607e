// keystone check --against running: what a reload would change, before it is asked for.
import { expect, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GatewayProcess, keystone, forTests } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { until } from '../support/until.ts';

const SECRET = 'a-secret-that-nobody-is-shown';

function yaml({ url }: Origin, shopPath: string, more = ''): string {
  const services = `services: [{ name: one, url: "${url}" }]`;
  return `tenants:\n  - { name: shop, path_prefix: ${shopPath}, ${services}${more} }\n  - { name: rest, path_prefix: /, ${services} }\n`;
}

type Recent = {
  requests: { method: string; host: string; path: string; tenant: string | null; listener: string | null }[];
};

async function recentOf(gateway: GatewayProcess): Promise<Recent['requests']> {
  return ((await (await fetch(`${gateway.admin}/recent`)).json()) as Recent).requests;
}

/** Asks until the request is in the sample, which is taken by time. */
async function askUntilSampled(gateway: GatewayProcess, path: string): Promise<void> {
  await until(async () => {
    await fetch(gateway.url + path);
    return (await recentOf(gateway)).some((one) => path.startsWith(one.path));
  }, `${path} is in the sample`);
}

test.each(['1', '2'])(
  'says what would change, and which recent requests would go elsewhere, with %s workers',
  async (workers) => {
    using a = new Origin('a');
    const launcher = ['sh', '-c', `exec "$@" --workers ${workers}`, 'sh'];
    await using gateway = await GatewayProcess.start(yaml(a, '/shop/'), {}, 0, launcher);
    await askUntilSampled(gateway, '/shop/cart?token=of-a-client');
    await askUntilSampled(gateway, '/news');
    const recent = await recentOf(gateway);
    expect(recent).toContainEqual({
      method: 'GET',
      host: `127.0.0.1:${gateway.port}`,
      path: '/shop/cart',
      tenant: 'shop',
      listener: null,
    });
    expect(JSON.stringify(recent)).not.toContain('of-a-client');
    const next = join(gateway.directory, 'next.yaml');
    const check = async (text: string, ...words: string[]) => {
      writeFileSync(next, forTests(text));
      return keystone(['check', '--against', 'running', '--config', next, '--url', gateway.admin, ...words]);
    };
    const same = await check(yaml(a, '/shop/'));
    expect(same.out).toStartWith('a reload would change nothing\n');
    expect(same.out).toMatch(/of the \d+ latest requests that were sampled, 0 \(0%\) would be routed differently/);
    const other = await check(
      `limits: { connections: 5000 }\n${yaml(a, '/store/', `, affinity: { secret: ${SECRET} }, retry: { attempts: 4 }`)}`,
    );
    expect(other.code).toBe(0);
    expect(other.out).toContain('  limits.connections 10000 → 5000\n');
    expect(other.out).toContain('  shop path_prefix + /store/, - /shop/\n');
    expect(other.out).toContain('  shop affinity.secret none → ***\n');
    expect(other.out).toContain('  shop retry.attempts 2 → 4\n');
    expect(other.out).toMatch(/  GET 127\.0\.0\.1:\d+\/shop\/cart {2}shop → rest/);
    expect(other.out).not.toContain(SECRET);
    const json = JSON.parse((await check(yaml(a, '/store/'), '--json')).out) as Record<string, unknown>;
    expect(Object.keys(json)).toEqual(['changes', 'sampled', 'rerouted', 'examples']);
    // Nothing has been put in force by all this.
    expect((await check(yaml(a, '/shop/'))).out).toStartWith('a reload would change nothing\n');
  },
);

test('shows no secrets of what is in force', async () => {
  using a = new Origin('a');
  const text = yaml(a, '/shop/', `, affinity: { secret: ${SECRET} }`).replace('http://', `http://user:${SECRET}@`);
  const token = 'a-token-of-an-operator';
  await using gateway = await GatewayProcess.start(`${text}admin: { tokens: [${token}] }\n`);
  const headers = { Authorization: `Bearer ${token}` };
  for (const path of ['/plan', '/plan/shop']) {
    const response = await fetch(gateway.admin + path, { headers });
    const shown = await response.text();
    expect(response.status).toBe(200);
    expect(shown).not.toContain(SECRET);
    expect(shown).not.toContain(btoa(`user:${SECRET}`));
    expect(shown).not.toContain(token);
  }
  expect((await fetch(`${gateway.admin}/recent`)).status).toBe(401);
});

test('says what it cannot compare with', async () => {
  await using gateway = await GatewayProcess.start('tenants: []\n');
  const at = (url: string) => keystone(['check', '--against', 'running', '--config', gateway.file, '--url', url]);
  expect((await at('http://127.0.0.1:1')).errors).toContain('cannot reach the gateway at http://127.0.0.1:1');
  const wrong = await keystone(['check', '--against', 'yesterday', '--config', gateway.file]);
  expect([wrong.code, wrong.errors]).toEqual([2, expect.stringContaining('--against takes the word running')]);
});
