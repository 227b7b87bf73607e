// A cache before a real origin, in as many processes as the gateway has.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { hash } from 'node:crypto';
import { request as ask } from 'node:http';
import { keystone } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { Site, siteConfig } from '../support/policies/site.ts';
import { RawClient } from '../support/raw-client.ts';
import { until } from '../support/until.ts';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const BOUND = 60_000;
const PROCESSES = Number(process.env['KEYSTONE_TEST_WORKERS'] ?? '2');
// Enough for every process to have its part, over connections of their own.
const ALL = 40;

type Got = { readonly status: number; readonly headers: Readonly<Record<string, unknown>>; readonly text: string };
type Asked = { readonly method?: string; readonly headers?: Readonly<Record<string, string>> };

let site: Site;
let count = 0;
let isDown = false;

beforeAll(async () => {
  const caches = (options: object = {}) => ({ policies: [{ cache: options }] });
  site = await Site.open(
    {
      plain: caches(),
      stale: caches({ stale_if_error: '1h' }),
      users: {
        policies: [
          {
            api_key: {
              keys: ['anna', 'bob'].map((id) => ({ id, hash: `sha256:${hash('sha256', `secret of ${id}`)}` })),
              forward: { headers: { 'X-User': 'id' } },
            },
          },
          { cache: {} },
        ],
      },
      pages: { policies: [{ cors: { origins: ['https://a.test', 'https://b.test'] } }, { cache: {} }] },
      coded: { policies: [{ cache: {} }], more: { compression: {} } },
      moved: {
        policies: [{ cache: {} }],
        more: { path_prefix: '/shop/', domains: ['moved.test'], strip_prefix: true },
      },
    },
    answer,
  );
}, BOUND);

afterAll(() => site[Symbol.asyncDispose]());

function answer(request: Request): Response {
  const { pathname } = new URL(request.url);
  if (pathname === '/health') return new Response('ok');
  count++;
  if (isDown) return new Response('down', { status: 503 });
  const age = request.headers.get('x-max-age') ?? '600';
  const fields = { 'Cache-Control': `max-age=${age}`, ETag: '"1"', 'Surrogate-Key': `all page-${pathname.slice(1)}` };
  if (request.headers.get('if-none-match') === '"1"') return new Response(null, { status: 304, headers: fields });
  if (pathname === '/redirect') return new Response(null, { status: 301, headers: { ...fields, Location: '/to' } });
  const told = { count, host: request.headers.get('x-forwarded-host'), user: request.headers.get('x-user') };
  return Response.json(pathname === '/long' ? { ...told, text: 'again '.repeat(2000) } : told, { headers: fields });
}

// Over a connection of its own, so that any process may have it.
function get(tenant: string, path: string, { method = 'GET', headers = {} }: Asked = {}): Promise<Got> {
  const { promise, resolve, reject } = Promise.withResolvers<Got>();
  const { hostname, port } = new URL(site.url);
  const sent = ask({ hostname, port, path, method, agent: false, headers: { Host: `${tenant}.test`, ...headers } });
  sent.on('response', (response) => {
    let text = '';
    response.setEncoding('latin1');
    response.on('data', (part: string) => {
      text += part;
    });
    response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
  });
  sent.on('error', reject);
  sent.end();
  return promise;
}

function all(tenant: string, path: string, asked: Asked = {}): Promise<readonly Got[]> {
  return Promise.all(Array.from({ length: ALL }, () => get(tenant, path, asked)));
}

async function fetches(run: () => Promise<unknown>): Promise<number> {
  const before = count;
  await run();
  return count - before;
}

function purge(...words: readonly string[]) {
  return keystone(['purge', ...words, '--url', site.gateway.admin]);
}

