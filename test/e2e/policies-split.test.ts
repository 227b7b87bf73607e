// A canary with real clients and origins: who is in it stays in it, and nobody sees that it has died.
import { join } from 'node:path';
import { describe, expect, test } from 'bun:test';
import { GatewayProcess, keystone } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { until } from '../support/until.ts';

type Pools = { readonly stable: Origin; readonly canary: readonly Origin[] };

function config({ stable, canary }: Pools, options: object): string {
  const services = canary.map(({ url }, at) => ({ name: `c${at}`, url }));
  const tenant = {
    name: 'shop',
    path_prefix: '/',
    services: [{ name: 'a', url: stable.url }],
    pools: { canary: { services } },
    policies: [{ split: options }],
  };
  return `tenants:\n  - ${JSON.stringify(tenant)}\n`;
}

function named(name: string): Origin {
  return new Origin(name, () => new Response(name));
}

async function ask(url: string, cookie = ''): Promise<{ readonly pool: string; readonly cookie: string }> {
  const response = await fetch(url, { headers: cookie === '' ? {} : { Cookie: cookie } });
  const [set = ''] = response.headers.getSetCookie();
  return { pool: `${response.status} ${await response.text()}`, cookie: set.replace(/;.*/s, '') };
}

const SPLIT = { pools: { default: 80, canary: 20 } };

describe('a canary', () => {
  test('keeps its clients in all processes and over a reload that makes it larger', async () => {
    using stable = named('stable');
    using canary = named('canary');
    const pools = { stable, canary: [canary] };
    await using gateway = await GatewayProcess.start(config(pools, SPLIT));
    const clients = await Promise.all(Array.from({ length: 200 }, () => ask(gateway.url)));
    expect(clients.every(({ cookie }) => cookie !== '')).toBeTrue();
    const again = await Promise.all(clients.map(({ cookie }) => ask(gateway.url, cookie)));
    expect(again.map(({ pool }) => pool)).toEqual(clients.map(({ pool }) => pool));
    expect(again.every(({ cookie }) => cookie === '')).toBeTrue();
    await gateway.rewrite(config(pools, { pools: { default: 50, canary: 50 } }));
    gateway.signal('SIGHUP');
    await until(() => gateway.errors.includes('reloaded'), 'it has been reloaded');
    const after = await Promise.all(clients.map(({ cookie }) => ask(gateway.url, cookie)));
    const left = clients.filter(({ pool }, at) => pool === '200 canary' && after[at]?.pool !== '200 canary');
    expect(left).toEqual([]);
    const size = (all: readonly { readonly pool: string }[]): number =>
      all.filter(({ pool }) => pool === '200 canary').length;
    expect(size(clients)).toBeGreaterThan(10);
    expect(size(after)).toBeGreaterThan(size(clients));
  });

  test('that dies is noticed by nobody, and said in the log', async () => {
    using stable = named('stable');
    using first = named('canary');
    using second = named('canary');
    const half = { pools: { default: 50, canary: 50 } };
    await using gateway = await GatewayProcess.start(config({ stable, canary: [first, second] }, half));
    const clients = await Promise.all(Array.from({ length: 60 }, () => ask(gateway.url)));
    await Promise.all([first.stop(), second.stop()]);
    const after = await Promise.all(clients.map(({ cookie }) => ask(gateway.url, cookie)));
    expect(after.map(({ pool }) => pool)).toEqual(clients.map(() => '200 stable'));
    await until(() => gateway.errors.includes('a share of the requests has no backend'), 'the log says so');
    first.restart();
    second.restart();
    await until(async () => (await ask(gateway.url, inCanary(clients))).pool === '200 canary', 'they come back');
  });

  test('is explained', async () => {
    using stable = named('stable');
    using canary = named('canary');
    const options = { ...SPLIT, sticky: 'header:X-User', override: { header: 'X-Canary' } };
    await using gateway = await GatewayProcess.start(config({ stable, canary: [canary] }, options));
    const words = (field: string) => ['explain', '-c', 'keystone.yaml', '-H', field, 'GET', 'http://x/'];
    const chosen = await keystone(words('X-Canary: canary'), { cwd: join(gateway.directory) });
    expect(chosen.out).toContain('pool       canary (split: the field X-Canary chooses it)');
    expect(chosen.out).toContain('→ canary/c0');
    const drawn = await keystone(words('X-User: anna'), { cwd: gateway.directory });
    expect(drawn.out).toMatch(/pool {7}\w+ \(split: drawn by the field x-user to the share of \d+%\)/);
  });
});

function inCanary(clients: readonly { readonly pool: string; readonly cookie: string }[]): string {
  return clients.find(({ pool }) => pool === '200 canary')?.cookie ?? '';
}
