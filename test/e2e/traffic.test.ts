// What the admin API tells of traffic, beside what the client has counted.
import { describe, expect, test } from 'bun:test';
import type { LiveRequest } from '../../src/observe/live/live-request.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { until } from '../support/until.ts';

const yaml = (origin: Origin): string => `tenants:
  - name: shop
    domains: [shop.test]
    retry: { attempts: 1 }
    services: [{ name: a, url: "${origin.url}" }]
  - name: blog
    domains: [blog.test]
    retry: { attempts: 1 }
    services: [{ name: b, url: "http://127.0.0.1:1" }]
  - name: idle
    domains: [idle.test]
    retry: { attempts: 1 }
    services: [{ name: c, url: "${origin.url}" }]
`;

type Column = readonly (number | null)[];
type Series = { readonly requests: Column; readonly errors_4xx: Column; readonly errors_5xx: Column };
type Summary = { readonly name: string; readonly error_share: number; readonly backends: { readonly total: number } };
type Summaries = { readonly total: number; readonly tenants: readonly Summary[] };
type Overview = {
  readonly words: string;
  readonly problems: readonly { readonly text: string; readonly tenant: string | null }[];
  readonly tenants: { readonly total: number; readonly healthy: number };
  readonly backends: { readonly total: number };
};
type Requests = { readonly latest: number; readonly requests: readonly LiveRequest[] };

async function ask<Answer>(gateway: GatewayProcess, path: string): Promise<Answer> {
  const response = await fetch(`${gateway.admin}${path}`);
  expect(response.status).toBe(200);
  return (await response.json()) as Answer;
}

async function get(gateway: GatewayProcess, host: string, path: string): Promise<void> {
  await (await fetch(`${gateway.url}${path}`, { headers: { Host: host } })).text();
}

function sum(column: Column): number {
  return column.reduce<number>((all, one) => all + (one ?? 0), 0);
}

