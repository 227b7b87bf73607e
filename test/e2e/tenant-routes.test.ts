// Routes within a tenant, with real gateways, origins and clients.
import { describe, expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TenantStatus } from '../../src/admin/shapes/tenant.ts';
import { tenantOf, untilEligible } from '../support/admin.ts';
import { curl } from '../support/curl.ts';
import { GatewayProcess, keystone } from '../support/gateway-process.ts';
import { Crowd } from '../support/many-requests.ts';
import { Origin, type Seen } from '../support/origin.ts';
import { until } from '../support/until.ts';
import { WebSocketClient } from '../support/web-socket-client.ts';
import { WebSocketOrigin } from '../support/web-socket-origin.ts';

const RELOADED = /configuration reloaded/g;
const TWO = { KEYSTONE_TEST_WORKERS: '2' };

type Place = { readonly name: string; readonly url: string };

function pool({ name, url }: Place, health = ''): string {
  return `      ${name}: { services: [{ name: one, url: "${url}"${health} }] }\n`;
}

/** A tenant whose own service is the first place, and the others are its pools. */
function main(routes: readonly string[], [own, ...pools]: readonly Place[]): string {
  const lines = routes.map((route) => `      - ${route}\n`).join('');
  const services = own === undefined ? '' : `    services: [{ name: ${own.name}, url: "${own.url}" }]\n`;
  return `tenants:\n  - name: main\n    path_prefix: /\n${services}    pools:\n${pools.map((one) => pool(one)).join('')}    routes:\n${lines}`;
}

/** `origin target`, as the origin has seen it; or the status. */
async function ask(gateway: GatewayProcess, path: string, ...words: readonly string[]): Promise<string> {
  const { status, body } = await curl('--path-as-is', ...words, `${gateway.url}${path}`);
  if (status !== 200) return String(status);
  const { origin, url } = JSON.parse(body) as Seen;
  return `${origin} ${url}`;
}

async function reload(gateway: GatewayProcess, text: string): Promise<void> {
  const before = gateway.errors.match(RELOADED)?.length ?? 0;
  await gateway.rewrite(text);
  gateway.signal('SIGHUP');
  await until(() => (gateway.errors.match(RELOADED)?.length ?? 0) > before, 'it is reloaded');
}

