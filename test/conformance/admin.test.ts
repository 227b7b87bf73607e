// Rules for every endpoint of the admin API.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { AdminEndpoint } from '../../src/admin/contract.ts';
import { endpoints } from '../../src/admin/registry.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { RawClient } from '../support/raw-client.ts';
import { until } from '../support/until.ts';
import { pathTenant } from '../support/yaml.ts';

const TOKEN = 'a-token-of-the-tests';
let origin: Origin;
let gateway: GatewayProcess;
/** With tokens. */
let guarded: GatewayProcess;
/** On the listeners of clients, without tokens. */
let open: GatewayProcess;

beforeAll(async () => {
  origin = new Origin('a');
  const yaml = `${pathTenant('/', [origin])}    policies: [{ maintenance: {} }, { cache: {} }]\n`;
  gateway = await GatewayProcess.start(yaml);
  guarded = await GatewayProcess.start(
    `admin_base_path: /ops\nadmin: { tokens: ["\${TOKEN}"], hosts: [known.test, "*.known.test"] }\n${yaml}`,
    { TOKEN },
  );
  open = await GatewayProcess.start(`admin_base_path: /ops\n${yaml}`);
  for (const url of [gateway.admin, `${guarded.url}/ops`, open.admin]) {
    await until(async () => (await fetch(`${url}/health`)).status === 200, 'it is healthy');
  }
}, 60_000);

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await guarded[Symbol.asyncDispose]();
  await open[Symbol.asyncDispose]();
  origin[Symbol.dispose]();
});

const QUERIES: Readonly<Record<string, string>> = {
  weight: '?weight=configured',
  maintenance: '?active=configured',
  purge: '?all=true',
  'log-level': '?level=configured',
};

const CHECKED = { text: 'tenants: []\n' };

const BODIES: Readonly<Record<string, unknown>> = {
  '/config': CHECKED,
  '/config/check': CHECKED,
  '/explain': { method: 'GET', url: 'http://main.test/' },
};

