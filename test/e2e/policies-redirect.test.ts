// Redirects, as browsers and curl follow them.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { curl } from '../support/curl.ts';
import { Site } from '../support/policies/site.ts';
import { until } from '../support/until.ts';

let site: Site;

beforeAll(async () => {
  site = await Site.open(
    {
      old: { policies: [{ redirect: { to: 'http://new.test{path}{query}' } }] },
      new: { policies: [] },
      www: {
        policies: [{ redirect: { to: 'https://www.{host}{path}{query}', status: 301 }, when: { hosts: ['www.test'] } }],
      },
      plain: { policies: [{ security_headers: {} }, { redirect: { https: true, port: 8443 } }] },
    },
    undefined,
    'trusted_proxies: [127.0.0.2]\n',
  );
});

afterAll(async () => {
  await site[Symbol.asyncDispose]();
});

const resolved = (): readonly string[] =>
  ['old', 'new'].flatMap((name) => ['--connect-to', `${name}.test:80:127.0.0.1:${site.gateway.port}`]);

describe('a redirect to another host', () => {
  test('is followed with path, query, method and body', async () => {
    const { body } = await curl(...resolved(), '--location', '--data', 'a=b', 'http://old.test/x%2Fy?q=1');
    expect(JSON.parse(body.slice(body.indexOf('{')))).toMatchObject({ method: 'POST', url: '/x%2Fy?q=1', body: 'a=b' });
  });

  test('has no body, also for HEAD, and keeps the connection', async () => {
    const { status, headers, body } = await curl('--head', '-H', 'Host: old.test', `${site.url}/x`);
    expect([status, headers.get('location'), headers.get('content-length'), body]).toEqual([
      308,
      'http://new.test/x',
      '0',
      '',
    ]);
    expect(headers.get('connection')).not.toBe('close');
  });

  test('names no host that the path looks like', async () => {
    const { status, headers } = await curl('-H', 'Host: www.test', '--path-as-is', `${site.url}//evil.example/%2e`);
    expect([status, headers.get('location')]).toEqual([301, 'https://www.www.test/evil.example/']);
  });
});

describe('a redirect to https', () => {
  test('is for what came without TLS, and says nothing of TLS itself', async () => {
    const answer = await site.ask('plain', '/a?b=c');
    expect([answer.status, answer.headers.get('location')]).toEqual([308, 'https://plain.test:8443/a?b=c']);
    expect(answer.headers.get('strict-transport-security')).toBe(null);
  });

  test('believes a trusted proxy that its client has come by TLS, and nobody else', async () => {
    const asked = ['-H', 'Host: plain.test', '-H', 'X-Forwarded-Proto: https', `${site.url}/`];
    const trusted = await curl('--interface', '127.0.0.2', ...asked);
    expect([trusted.status, trusted.headers.get('strict-transport-security')]).toEqual([200, 'max-age=31536000']);
    expect((await curl(...asked)).status).toBe(308);
  });

  test('leaves the questions of certificate authorities to the origin', async () => {
    const before = site.origin.requests;
    expect((await site.ask('plain', '/.well-known/acme-challenge/x')).status).toBe(200);
    expect(
      (await curl('-H', 'Host: plain.test', '--path-as-is', `${site.url}/.well-known/acme-challenge/../x`)).status,
    ).toBe(308);
    expect(site.origin.requests).toBe(before + 1);
  });
});

// The gateway of a test listens at an address of its command line, too, which comes first.
async function listenerOf({ gateway }: Site): Promise<string> {
  const ports = () => Array.from(gateway.output.matchAll(/listening on http:\/\/\S+:(\d+)/g), ([, port]) => port);
  await until(() => ports().length === 2, 'it listens at both addresses');
  return `http://127.0.0.1:${ports()[1]}`;
}

describe('a listener that redirects to https', () => {
  const clear = 'limits: {}\nlisteners:\n  - { name: plain, address: "127.0.0.1:0", redirect_to_https: 8443 }\n';

  test("sends every request for a tenant there, before its policies, and nobody to hosts that are nobody's", async () => {
    await using own = await Site.open(
      { shop: { policies: [{ static: { body: 'own' } }] } },
      undefined,
      `${clear}trusted_proxies: [127.0.0.2]\n`,
    );
    const ask = (...words: readonly string[]) => curl('-H', 'Host: SHOP.test:80', ...words);
    const url = await listenerOf(own);
    const sent = await ask('--data', 'a=b', `${url}/a%2Fb?c=d`);
    expect([sent.status, sent.headers.get('location')]).toEqual([308, 'https://shop.test:8443/a%2Fb?c=d']);
    expect((await curl('-H', 'Host: other.test', `${url}/`)).status).toBe(404);
    expect((await ask(`${url}/.well-known/acme-challenge/x`)).body).toBe('own');
    const behind = ['--interface', '127.0.0.2', '-H', 'X-Forwarded-Proto: https'];
    expect((await ask(...behind, `${url}/`)).body).toBe('own');
    expect((await ask('-H', 'X-Forwarded-Proto: https', `${url}/`)).status).toBe(308);
    expect((await ask('--path-as-is', `${url}//evil.example/`)).headers.get('location')).toBe(
      'https://shop.test:8443//evil.example/',
    );
  });

  test('does so after a reload that says it, and no more after one that does not', async () => {
    await using own = await Site.open(
      { shop: { policies: [] } },
      undefined,
      clear.replace(', redirect_to_https: 8443', ''),
    );
    const url = await listenerOf(own);
    const ask = (path: string) => fetch(url + path, { headers: { Host: 'shop.test' }, redirect: 'manual' });
    expect((await ask('/')).status).toBe(200);
    const text = await Bun.file(own.gateway.file).text();
    const reloadWith = async (listener: string) => {
      await own.gateway.rewrite(text.replace('address: "127.0.0.1:0" }', `address: "127.0.0.1:0"${listener} }`));
      expect((await fetch(`${own.gateway.admin}/reload`, { method: 'POST' })).status).toBe(200);
    };
    await reloadWith(', redirect_to_https: true');
    expect((await ask('/x')).headers.get('location')).toBe('https://shop.test/x');
    await reloadWith('');
    expect((await ask('/')).status).toBe(200);
  });
});