describe.each([{ workers: '1' }, { workers: '2' }])('with $workers that serve, a tenant', ({ workers }) => {
  const environment = { KEYSTONE_TEST_WORKERS: workers };

  test('is a single-page app whose /api and /api/ws go elsewhere', async () => {
    using app = new Origin('app');
    using api = new Origin('api');
    using sockets = new WebSocketOrigin();
    const routes = [
      '{ match: { path_prefix: /api/ }, pool: api, strip_prefix: true }',
      '{ match: { path: /api/ws }, pool: sockets }',
    ];
    await using gateway = await GatewayProcess.start(main(routes, [app, api, sockets]), environment);
    expect(await ask(gateway, '/')).toBe('app /');
    expect(await ask(gateway, '/workflow/7?tab=1')).toBe('app /workflow/7?tab=1');
    expect(await ask(gateway, '/api/items?page=2')).toBe('api /items?page=2');
    expect(await ask(gateway, '/api')).toBe('api /');
    expect(await ask(gateway, '/apis')).toBe('app /apis');
    using client = await WebSocketClient.open(`${gateway.url}/api/ws?token=1`);
    client.send('hello');
    expect(await client.message(0)).toBe('hello');
    const { backends } = await tenantOf(gateway);
    expect(backends.map(({ name }) => name)).toEqual(['app', 'api/one', 'sockets/one']);
    expect(backends[2]).toMatchObject({ tunnels: 1 });
  });

  test('tells requests apart by template, method, field and query', async () => {
    using web = new Origin('web');
    using a = new Origin('a');
    using b = new Origin('b');
    const routes = [
      '{ match: { path_template: "/users/{id}/orders" }, pool: a }',
      '{ match: { path_template: "/users/{id}/orders", methods: [POST] }, pool: b }',
      '{ match: { path_prefix: /shop/, headers: { X-Canary: ["1", "yes"] } }, pool: a }',
      '{ match: { path_prefix: /shop/, query: { preview: "*" } }, pool: b, policies: [headers: { response: { set: { X-Route: preview } } }] }',
    ];
    // The third and the fourth: a request may have both.
    const [, , , last = ''] = routes;
    const apart = [...routes.slice(0, 3), last.replace('query:', 'headers: { X-Canary: "no" }, query:')];
    await using gateway = await GatewayProcess.start(main(apart, [web, a, b]), environment);
    expect(await ask(gateway, '/users/7/orders')).toStartWith('a ');
    expect(await ask(gateway, '/users/7/orders', '-X', 'POST')).toStartWith('b ');
    expect(await ask(gateway, '/users//orders')).toStartWith('web ');
    expect(await ask(gateway, '/users/7/orders/1')).toStartWith('web ');
    expect(await ask(gateway, '/shop/x')).toStartWith('web ');
    expect(await ask(gateway, '/shop/x', '-H', 'x-canary: yes')).toStartWith('a ');
    const { headers } = await fetch(`${gateway.url}/shop/x?a=1&preview`, { headers: { 'X-Canary': 'no' } });
    expect(headers.get('x-route')).toBe('preview');
    await gateway.rewrite(main(routes, [web, a, b]));
    const { code, errors } = await keystone(['check', '-c', `${gateway.directory}/keystone.yaml`]);
    expect([code, errors]).toEqual([1, expect.stringContaining('is as specific as the one in line 11')]);
  });

  test('has the new routes of a reload at once, and no request is lost meanwhile', async () => {
    using web = new Origin('web', () => new Response('web'));
    using a = new Origin('a', () => new Response('a'));
    using b = new Origin('b', () => new Response('b'));
    const routed = (name: string): string =>
      main(['{ match: { path: /x }, pool: a }', `{ match: { path_prefix: / }, pool: ${name} }`], [web, a, b]);
    await using gateway = await GatewayProcess.start(routed('a'), environment);
    const crowd = new Crowd(gateway.port, 2);
    const answers = async (): Promise<string> => await (await fetch(gateway.url)).text();
    for (const name of ['b', 'a', 'default', 'b']) {
      await reload(gateway, routed(name));
      await until(async () => (await answers()) === (name === 'default' ? 'web' : name), `it leads to ${name}`);
      expect(await (await fetch(`${gateway.url}/x`)).text()).toBe('a');
    }
    const counts = await crowd.end();
    expect([...counts.keys()]).toEqual([200]);
    expect(a.requests * b.requests * web.requests).toBeGreaterThan(0);
  });

  test('has each of its backends drained, weighted and shown by POOL/SERVICE', async () => {
    using web = new Origin('web');
    using a = new Origin('a');
    const text = main(['{ match: { path_prefix: /a/ }, pool: a }'], [web, a]);
    await using gateway = await GatewayProcess.start(text, environment);
    const at = ['--url', gateway.admin];
    const run = async (...words: readonly string[]) => (await keystone([...words, ...at])).out;
    expect(await run('weight', 'main/a/one', '3')).toContain('main/a/one is unchecked, weight 3');
    expect(await run('disable', 'main/a/one')).toContain('main/a/one is disabled');
    expect(await ask(gateway, '/a/x')).toBe('503');
    expect(await ask(gateway, '/x')).toBe('web /x');
    expect(await run('status', 'main/a/one')).toContain('disabled');
    await reload(gateway, text.replace('name: main', 'allow_trace: true\n    name: main'));
    expect(await ask(gateway, '/a/x')).toBe('503');
    await run('enable', 'main/a/one');
    expect(await ask(gateway, '/a/x')).toBe('a /a/x');
    const { events } = (await (await fetch(`${gateway.admin}/events`)).json()) as { events: { detail: string }[] };
    expect(events.map(({ detail }) => detail).join('\n')).toContain('no backend of the pool a serves: a/one disabled');
  });

  test('without services of its own answers 404 where no route matches, and by its policies', async () => {
    using a = new Origin('a');
    const text = main(
      ['{ match: { path_prefix: /a/ }, pool: a }', '{ match: { path: /old }, redirect: { to: /a/new } }'],
      [],
    );
    const whole = text
      .replace('    pools:\n', `    pools:\n${pool(a)}`)
      .replace('    pools:\n', '    policies: [headers: { response: { set: { X-Seen: all } } }]\n    pools:\n');
    await using gateway = await GatewayProcess.start(whole, environment);
    const answer = async (path: string) => {
      const { status, headers } = await fetch(`${gateway.url}${path}`, { redirect: 'manual' });
      return [status, headers.get('x-seen'), headers.get('location')];
    };
    expect(await answer('/a/x')).toEqual([200, 'all', null]);
    expect(await answer('/b')).toEqual([404, 'all', null]);
    expect(await answer('/old')).toEqual([308, 'all', expect.stringContaining('/a/new')]);
  });
});

