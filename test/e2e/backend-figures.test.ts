// What operators are told of one backend: how soon it answers, and what becomes of connections to it.
import { expect, test } from 'bun:test';
import type { BackendReport } from '../../src/admin/shapes/backend.ts';
import { GatewayProcess, keystone } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { until } from '../support/until.ts';
import { uncheckedTenant } from '../support/yaml.ts';

const SLOW = 120;

async function reportOf(gateway: GatewayProcess): Promise<BackendReport> {
  return (await (await fetch(`${gateway.admin}/backends/main/a`)).json()) as BackendReport;
}

test('a backend is told of with its times and its connections', async () => {
  using origin = new Origin('a', async () => {
    await Bun.sleep(SLOW);
    return new Response('a');
  });
  await using gateway = await GatewayProcess.start(uncheckedTenant('/', [origin]));
  const status = async () => (await keystone(['status', 'main/a', '--url', gateway.admin])).out;
  expect((await reportOf(gateway)).figures).toEqual({
    connections_opened: 0,
    connections_failed: 0,
    connections_reused: 0,
    first_byte: null,
  });
  expect(await status()).toContain('answers      none yet\n');
  const ask = async () => (await fetch(`${gateway.url}/`, { keepalive: false })).text();
  for (let asked = 0; asked < 6; asked++) expect(await ask()).toBe('a');
  await until(async () => ((await reportOf(gateway)).figures?.first_byte?.count ?? 0) === 6, 'all are counted');
  const { figures, open_connections: open } = await reportOf(gateway);
  // Each process that serves has connections of its own.
  expect(figures?.connections_opened).toBe(open);
  expect((figures?.connections_opened ?? 0) + (figures?.connections_reused ?? 0)).toBe(6);
  expect(figures?.connections_failed).toBe(0);
  const times = figures?.first_byte;
  expect(times?.mean_ms).toBeGreaterThanOrEqual(SLOW - 2);
  expect(times?.mean_ms).toBeLessThan(2000);
  // By buckets: the one that it falls in begins at 100 ms.
  expect(times?.p50_ms).toBeGreaterThan(100);
  expect(times?.p99_ms).toBeGreaterThanOrEqual(times?.p50_ms ?? 0);
  const shown = await status();
  expect(shown).toMatch(/ {2}answers {6}begin after \S+ms \(half\), \S+s \(99 %\), \S+s on average, since the start\n/);
  expect(shown).toMatch(
    new RegExp(`  connections  ${open} open, ${open} of them idle; since the start opened ${open}, failed 0,`),
  );
});

test('a backend that is counted together with others has no figures of its own', async () => {
  using origin = new Origin('a');
  const { url } = origin;
  await using gateway = await GatewayProcess.start(
    `metrics: { max_backends: 0 }\n${uncheckedTenant('/', [{ name: 'a', url }])}`,
  );
  expect((await reportOf(gateway)).figures).toBeNull();
  const { out } = await keystone(['status', 'main/a', '--url', gateway.admin]);
  expect(out).toContain('counted together with those of others');
});
