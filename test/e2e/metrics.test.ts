// What the metrics of a gateway say of traffic that is known.
import { describe, expect, test } from 'bun:test';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Family, sampleNameOf } from '../../src/observe/metrics/exposition.ts';
import { families } from '../../src/observe/metrics/families.ts';
import { servingOf, startFleet, untilGone, untilWhole } from '../support/fleet.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { needs, pathOf } from '../support/programs.ts';
import { Scrape } from '../support/scrape.ts';
import { until } from '../support/until.ts';

const DEPLOY = join(import.meta.dir, '../../deploy');

/** All names that samples of a metric may have. */
function namesOf(family: Family): readonly string[] {
  const name = sampleNameOf(family);
  return family.type === 'histogram' ? ['_bucket', '_sum', '_count'].map((suffix) => `${name}${suffix}`) : [name];
}

const LONG = 120_000;
const BODY = 'x'.repeat(100);

function origin() {
  return Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: (request) => new Response(BODY, { status: new URL(request.url).pathname === '/absent' ? 404 : 200 }),
  });
}

function yamlOf(port: number | undefined): string {
  const services = `services: [{ name: a, url: "http://127.0.0.1:${port}" }]`;
  return `tenants: [{ name: shop, domains: [shop.test], ${services} }, { name: other, domains: [blog.test], ${services} }]\n`;
}

type Kind = { readonly host: string; readonly path: string; readonly method: string; readonly status: number };

const KINDS: readonly Kind[] = [
  { host: 'shop.test', path: '/', method: 'GET', status: 200 },
  { host: 'shop.test', path: '/', method: 'POST', status: 200 },
  { host: 'blog.test', path: '/absent', method: 'GET', status: 404 },
  { host: 'nobody.test', path: '/', method: 'GET', status: 404 },
];

async function ask(port: number, { host, path, method, status }: Kind): Promise<void> {
  const body = method === 'POST' ? 'hello' : null;
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers: { host }, body });
  await response.arrayBuffer();
  expect(response.status).toBe(status);
}

async function askMany(port: number, each: number): Promise<void> {
  const left = KINDS.map((kind) => ({ kind, count: each }));
  const worker = async (): Promise<void> => {
    for (let one = left.find(({ count }) => count > 0); one !== undefined; one = left.find(({ count }) => count > 0)) {
      one.count--;
      await ask(port, one.kind);
    }
  };
  await Promise.all(Array.from({ length: 32 }, worker));
}

// An exchange is over a moment after its client has the answer.
async function untilCounted(admin: string, count: number): Promise<void> {
  const read = async (): Promise<number> => (await Scrape.of(admin)).sum('keystone_requests_total');
  await until(async () => (await read()) >= count, `${count} requests are counted`);
}

function expectExact(scrape: Scrape, each: number): void {
  const requests = (...labels: string[]): number => scrape.sum('keystone_requests_total', ...labels);
  expect(requests()).toBe(4 * each);
  expect(requests('tenant="shop"', 'method_class="safe"', 'status_class="2xx"')).toBe(each);
  expect(requests('tenant="shop"', 'method_class="once"', 'status_class="2xx"')).toBe(each);
  expect(requests('tenant="tenant other"', 'status_class="4xx"')).toBe(each);
  expect(requests('tenant="none"', 'status_class="4xx"')).toBe(each);
  expect(scrape.sum('keystone_backend_requests_total', 'tenant="shop"', 'backend="a"')).toBe(2 * each);
  expect(scrape.sum('keystone_request_duration_seconds_count')).toBe(4 * each);
  expect(scrape.sum('keystone_request_duration_seconds_bucket', 'tenant="shop"', 'le="+Inf"')).toBe(2 * each);
  expect(scrape.sum('keystone_first_byte_seconds_count')).toBe(3 * each);
  expect(scrape.sum('keystone_failures_total', 'code="no-route"')).toBe(each);
}

describe('the metrics', () => {
  test.skipIf(process.platform !== 'linux')(
    'are exact over several processes, and a process that is killed takes none of them along',
    async () => {
      const each = 2500;
      const server = origin();
      await using gateway = await startFleet(yamlOf(server.port), 2);
      await untilWhole(gateway, 2);
      await askMany(gateway.port, each);
      await untilCounted(gateway.admin, 4 * each);
      expectExact(await Scrape.of(gateway.admin), each);
      const [victim = 0] = await servingOf(gateway);
      process.kill(victim, 'SIGKILL');
      await untilGone([victim], 'it has ended');
      await untilWhole(gateway, 2);
      const scrape = await Scrape.of(gateway.admin);
      expectExact(scrape, each);
      expect(scrape.sum('keystone_changes_total', 'kind="worker_replaced"')).toBe(1);
      const restarts = [0, 1].map((slot) => scrape.sum('keystone_worker_restarts_total', `slot="${slot}"`));
      expect(restarts.toSorted((one, other) => one - other)).toEqual([0, 1]);
      await server.stop(true);
    },
    LONG,
  );

  test('come in the form that is asked for', async () => {
    const server = origin();
    await using gateway = await GatewayProcess.start(yamlOf(server.port));
    await askMany(gateway.port, 5);
    const open = await fetch(`${gateway.admin}/metrics`, {
      headers: { accept: 'application/openmetrics-text;version=1.0.0,text/plain;q=0.5' },
    });
    expect(open.headers.get('content-type')).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
    const text = await open.text();
    expect(text).toEndWith('# EOF\n');
    expect(text).toContain('# TYPE keystone_requests counter\n');
    expect(text).toContain('# UNIT keystone_request_duration_seconds seconds\n');
    const plain = await fetch(`${gateway.admin}/metrics`);
    expect(plain.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(await plain.text()).toContain('# TYPE keystone_requests_total counter\n');
    await server.stop(true);
  });

  test('have all that the rules and the dashboard of deploy/ ask for', async () => {
    const server = origin();
    await using gateway = await GatewayProcess.start(yamlOf(server.port));
    const scrape = await Scrape.of(gateway.admin);
    const known = new Set([...scrape.names, ...Object.values(families).flatMap(namesOf)]);
    for (const file of ['prometheus/keystone.yml', 'grafana/keystone.json']) {
      const text = await readFile(join(DEPLOY, file), 'utf8');
      const asked = new Set(text.match(/\bkeystone_[a-z_]+/g));
      expect(asked.size).toBeGreaterThan(5);
      expect([...asked].filter((name) => !known.has(name))).toEqual([]);
    }
    await server.stop(true);
  });

  test.skipIf(!needs('promtool'))(
    'have rules that do what they say',
    async () => {
      for (const words of [
        ['check', 'rules', 'keystone.yml'],
        ['test', 'rules', 'keystone.test.yml'],
      ]) {
        const cwd = join(DEPLOY, 'prometheus');
        const promtool = Bun.spawn([pathOf('promtool') ?? '', ...words], { cwd, stdout: 'pipe', stderr: 'pipe' });
        const said = await new Response(promtool.stdout).text();
        expect({ code: await promtool.exited, said }).toMatchObject({ code: 0 });
      }
    },
    LONG,
  );
});