test('explain says which route wins, why, and what came second; check sums routes up', async () => {
  using web = new Origin('web');
  using a = new Origin('a');
  const routes = [
    '{ name: api, match: { path_prefix: /api/ }, pool: a }',
    '{ match: { path_prefix: /api/v1/ }, pool: a, strip_prefix: true }',
  ];
  await using gateway = await GatewayProcess.start(main(routes, [web, a]));
  const file = ['-c', `${gateway.directory}/keystone.yaml`];
  const { out } = await keystone(['explain', ...file, 'GET', `${gateway.url}/api/v1/x`]);
  expect(out).toContain('  route      path /api/v1/ (the longest literal beginning)\n');
  expect(out).toContain('             not api: path /api/ matches too, but its prefix is shorter\n  pool       a\n');
  expect(out).toContain('  forwarded  /x, with X-Forwarded-Prefix: /api/v1\n');
  expect(out).toMatch(/backends → a\/one {2}http/);
  const other = await keystone(['explain', '--json', ...file, 'GET', `${gateway.url}/x`]);
  expect(JSON.parse(other.out)).toMatchObject({ route: null, pool: 'default', tenant: 'main' });
  expect((await keystone(['check', ...file])).out).toContain('2 backends, not checked, 2 routes');
  const all = (await keystone(['check', '--all', ...file])).out;
  expect(all).toContain('    path /api/ → a\n');
  expect(all).toMatch(/a\/one {2}http/);
});

test('a pool may be a Unix socket that is checked, by HTTP or by a connection alone', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'keystone-'));
  const socket = join(folder, 'app.sock');
  const serve = () =>
    Bun.serve({
      unix: socket,
      fetch: (request) => Response.json({ origin: 'socket', url: new URL(request.url).pathname }),
    });
  let server = serve();
  try {
    using web = new Origin('web');
    const quick = 'interval: 200ms, timeout: 200ms, fast_interval: 50ms, down_interval: 200ms';
    const pools = `      http: { services: [{ name: s, url: "unix:${socket}", health: /up }], health_check: { ${quick} } }
      tcp: { services: [{ name: s, url: "unix:${socket}:/base" }], health_check: { type: tcp, ${quick} } }\n`;
    const text = main(
      ['{ match: { path_prefix: /h/ }, pool: http }', '{ match: { path_prefix: /t/ }, pool: tcp }'],
      [web],
    ).replace('    pools:\n', `    pools:\n${pools}`);
    await using gateway = await GatewayProcess.start(text, TWO);
    await untilEligible(gateway, 3);
    expect(await ask(gateway, '/h/x')).toBe('socket /h/x');
    expect(await ask(gateway, '/t/x')).toBe('socket /base/t/x');
    const words = ['explain', '-c', `${gateway.directory}/keystone.yaml`, 'GET', `${gateway.url}/t/x`];
    expect((await keystone(words)).out).toContain(`tcp/s  unix:${socket}:/base  eligible; picked`);
    await server.stop(true);
    await rm(socket, { force: true });
    await untilEligible(gateway, 1);
    expect(await ask(gateway, '/t/x')).toBe('503');
    const { backends }: TenantStatus = await tenantOf(gateway);
    expect(backends.map(({ name, state }) => `${name} ${state}`)).toEqual([
      'web unchecked',
      'http/s unhealthy',
      'tcp/s unhealthy',
    ]);
    server = serve();
    await untilEligible(gateway, 3);
    expect(await ask(gateway, '/h/x')).toBe('socket /h/x');
  } finally {
    await server.stop(true);
    await rm(folder, { recursive: true });
  }
});
