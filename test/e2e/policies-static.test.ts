// Answers of the configuration's own, as curl and caches get them.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { curl } from '../support/curl.ts';
import { Site } from '../support/policies/site.ts';

let site: Site;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keystone-test-'));
  await writeFile(join(folder, 'page.html'), `<p>ü</p>${'x'.repeat(500_000)}`);
  site = await Site.open({
    shop: {
      policies: [
        { static: { body: 'User-agent: *\n', headers: { 'X-Robots-Tag': 'none' } }, when: { paths: ['/robots.txt'] } },
        { static: { file: join(folder, 'page.html') }, when: { paths: ['/page'] } },
        { static: { status: 410, body: 'gone\n' }, when: { paths: ['/old/*'] } },
        { static: { status: 204 }, when: { paths: ['/none'] } },
      ],
    },
  });
});

afterAll(async () => {
  await site[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const ask = (path: string, ...words: readonly string[]) =>
  curl('-H', 'Host: shop.test', ...words, `${site.url}${path}`);

describe('a static answer', () => {
  test('is given in place of the origin, to its paths alone', async () => {
    const before = site.origin.requests;
    const { status, headers, body } = await ask('/robots.txt');
    expect([status, body]).toEqual([200, 'User-agent: *\n']);
    expect([headers.get('content-type'), headers.get('x-robots-tag')]).toEqual(['text/plain; charset=utf-8', 'none']);
    expect((await ask('/old/x')).status).toBe(410);
    expect((await ask('/none')).status).toBe(204);
    expect(site.origin.requests).toBe(before);
    expect((await ask('/other')).status).toBe(200);
    expect(site.origin.requests).toBe(before + 1);
  });

  test('comes whole from a file, with the type of its name', async () => {
    const { headers, body } = await ask('/page');
    expect([headers.get('content-type'), body.length]).toEqual(['text/html; charset=utf-8', 500_008]);
    expect(body.slice(0, 8)).toBe('<p>ü</p>');
  });

  test('has no body for HEAD, and for whoever has it already', async () => {
    const head = await ask('/page', '--head');
    expect([head.status, head.headers.get('content-length'), head.body]).toEqual([200, '500009', '']);
    const tag = head.headers.get('etag') ?? '';
    for (const known of [tag, `W/${tag}`, `"other", ${tag}`, '*']) {
      const { status, headers, body } = await ask('/page', '-H', `If-None-Match: ${known}`);
      expect([status, headers.get('etag'), body]).toEqual([304, tag, '']);
    }
    expect((await ask('/page', '-H', 'If-None-Match: "other"')).status).toBe(200);
    expect((await ask('/old/x', '-H', `If-None-Match: *`)).status).toBe(410);
  });

  test('takes the body of a request, and the connection goes on', async () => {
    const twice = [`${site.url}/robots.txt`, '--next', '-H', 'Host: shop.test', '--silent', '-w', '%{num_connects}'];
    const { body } = await ask('/robots.txt', '--data', 'x'.repeat(100_000), '-o', '/dev/null', ...twice);
    expect(body).toEndWith('0');
  });
});