// Every endpoint by a path that exists, and with what it needs to succeed. How people log in and out is not of this kind, and
// has tests of its own (test/e2e/admin-rights.test.ts), and so have what needs no rights at all (test/e2e/openapi.test.ts) and
// what replaces the whole configuration (test/e2e/config-endpoints.test.ts).
const all: readonly AdminEndpoint[] = endpoints;
const cases = all
  .filter(({ access, method }) => access !== 'session' && access !== 'reachable' && method !== 'PUT')
  .map((endpoint) => {
    const path = endpoint.path.replace('{tenant}', 'main').replace('{backend}', 'a');
    const query = QUERIES[path.split('/').at(-1) ?? ''] ?? '';
    const body = endpoint.input === undefined ? undefined : BODIES[endpoint.path];
    const request = { method: endpoint.method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    return [`${endpoint.method} ${endpoint.path}`, path + query, { ...endpoint, request }] as const;
  });
const isStream = ([, path]: (typeof cases)[number]): boolean => path.endsWith('/stream');
const whole = cases.filter((one) => !isStream(one));

/** What is served at the path of an endpoint. */
function methodsAt(path: string): readonly string[] {
  return all.filter((one) => one.path === path).map(({ method }) => method);
}

/** Where operators with a token are answered: bodies and streams have no way through the listeners of clients. */
function operatorsAt({ input, path }: AdminEndpoint): string {
  return input === undefined && !path.endsWith('/stream') ? `${guarded.url}/ops` : guarded.admin;
}

describe.each(cases.filter(isStream))('%s', (_, path) => {
  test('is a stream that nobody may cache, and ends with the client', async () => {
    const gone = new AbortController();
    const response = await fetch(`${gateway.admin}${path}`, { signal: gone.signal });
    expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    gone.abort();
  });

  test('is for operators alone, and not on the listeners of clients', async () => {
    const ask = async (url: string, headers: Record<string, string>) =>
      (await fetch(url + path, { method: 'HEAD', headers })).status;
    expect(await ask(guarded.admin, {})).toBe(401);
    expect(await ask(guarded.admin, { authorization: `Bearer ${TOKEN}` })).toBe(200);
    expect(await ask(`${guarded.url}/ops`, { authorization: `Bearer ${TOKEN}` })).toBe(421);
    expect(await ask(gateway.admin, { host: 'rebound.example.com' })).toBe(403);
  });
});

describe.each(whole)('%s', (_, path, endpoint) => {
  const { request } = endpoint;

  test('answers with what nobody may cache, in JSON or as text', async () => {
    const response = await fetch(`${gateway.admin}${path}`, request);
    expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'no-store']);
    const isText = path === '/metrics';
    expect(response.headers.get('content-type')).toContain(isText ? 'text/plain' : 'application/json');
    if (!isText) expect(await response.json()).toBeObject();
  });

  test('answers HEAD like GET, without a body, where it answers GET', async () => {
    const response = await fetch(`${gateway.admin}${path}`, { method: 'HEAD' });
    expect([response.status, await response.text()]).toEqual([
      methodsAt(endpoint.path).includes('GET') ? 200 : 405,
      '',
    ]);
    expect(Number(response.headers.get('content-length'))).toBeGreaterThan(2);
  });

  test('refuses every other method and says what it takes', async () => {
    const taken = methodsAt(endpoint.path);
    for (const other of ['GET', 'POST', 'PUT', 'DELETE'].filter((candidate) => !taken.includes(candidate))) {
      const response = await fetch(`${gateway.admin}${path}`, { method: other });
      const allowed = taken.join(', ').replace('GET', 'GET, HEAD');
      expect([response.status, response.headers.get('allow')]).toEqual([405, allowed]);
    }
  });

  test('shows operators what it shows nobody else', async () => {
    const ask = async (headers: Record<string, string>) =>
      (await fetch(`${operatorsAt(endpoint)}${path}`, { ...request, headers })).status;
    expect(await ask({})).toBe(endpoint.access === 'public' ? 200 : 401);
    // Not for each of them: wrong tokens are limited in rate.
    if (path === '/tenants' || endpoint.access === 'public')
      expect(await ask({ authorization: 'Bearer a-token-of-somebody' })).toBe(endpoint.access === 'public' ? 200 : 401);
    expect(await ask({ authorization: `Bearer ${TOKEN}` })).toBe(200);
  });
});

describe.each(whole.filter(([, , { access }]) => access === 'operator'))('%s', (_, path, endpoint) => {
  const { method, request } = endpoint;
  const ask = async (url: string, headers: Record<string, string>) =>
    (await fetch(url + path, { ...request, headers })).status;

  test('is not for a page whose name leads to this machine', async () => {
    for (const host of ['rebound.example.com', '127.0.0.1.example.com']) {
      expect(await ask(gateway.admin, { host })).toBe(403);
      expect(await ask(guarded.admin, { host, authorization: `Bearer ${TOKEN}` })).toBe(421);
    }
    for (const host of ['localhost', 'localhost:80', '[::1]:80']) expect(await ask(gateway.admin, { host })).toBe(200);
    if (method !== 'GET') return;
    for (const host of ['known.test:9901', 'a.known.test.', '127.0.0.1'])
      expect(await ask(guarded.admin, { host, authorization: `Bearer ${TOKEN}` })).toBe(200);
    // There a page of an attacker could be at any name, but has no token.
    const host = 'shop.example.com';
    expect(await ask(`${guarded.url}/ops`, { host, authorization: `Bearer ${TOKEN}` })).toBe(200);
  });

  test('is not for what somebody on this machine has forwarded', async () => {
    for (const field of ['x-forwarded-for', 'x-real-ip', 'forwarded', 'via'])
      expect(await ask(gateway.admin, { [field]: '127.0.0.1' })).toBe(403);
  });

  test('needs a token on the listeners of clients, always, and at its own address where there are tokens', async () => {
    expect(await ask(`${open.url}/ops`, {})).toBe(403);
    expect(await ask(`${open.url}/ops`, { authorization: `Bearer ${TOKEN}` })).toBe(403);
    expect(await ask(open.admin, {})).toBe(200);
    expect(await ask(guarded.admin, {})).toBe(401);
    expect(await ask(guarded.admin, { authorization: `Bearer ${TOKEN}` })).toBe(200);
  });

  test('refuses a request with two tokens', async () => {
    const { port } = new URL(guarded.url);
    using client = await RawClient.open(Number(port));
    const line = `Authorization: Bearer ${TOKEN}\r\n`;
    await client.send(`${method} /ops${path} HTTP/1.1\r\nHost: a\r\n${line}${line}Connection: close\r\n\r\n`);
    await until(() => client.received.includes('more than one Authorization field'), 'it is refused');
    expect(client.received).toStartWith('HTTP/1.1 400 ');
  });

  test('is found below every path that scripts may use at the own address of the API', async () => {
    const own = open.admin.replace(/\/admin$/, '');
    for (const base of ['', '/admin', '/ops']) expect(await ask(own + base, {})).toBe(200);
  });
});

