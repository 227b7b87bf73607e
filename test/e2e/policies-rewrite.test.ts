// Rewritten requests: what a real origin gets, and what a real client gets of its answers.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { curl } from '../support/curl.ts';
import type { Seen } from '../support/origin.ts';
import { Site } from '../support/policies/site.ts';

let site: Site;

// What the origin says of places is in terms of its own paths.
async function answer(request: Request): Promise<Response> {
  const url = new URL(request.url);
  const seen = { method: request.method, url: url.pathname + url.search, headers: Object.fromEntries(request.headers) };
  const headers = new Headers({ Location: '/login?next=/a', 'Content-Location': `${url.pathname}.json` });
  headers.append('Set-Cookie', 'a=1; Path=/');
  headers.append('Set-Cookie', 'b=2; Path=/login; HttpOnly');
  return new Response(JSON.stringify({ ...seen, body: await request.text() }), { headers });
}

beforeAll(async () => {
  const strip = { rewrite: { strip_prefix: '/v1' } };
  site = await Site.open(
    {
      stripped: { policies: [strip] },
      both: { policies: [strip], more: { path_prefix: '/api/' } },
      unmapped: { policies: [{ rewrite: { strip_prefix: '/v1', map_back: false } }] },
      moved: { policies: [{ rewrite: { replace_prefix: { from: '/shop', to: '/app' } } }] },
      hosted: { policies: [{ rewrite: { host: 'inside.test' } }] },
      patterns: { policies: [{ rewrite: { regex: '^/old/(.*)$', to: '/new/{1}' } }] },
    },
    answer,
  );
});

afterAll(async () => {
  await site[Symbol.asyncDispose]();
});

async function seenBy(tenant: string, target: string, ...words: readonly string[]) {
  const { status, headers, body } = await curl(
    '--path-as-is',
    '-H',
    `Host: ${tenant}.test`,
    ...words,
    `${site.url}${target}`,
  );
  return { status, headers, seen: body.startsWith('{') ? (JSON.parse(body) as Seen) : null };
}

describe('a rewritten request', () => {
  test('keeps escapes, query and body, and says what was removed', async () => {
    const { seen } = await seenBy('stripped', '/v1/a%2Fb/%252e%252e?x=1&y', '--data', 'body');
    expect(seen).toMatchObject({ method: 'POST', url: '/a%2Fb/%252e%252e?x=1&y', body: 'body' });
    expect(seen?.headers['x-forwarded-prefix']).toBe('/v1');
  });

  test('goes on from where the prefix of the tenant has been removed', async () => {
    const { seen } = await seenBy('both', '/api/v1/x');
    expect([seen?.url, seen?.headers['x-forwarded-prefix']]).toEqual(['/x', '/api/v1']);
  });

  test('believes no prefix that a client claims', async () => {
    const { seen } = await seenBy(
      'stripped',
      '/v1/x',
      '-H',
      'X-Forwarded-Prefix: /evil',
      '-H',
      'X_Forwarded_Prefix: /evil',
    );
    expect(Object.entries(seen?.headers ?? {}).filter(([name]) => /prefix/.test(name))).toEqual([
      ['x-forwarded-prefix', '/v1'],
    ]);
  });

  test('gets another Host, and the origin learns the first', async () => {
    const { seen } = await seenBy('hosted', '/');
    expect(seen?.headers).toMatchObject({ host: 'inside.test', 'x-forwarded-host': 'hosted.test' });
  });

  test('is refused where a client has led it out of its place', async () => {
    const before = site.origin.requests;
    expect((await seenBy('patterns', '/old/a%2f..%2f..%2fsecret')).status).toBe(400);
    expect((await seenBy('patterns', '/old/../../secret')).status).toBe(400);
    expect(site.origin.requests).toBe(before);
    expect((await seenBy('patterns', '/old/a/./b')).seen?.url).toBe('/new/a/b');
  });
});

describe('the answer to one', () => {
  test('says where places are for the client', async () => {
    const { headers } = await seenBy('stripped', '/v1/x');
    expect(headers.get('location')).toBe('/v1/login?next=/a');
    expect(headers.get('content-location')).toBe('/v1/x.json');
    expect(headers.getSetCookie()).toEqual(['a=1; Path=/v1/', 'b=2; Path=/v1/login; HttpOnly']);
    expect((await seenBy('both', '/api/v1/x')).headers.get('location')).toBe('/api/v1/login?next=/a');
  });

  test('says so where another prefix took the place of the first, and leaves other paths', async () => {
    const { headers } = await seenBy('moved', '/shop/x');
    expect(headers.get('content-location')).toBe('/shop/x.json');
  });

  test('stays as it is where that is said', async () => {
    const { headers } = await seenBy('unmapped', '/v1/x');
    expect([headers.get('location'), headers.getSetCookie()[0]]).toEqual(['/login?next=/a', 'a=1; Path=/']);
  });
});
