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
    // Longer than thirty requests take on a busy machine: a trial would be one more bad answer.
    const ejection = '    outlier_ejection: { base_time: 5s }\n';
    await using gateway = await GatewayProcess.start(pathTenant('/', [a, b, c], ejection));
    await until(async () => (await backends(gateway)).every(({ health }) => health === 'healthy'), 'all are healthy');
    const bad = async (): Promise<number> => ((await fetch(gateway.url)).status === 500 ? 1 : 0);
    let before = 0;
    await until(async () => {
      before += await bad();
      return gateway.errors.includes('backend ejected');
    }, 'a is ejected');
    // Where another process decides, more requests may come before its word.
    if (WORKERS === 1) expect(before).toBe(5);
    else expect(before).toBeGreaterThanOrEqual(5);
    let after = 0;
    for (let n = 0; n < 30; n++) after += await bad();
    expect(after).toBe(0);
    expect((await backends(gateway))[0]?.reason).toContain('5 bad results in a row, the latest: 5xx');
    await until(async () => (await backends(gateway))[0]?.reason === null, 'a is back');
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