describe.each(whole.filter(([, , { path }]) => path.includes('{backend}')))('%s', (_, path, { method }) => {
  test('names what there is where there is no such tenant or backend', async () => {
    const ask = async (wrong: string) => await (await fetch(`${gateway.admin}${wrong}`, { method })).json();
    expect(await ask(path.replace('/main/', '/other/'))).toMatchObject({ error: 'no such tenant', tenants: ['main'] });
    expect(await ask(path.replace('/main/a', '/main/b'))).toMatchObject({ error: 'no such backend', backends: ['a'] });
  });
});

describe.each(whole.filter(([, , { method }]) => method !== 'GET'))('%s', (_, path, endpoint) => {
  test('is not at the service of a web page, unless the page has a token', async () => {
    const headers = { origin: 'http://evil.example' };
    const ask = async (url: string, more: Record<string, string> = {}) =>
      (await fetch(url + path, { ...endpoint.request, headers: { ...headers, ...more } })).status;
    expect(await ask(gateway.admin)).toBe(403);
    expect(await ask(operatorsAt(endpoint), { authorization: `Bearer ${TOKEN}` })).toBe(200);
  });
});

test.each(all.map((endpoint) => [`${endpoint.method} ${endpoint.path}`, endpoint] as const))(
  '%s may be cached by nobody, whatever is answered to whom',
  async (_, { method, path, parameters }) => {
    const place = path.replace('{tenant}', 'main').replace('{backend}', 'a');
    const wrong = parameters === undefined ? [] : [`${place}?limit=x&after=x&weight=x`];
    const asked = [place, path.replaceAll(/\{\w+\}/g, 'nobody'), `${place}/nothing`, ...wrong].flatMap((one) =>
      [gateway.admin, guarded.admin, `${guarded.url}/ops`].map((url) => url + one),
    );
    const others = method === 'GET' ? ['GET', 'HEAD'] : ['DELETE', 'PUT'];
    const askers = [{}, { authorization: `Bearer ${TOKEN}` }, { host: 'rebound.example.com' }];
    const ways = askers.flatMap((headers) => others.map((other) => ({ method: other, headers })));
    for (const url of asked)
      for (const way of ways) {
        const gone = new AbortController();
        const response = await fetch(url, { ...way, signal: gone.signal });
        expect([url, way, response.headers.get('cache-control')]).toEqual([url, way, 'no-store']);
        gone.abort();
      }
  },
);

test('what is below the admin path and no endpoint is a 404, and never proxied', async () => {
  const before = origin.requests;
  for (const path of ['/ops', '/ops/', '/ops/nothing', '/ops/health/x', '/ops//health']) {
    const response = await fetch(open.url + path);
    expect([path, response.status]).toEqual([path, 404]);
    expect(await response.json()).toMatchObject({ error: 'no such endpoint' });
  }
  expect(origin.requests).toBe(before);
});
