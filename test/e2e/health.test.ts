import { describe, expect, test } from 'bun:test';
import { GatewayProcess } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { until } from '../support/until.ts';
import { pathTenant, services } from '../support/yaml.ts';

type Health = { status: string; tenants: Record<string, string> };
type Tenants = {
  tenants: { backends: { name: string; health: string; eligible: boolean; reason: string | null }[] }[];
};

async function health(gateway: GatewayProcess): Promise<{ code: number; body: Health }> {
  const response = await fetch(`${gateway.admin}/health`);
  return { code: response.status, body: (await response.json()) as Health };
}

async function backends(gateway: GatewayProcess): Promise<Tenants['tenants'][number]['backends']> {
  const { tenants } = (await (await fetch(`${gateway.admin}/tenants`)).json()) as Tenants;
  return tenants[0]?.backends ?? [];
}

const healthy = (gateway: GatewayProcess, count: string) => async (): Promise<boolean> =>
  (await health(gateway)).body.tenants['main'] === `${count} healthy`;

describe('health', () => {
  test('is measured from the first moment, and the first request is served', async () => {
    using a = new Origin('a');
    await using gateway = await GatewayProcess.start(pathTenant('/', [a]));
    expect((await fetch(gateway.url)).status).toBe(200);
    await until(healthy(gateway, '1/1'), 'the first verdict is in');
    expect(await health(gateway)).toMatchObject({ code: 200, body: { status: 'healthy' } });
  });

  test('takes a backend out when it dies and back when it returns, and no request fails', async () => {
    using a = new Origin('a');
    using b = new Origin('b');
    await using gateway = await GatewayProcess.start(
      pathTenant('/', [a, b], '    health_check: { fast_interval: 100ms }\n'),
    );
    await until(healthy(gateway, '2/2'), 'both are healthy');
    const statuses = new Set<number>();
    const load = async (): Promise<void> => {
      for (let n = 0; n < 20; n++) statuses.add((await fetch(gateway.url)).status);
    };
    await a.stop();
    await load();
    await until(healthy(gateway, '1/2'), 'a is out');
    const [first] = await backends(gateway);
    expect(first).toMatchObject({ name: 'a', health: 'unhealthy', eligible: false });
    expect(first?.reason).toContain('unhealthy');
    expect((await health(gateway)).body.status).toBe('degraded');
    a.restart();
    await until(healthy(gateway, '2/2'), 'a is back');
    await load();
    expect([...statuses]).toEqual([200]);
    const lines = gateway.errors.split('\n').filter((line) => line.includes('backend=a'));
    expect(lines.map((line) => / msg="(backend \w+)" /.exec(line)?.[1])).toEqual([
      'backend unhealthy',
      'backend healthy',
    ]);
  });

  test('of nobody is a 503 that says why, at once, and never a guess', async () => {
    using a = new Origin('a', () => new Response('no', { status: 500 }));
    await using gateway = await GatewayProcess.start(pathTenant('/', [a]));
    await until(async () => (await backends(gateway))[0]?.health === 'unhealthy', 'a is unhealthy');
    const response = await fetch(`${gateway.url}/x`);
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('1');
    expect(await response.text()).toMatch(/a unhealthy for \d+m?s: health check: status 500/);
    expect(a.requests).toBe(0);
    expect(await health(gateway)).toMatchObject({
      code: 503,
      body: { status: 'unhealthy', tenants: { main: '0/1 healthy' } },
    });
  });

  test('that several tenants ask for in the same way is asked for once', async () => {
    let probes = 0;
    using a = new Origin('a', () => {
      probes++;
      return new Response('well');
    });
    const tenant = (name: string, interval: string): string =>
      `  - name: ${name}\n    path_prefix: "/${name}/"\n    health_check: { interval: ${interval}, timeout: 1s }\n${services([a])}`;
    const names = Array.from({ length: 20 }, (_, at) => `t${at}`);
    const yaml = `tenants:\n${names.map((name) => tenant(name, name === 't0' ? '1s' : '5m')).join('')}`;
    await using gateway = await GatewayProcess.start(yaml);
    // Not by its health, which may be a second old.
    const isWell = async (): Promise<boolean> => {
      const { tenants } = (await (await fetch(`${gateway.admin}/tenants`)).json()) as { tenants: { status: string }[] };
      return tenants.every(({ status }) => status === 'healthy');
    };
    await until(isWell, 'all know that it is well');
    await until(() => probes >= 3, 'who asks most often decides');
    // Not by the number at some moment: the second probe of a start comes after a part of the interval that may be small.
    const seenBy = async (name: string): Promise<number> => {
      const report = (await (await fetch(`${gateway.admin}/backends/${name}/a`)).json()) as { probes: unknown[] };
      return report.probes.length;
    };
    const haveAll = async (): Promise<boolean> =>
      (await Promise.all(names.map(seenBy))).every((seen) => seen === probes);
    await until(haveAll, 'each tenant has seen each probe');
    expect(await isWell()).toBe(true);
  });

  test('of a backend without a check is not asked; a refused connect goes elsewhere', async () => {
    using a = new Origin('a');
    using b = new Origin('b');
    const yaml = `tenants:\n  - name: main\n    path_prefix: "/"\n${services([a, b], null)}`;
    await using gateway = await GatewayProcess.start(yaml);
    await b.stop();
    for (let n = 0; n < 10; n++) {
      const response = await fetch(gateway.url, { method: 'POST', body: 'x' });
      expect([response.status, await response.json()]).toMatchObject([200, { origin: 'a' }]);
    }
    expect((await health(gateway)).body.tenants['main']).toBe('1/2 healthy');
  });
});