describe('what the admin API tells of traffic', () => {
  test('agrees with what the client has counted, of all processes together', async () => {
    using origin = new Origin('a', ({ url }) => new Response('x', { status: url.endsWith('/404') ? 404 : 200 }));
    await using gateway = await GatewayProcess.start(yaml(origin));
    const good = Array.from({ length: 50 }, (_, at) => get(gateway, 'shop.test', at < 40 ? '/' : '/404'));
    await Promise.all(good);
    for (let at = 0; at < 3; at++) await get(gateway, 'blog.test', '/down');
    let whole: Series | null = null;
    await until(async () => {
      whole = await ask<Series>(gateway, '/series?range=15m');
      return sum(whole.requests) >= 53;
    }, 'the step is over');
    expect(await ask<Series>(gateway, '/series?range=15m').then(countsOf)).toEqual([53, 10, 3]);
    const shop = await ask<Series>(gateway, '/series?range=15m&tenant=shop');
    expect(countsOf(shop)).toEqual([50, 10, 0]);
    expect(shop.requests).toHaveLength(90);
    expect(await ask<Overview>(gateway, '/overview')).toMatchObject({ tenants: { total: 3 }, backends: { total: 3 } });
  });

  test('has a line for each tenant, sorted and searched', async () => {
    using origin = new Origin('a');
    await using gateway = await GatewayProcess.start(yaml(origin));
    for (let at = 0; at < 5; at++) await get(gateway, 'shop.test', '/');
    await get(gateway, 'blog.test', '/down');
    let found: Summaries = { total: 0, tenants: [] };
    await until(async () => {
      found = await ask<Summaries>(gateway, '/summaries?sort=requests');
      return found.tenants[0]?.name === 'shop' && found.tenants[1]?.error_share === 1;
    }, 'the step is over');
    expect(found.total).toBe(3);
    expect(found.tenants.map(({ name }) => name)).toEqual(['shop', 'blog', 'idle']);
    expect(await ask<Summaries>(gateway, '/summaries?search=BLO')).toMatchObject({
      total: 1,
      tenants: [{ name: 'blog' }],
    });
    expect(await ask<Summaries>(gateway, '/summaries?sort=name&limit=1&page=2')).toMatchObject({
      total: 3,
      tenants: [{ name: 'idle' }],
    });
  });

  test('shows requests that have failed, and those that somebody waits for', async () => {
    using origin = new Origin('a');
    await using gateway = await GatewayProcess.start(yaml(origin));
    await get(gateway, 'blog.test', '/down?secret=1');
    let failed: readonly LiveRequest[] = [];
    await until(async () => {
      failed = (await ask<Requests>(gateway, '/requests?status=5xx')).requests;
      return failed.length > 0;
    }, 'it is told');
    expect(failed[0]).toMatchObject({ tenant: 'blog', path: '/down', method: 'GET', backend: 'b' });
    expect(JSON.stringify(failed)).not.toContain('secret');
    const { latest } = await ask<Requests>(gateway, '/requests');
    const next = ask<Requests>(gateway, `/requests?tenant=shop&path=/wanted&after=${latest}&wait=20`);
    const sent: Promise<void>[] = [];
    const timer = setInterval(() => sent.push(get(gateway, 'shop.test', '/wanted')), 100);
    const { requests } = await next;
    clearInterval(timer);
    await Promise.all(sent);
    expect(requests[0]).toMatchObject({ tenant: 'shop', path: '/wanted', status: 200, backend: 'a' });
  });

  test('says what is wrong in words, the worst first', async () => {
    using origin = new Origin('a');
    const checked = yaml(origin).replaceAll('retry: { attempts: 1 }', 'health_check: { path: /, interval: 200ms }');
    await using gateway = await GatewayProcess.start(checked);
    let overview: Overview | null = null;
    await until(async () => {
      overview = await ask<Overview>(gateway, '/overview');
      return overview.problems.length > 0 && overview.tenants.healthy === 2;
    }, 'it is known');
    expect(overview).toMatchObject({
      words: expect.stringMatching(/^blog: no backend serves: b \(.+\)\. 2 other tenants are well\.$/),
      problems: [{ text: expect.stringContaining('no backend serves'), tenant: 'blog', backend: 'b' }],
    });
  });

  test('shows those who may see one tenant that one alone', async () => {
    using origin = new Origin('a');
    const token = 'the-token-of-the-shop';
    const tokens = `admin: { tokens: [{ name: shop, token: ${token}, scope: read, tenants: [shop] }] }\n`;
    await using gateway = await GatewayProcess.start(`${tokens}${yaml(origin)}`);
    const headers = { Authorization: `Bearer ${token}` };
    const read = async (path: string): Promise<string> => {
      const response = await fetch(`${gateway.admin}${path}`, { headers });
      return `${response.status} ${await response.text()}`;
    };
    const streamed: string[] = [];
    const stream = await fetch(`${gateway.admin}/requests/stream`, { headers });
    const reading = (async (): Promise<void> => {
      for await (const piece of stream.body ?? []) streamed.push(new TextDecoder().decode(piece));
    })().catch(() => undefined);
    await until(async () => {
      await get(gateway, 'blog.test', '/secret');
      await get(gateway, 'shop.test', '/own');
      return streamed.join('').includes('/own') && !(await read('/summaries')).includes('"requests_per_second":0,');
    }, 'there is something to see');
    expect(await read('/overview')).toMatch(/^200 .*"tenants":\{"total":1,/s);
    for (const path of ['/overview', '/summaries', '/requests', '/series?tenant=shop'])
      expect(await read(path)).toMatch(/^200 (?!.*blog)/s);
    expect(await read('/series')).toStartWith('403');
    expect(await read('/series?tenant=blog')).toStartWith('403');
    await gateway[Symbol.asyncDispose]();
    await reading;
    expect(streamed.join('')).not.toContain('blog');
  });

  test('refuses what it does not understand, with a reason', async () => {
    using origin = new Origin('a');
    await using gateway = await GatewayProcess.start(yaml(origin));
    const paths = [
      '/series?range=2y',
      '/summaries?sort=luck',
      '/summaries?page=0',
      '/requests?status=x',
      '/requests?limit=0',
    ];
    for (const path of paths) {
      const response = await fetch(`${gateway.admin}${path}`);
      expect([path, response.status]).toEqual([path, 400]);
      expect(await response.text()).toMatch(/must be/);
    }
  });
});

function countsOf({ requests, errors_4xx: client, errors_5xx: server }: Series): readonly number[] {
  return [sum(requests), sum(client), sum(server)];
}
