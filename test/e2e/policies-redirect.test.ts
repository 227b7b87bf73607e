// Redirects, as browsers and curl follow them.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { curl } from '../support/curl.ts';
import { Site } from '../support/policies/site.ts';

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
