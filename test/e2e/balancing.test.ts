import { describe, expect, test } from 'bun:test';
import { balancers } from '../../src/balance/registry.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { until } from '../support/until.ts';
import { pathTenant } from '../support/yaml.ts';

const healthy = (gateway: GatewayProcess, count: string) => async (): Promise<boolean> =>
  (await (await fetch(`${gateway.admin}/health`)).text()).includes(`${count} healthy`);

async function servedBy(gateway: GatewayProcess, path = '/', headers: Record<string, string> = {}): Promise<string> {
  const response = await fetch(gateway.url + path, { headers });
  expect(response.status).toBe(200);
  return ((await response.json()) as { origin: string }).origin;
}

describe('a tenant balanced by', () => {
  test.each(balancers.map(({ type }) => type))(
    '%s serves every request, with one of its backends gone too',
    async (type) => {
      using a = new Origin('a');
      using b = new Origin('b');
      using c = new Origin('c');
      await using gateway = await GatewayProcess.start(pathTenant('/', [a, b, c], `    balance: ${type}\n`));
      await until(healthy(gateway, '3/3'), 'all are healthy');
      for (let n = 0; n < 30; n++) await servedBy(gateway, `/${n}`);
      await b.stop();
      const after = new Set<string>();
      for (let n = 0; n < 30; n++) after.add(await servedBy(gateway, `/${n}`));
      expect(after.has('b')).toBe(false);
    },
  );

  test.each<[string, (n: number) => [string, Record<string, string>]]>([
    ['header:x-user', (n: number) => ['/', { 'x-user': `u${n}` }]],
    ['cookie:session', (n: number) => ['/', { cookie: `a=b; session=s${n}` }]],
    ['query:id', (n: number) => [`/?x=1&id=${n}`, {}]],
    ['path', (n: number) => [`/p/${n}?x`, {}]],
  ])(
    'consistent_hash by %s keeps a key with its backend, and only the keys of one that goes move',
    async (key, ask) => {
      using a = new Origin('a');
      using b = new Origin('b');
      using c = new Origin('c');
      const balance = `    balance: { type: consistent_hash, key: "${key}" }\n`;
      await using gateway = await GatewayProcess.start(pathTenant('/', [a, b, c], balance));
      await until(healthy(gateway, '3/3'), 'all are healthy');
      const places = async (): Promise<string[]> => {
        const found: string[] = [];
        for (let n = 0; n < 24; n++) found.push(await servedBy(gateway, ...ask(n)));
        return found;
      };
      const before = await places();
      expect(new Set(before).size).toBeGreaterThan(1);
      expect(await places()).toEqual(before);
      await b.stop();
      await until(healthy(gateway, '2/3'), 'b is out');
      const after = await places();
      for (const [n, place] of before.entries()) if (place !== 'b') expect(after[n]).toBe(place);
      expect(after).not.toContain('b');
    },
  );

  test('weights gives each backend its share', async () => {
    using a = new Origin('a');
    using b = new Origin('b');
    const service = (origin: Origin, weight: number): string =>
      `      - { name: ${origin.name}, url: "${origin.url}", weight: ${weight} }\n`;
    const yaml = `tenants:\n  - name: main\n    path_prefix: "/"\n    services:\n${service(a, 3)}${service(b, 1)}`;
    await using gateway = await GatewayProcess.start(yaml);
    for (let n = 0; n < 40; n++) await servedBy(gateway);
    expect([a.requests, b.requests]).toEqual([30, 10]);
  });
});
