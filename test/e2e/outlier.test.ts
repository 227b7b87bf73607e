import { describe, expect, test } from 'bun:test';
import { GatewayProcess, WORKERS } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { until } from '../support/until.ts';
import { pathTenant } from '../support/yaml.ts';

type Backend = { name: string; health: string; reason: string | null };

async function backends(gateway: GatewayProcess): Promise<Backend[]> {
  const { tenants } = (await (await fetch(`${gateway.admin}/tenants`)).json()) as {
    tenants: { backends: Backend[] }[];
  };
  return tenants[0]?.backends ?? [];
}

describe('a backend whose health page is well but whose answers are errors', () => {
  const answer = (request: Request): Response =>
    request.url.endsWith('/health') ? new Response('well') : new Response('broken', { status: 500 });

  test('is ejected after a few, with the reason, and comes back after its time', async () => {
    using a = new Origin('a', answer);
    using b = new Origin('b');
    using c = new Origin('c');
    // Longer than sixty requests take on a busy machine: a trial would be one more bad answer.
    const ejection = '    outlier_ejection: { base_time: 3s }\n';
    await using gateway = await GatewayProcess.start(pathTenant('/', [a, b, c], ejection));
    await until(async () => (await backends(gateway)).every(({ health }) => health === 'healthy'), 'all are healthy');
    const statuses: number[] = [];
    for (let n = 0; n < 60; n++) statuses.push((await fetch(gateway.url)).status);
    // Where another process decides, a request or two may come before its word.
    const most = WORKERS === 1 ? 5 : 7;
    expect(statuses.filter((status) => status === 500).length).toBeWithin(5, most + 1);
    expect((await backends(gateway))[0]?.reason).toContain('5 bad results in a row, the latest: 5xx');
    await until(async () => (await backends(gateway))[0]?.reason === null, 'a is back');
    expect(gateway.errors).toContain('backend ejected');
    expect(gateway.errors).toContain('backend readmitted');
  });

  test('is not ejected where it is the last, or where nobody wants it', async () => {
    using a = new Origin('a', answer);
    using b = new Origin('b');
    await using alone = await GatewayProcess.start(pathTenant('/', [a]));
    await using off = await GatewayProcess.start(pathTenant('/', [a, b], '    outlier_ejection: { enabled: false }\n'));
    for (const gateway of [alone, off]) for (let n = 0; n < 30; n++) await (await fetch(gateway.url)).text();
    expect((await backends(alone))[0]?.reason).toBeNull();
    expect((await backends(off))[0]?.reason).toBeNull();
  });
});
