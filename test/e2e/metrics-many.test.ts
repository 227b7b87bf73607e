// The metrics of ten thousand tenants: bounded, exact, and told while requests are served.
import { expect, test } from 'bun:test';
import { compile } from '../../src/plan/compile.ts';
import { Gateway } from '../../src/runtime/gateway.ts';
import { realWorld } from '../../src/world.ts';
import { config } from '../support/configs.ts';
import { Origin } from '../support/origin.ts';
import { Scrape } from '../support/scrape.ts';
import { until } from '../support/until.ts';

const TENANTS = 10_000;
const OWN = 1000;
const LONG = 120_000;

// Alone, a scrape takes a tenth of a second here, and a request waits for a few milliseconds of it: the bounds are for machines
// that do much else at the same time.
const LONGEST_SCRAPE = 15_000;
const LONGEST_REQUEST = 3000;

async function start(url: string): Promise<Gateway> {
  const tenants = Array.from(
    { length: TENANTS },
    (_, at) => `  - { name: t${at}, domains: [t${at}.test], services: [{ name: a, url: "${url}" }] }\n`,
  );
  const yaml = `admin: { address: "127.0.0.1:0" }\nstate_dir: none\ntenants:\n${tenants.join('')}`;
  const world = { ...realWorld(), writeLog: () => undefined };
  const address = { hostname: '127.0.0.1', port: 0 };
  const started = await Gateway.start({ plan: compile(config(yaml)), address, world });
  if (!started.ok) throw new Error(JSON.stringify(started.error));
  return started.value;
}

test(
  'ten thousand tenants have a thousand series of their own, all together are exact, and nobody waits for them',
  async () => {
    using origin = new Origin('a', () => new Response('well'));
    const gateway = await start(origin.url);
    const url = `http://127.0.0.1:${gateway.address.port}`;
    const ask = async (tenant: number): Promise<void> => {
      await (await fetch(url, { headers: { host: `t${tenant}.test` } })).text();
    };
    for (const tenant of [0, 1, OWN - 1, OWN, OWN + 1, TENANTS - 1]) await ask(tenant);
    const admin = gateway.adminAddress;
    if (admin?.kind !== 'tcp') throw new Error('no admin API');
    const scrape = async (): Promise<Scrape> => await Scrape.of(`http://127.0.0.1:${admin.port}`);
    await until(async () => (await scrape()).sum('keystone_requests_total') === 6, 'all are counted');
    const over = new AbortController();
    const began = performance.now();
    const scraped = scrape().finally(() => over.abort());
    const waits: number[] = [];
    while (!over.signal.aborted) {
      const from = performance.now();
      await ask(2);
      waits.push(performance.now() - from);
    }
    const text = await scraped;
    expect(performance.now() - began).toBeLessThan(LONGEST_SCRAPE);
    expect(Math.max(...waits)).toBeLessThan(LONGEST_REQUEST);
    expect(waits.length).toBeGreaterThan(1);
    const requests = (tenant: string): number => text.sum('keystone_requests_total', `tenant="${tenant}"`);
    expect([requests('t0'), requests(`t${OWN - 1}`), requests('other')]).toEqual([1, 1, 3]);
    const named = new Set(text.text.match(/^keystone_sent_bytes_total\{tenant="[^"]+"/gm));
    expect(named.size).toBe(OWN + 2);
    expect(text.sum('keystone_tenants')).toBe(TENANTS);
    gateway.stop();
  },
  LONG,
);