describe('an answer', () => {
  test('is fetched once by each process, however many ask at a time', async () => {
    expect(await fetches(() => all('plain', '/once'))).toBeLessThanOrEqual(PROCESSES);
    expect(await fetches(() => all('plain', '/once'))).toBe(0);
    const { status, headers } = await get('plain', '/once');
    expect([status, headers['age'], headers['etag']]).toEqual([200, expect.stringMatching(/^\d+$/), '"1"']);
    expect(headers['cache-status']).toMatch(/^keystone; hit; ttl=\d+$/);
  });

  test('is given in part, confirmed, and without its body, on one connection', async () => {
    await all('plain', '/forms');
    using client = await RawClient.open(site.gateway.port);
    const head = 'Host: plain.test\r\n';
    const requests = [
      `GET /forms HTTP/1.1\r\n${head}Range: bytes=0-4\r\n\r\n`,
      `HEAD /forms HTTP/1.1\r\n${head}\r\n`,
      `GET /forms HTTP/1.1\r\n${head}If-None-Match: "1"\r\n\r\n`,
      `GET /forms HTTP/1.1\r\n${head}Connection: close\r\n\r\n`,
    ];
    await client.send(requests.join(''));
    await client.until(({ peer }) => peer !== 'open', 5000);
    const text = client.received;
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 206', 'HTTP/1.1 200', 'HTTP/1.1 304', 'HTTP/1.1 200']);
    expect(text.match(/content-length: \d+/gi)?.length).toBe(3);
    expect(text.match(/"count"/g)?.length).toBe(1);
  });

  test('is not what a client has made of it by fields that nobody looks at', async () => {
    await all('plain', '/poison', { headers: { 'X-Forwarded-Host': 'evil.test' } });
    for (const { text } of await all('plain', '/poison')) expect(text).not.toContain('evil');
  });

  test('of one user is not given to another, nor to strangers', async () => {
    const as = (id: string) => ({ headers: { 'X-Api-Key': `secret of ${id}` } });
    for (const { text } of await all('users', '/me', as('anna'))) expect(text).toContain('anna');
    for (const { text } of await all('users', '/me', as('bob'))) expect(text).toContain('bob');
    for (const { status } of await all('users', '/me')) expect(status).toBe(401);
    expect((await get('users', '/me', as('anna'))).headers['cache-status']).toContain('hit');
  });

  test('says to every page of two sites what is for it', async () => {
    await all('pages', '/cors', { headers: { Origin: 'https://a.test' } });
    const other = await get('pages', '/cors', { headers: { Origin: 'https://b.test' } });
    expect([other.headers['access-control-allow-origin'], other.headers['cache-status']]).toEqual([
      'https://b.test',
      expect.stringContaining('hit'),
    ]);
  });

  test('is compressed for those who ask for it', async () => {
    await all('coded', '/long');
    const asked = { headers: { 'Accept-Encoding': 'gzip' } };
    // While there is much to do, it is not compressed yet.
    let coded = await get('coded', '/long', asked);
    await until(async () => {
      coded = await get('coded', '/long', asked);
      return coded.headers['content-encoding'] === 'gzip';
    }, 'it is compressed');
    expect([coded.headers['content-encoding'], coded.headers['etag'], coded.headers['vary']]).toEqual([
      'gzip',
      '"1-ks-gzip"',
      'Accept-Encoding',
    ]);
    expect(Number(coded.headers['content-length'])).toBeLessThan(2000);
    const plain = await get('coded', '/long');
    expect([plain.headers['content-encoding'], plain.text.length > 10_000]).toEqual([undefined, true]);
  });

  test('names places as the client knows them', async () => {
    const places = (await all('moved', '/shop/redirect')).map(({ headers }) => headers['location']);
    expect(new Set(places)).toEqual(new Set(['/shop/to']));
    expect((await get('moved', '/shop/redirect')).headers['cache-status']).toContain('hit');
  });
});

describe('what was kept', () => {
  test(
    'is given by no process any more when an operator has purged its address, its tag or all',
    async () => {
      for (const words of [
        ['--address', 'https://plain.test/%70urged?a=1'],
        ['--address', 'https://plain.test/purged'],
        ['--tag', 'page-purged'],
        ['--all'],
      ]) {
        await all('plain', '/purged?a=1');
        const before = count;
        const { code, out } = await purge('plain', ...words);
        expect([code, out]).toEqual([0, expect.stringContaining('forgotten')]);
        for (const { text } of await all('plain', '/purged?a=1'))
          expect(JSON.parse(text).count).toBeGreaterThan(before);
      }
      await all('plain', '/purged?a=1');
      await purge('plain', '--address', 'https://plain.test/purged?a=2');
      expect(await fetches(() => all('plain', '/purged?a=1'))).toBe(0);
    },
    BOUND,
  );

  test('is purged by operators only, and by orders that can be understood', async () => {
    expect((await purge('plain')).code).toBe(2);
    expect((await purge('plain', '--all', '--tag', 'a')).code).toBe(2);
    expect((await purge('nobody', '--all')).errors).toContain('there is no tenant nobody');
    expect((await purge('plain', '--address', 'nowhere')).errors).toContain('not valid');
    expect((await get('plain', '/purge', { method: 'PURGE' })).headers['cache-status']).toBe('keystone; fwd=method');
  });

  test('is forgotten by all processes when a request changes its address', async () => {
    await all('plain', '/changed');
    const before = count;
    await get('plain', '/changed', { method: 'POST' });
    for (const { text } of await all('plain', '/changed')) expect(JSON.parse(text).count).toBeGreaterThan(before);
  });

  test(
    'stays over a reload that changes something else',
    async () => {
      const { gateway, origin } = site;
      await all('plain', '/reloaded');
      const [, rest = ''] = (await Bun.file(join(gateway.directory, 'keystone.yaml')).text()).split('tenants:\n');
      const more = siteConfig({ more: { policies: [] } }, origin.url);
      await writeFile(join(gateway.directory, 'keystone.yaml'), more + rest);
      expect((await keystone(['reload', '--url', gateway.admin])).code).toBe(0);
      expect(await fetches(() => all('plain', '/reloaded'))).toBe(0);
    },
    BOUND,
  );

  test('stands in while all backends are down', async () => {
    const asked = { headers: { 'X-Max-Age': '1' } };
    await all('stale', '/old', asked);
    isDown = true;
    try {
      const isOld = async () => String((await get('stale', '/old')).headers['cache-status']).includes('fwd=stale');
      await until(isOld, 'it is old');
      for (const { status, text } of await all('stale', '/old'))
        expect([status, text]).toEqual([200, expect.stringContaining('count')]);
      expect((await get('stale', '/other')).status).toBe(503);
    } finally {
      isDown = false;
    }
  });
});

test(
  'an origin that is gone is not missed',
  async () => {
    using origin = new Origin('a', answer);
    await using other = await Site.open({ plain: { policies: [{ cache: { stale_if_error: '1h' } }] } }, answer);
    await other.origin.stop();
    origin.requests = 0;
    const missed = await other.ask('plain', '/never');
    expect(missed.status).toBeGreaterThanOrEqual(502);
  },
  BOUND,
);
