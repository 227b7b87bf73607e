// Conditional requests through a gateway that compresses: a tag that it has given must work when it comes back.
import { describe, expect, test } from 'bun:test';
import { curl } from '../support/curl.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { NginxFiles } from '../support/nginx-files.ts';
import { Origin } from '../support/origin.ts';
import { uncheckedTenant } from '../support/yaml.ts';

const GZIP = ['-H', 'Accept-Encoding: gzip'];
const CSS = 'body { color: black }\n'.repeat(100);

describe('a file of nginx', () => {
  test('has one tag and one Vary for GET, HEAD and 304, which nginx knows again', async () => {
    await using nginx = await NginxFiles.start('', { 'a.css': CSS });
    await using gateway = await GatewayProcess.start(uncheckedTenant('/', [nginx]));
    const ask = (...words: string[]) => curl(...words, `${gateway.url}/a.css`);
    const origins = (await ask()).headers.get('etag') ?? '';
    expect(origins).toMatch(/^"[^"]+"$/);
    const whole = await ask(...GZIP);
    const tag = whole.headers.get('etag') ?? '';
    expect(tag).toBe(`${origins.slice(0, -1)}-ks-gzip"`);
    const head = await ask(...GZIP, '--head');
    const confirmed = await ask(...GZIP, '-H', `If-None-Match: ${tag}`);
    expect([whole.status, head.status, confirmed.status]).toEqual([200, 200, 304]);
    for (const { headers } of [whole, head, confirmed])
      expect([headers.get('etag'), headers.get('vary')]).toEqual([tag, 'Accept-Encoding']);
    expect(head.headers.get('content-encoding')).toBe('gzip');
    expect(head.headers.get('content-length')).toBeNull();
    expect((await ask(...GZIP, '-H', `If-Match: ${tag}`)).status).toBe(200);
    expect((await ask(...GZIP, '-H', 'If-Match: "other-ks-gzip"')).status).toBe(412);
  });

  test('is not continued by a part that does not fit behind the compressed one', async () => {
    await using nginx = await NginxFiles.start('', { 'a.css': CSS });
    await using gateway = await GatewayProcess.start(uncheckedTenant('/', [nginx]));
    const url = `${gateway.url}/a.css`;
    const origins = (await curl(url)).headers.get('etag') ?? '';
    const tag = (await curl(...GZIP, url)).headers.get('etag') ?? '';
    const rest = ['-H', 'Range: bytes=10-'];
    const coded = await curl(...GZIP, ...rest, '-H', `If-Range: ${tag}`, url);
    expect([coded.status, coded.headers.get('etag')]).toEqual([200, tag]);
    const plain = await curl(...rest, '-H', `If-Range: ${origins}`, url);
    expect([plain.status, plain.headers.get('etag')]).toEqual([206, origins]);
    expect(plain.headers.get('vary')).toBe('Accept-Encoding');
    expect(plain.body).toBe(CSS.slice(10));
  });

  test("keeps a client's connection over an answer to HEAD without a length", async () => {
    await using nginx = await NginxFiles.start('', { 'a.css': CSS });
    await using gateway = await GatewayProcess.start(uncheckedTenant('/', [nginx]));
    const url = `${gateway.url}/a.css`;
    const format = [
      '--write-out',
      '%{num_connects} ',
      '--head',
      ...GZIP,
      '--output',
      '/dev/null',
      '--output',
      '/dev/null',
    ];
    const child = Bun.spawn(['curl', '--silent', ...format, url, url], { stdout: 'pipe' });
    expect(await new Response(child.stdout).text()).toBe('1 0 ');
  });
});

describe('an origin that compares tags letter by letter', () => {
  test('finds its own ones in what a browser sends back', async () => {
    const seen: (string | null)[] = [];
    using origin = new Origin('a', ({ method, headers }) => {
      const [match, none] = [headers.get('if-match'), headers.get('if-none-match')];
      seen.push(method === 'PUT' ? match : none);
      if (method === 'PUT') return new Response(null, { status: match === '"v1"' ? 204 : 412 });
      const tag = { ETag: '"v1"' };
      if (none === '"v1"') return new Response(null, { status: 304, headers: tag });
      return Response.json({ text: 'x'.repeat(1000) }, { headers: tag });
    });
    await using gateway = await GatewayProcess.start(uncheckedTenant('/', [origin]));
    const tag = (await curl(...GZIP, gateway.url)).headers.get('etag') ?? '';
    expect((await curl(...GZIP, '-H', `If-None-Match: ${tag}`, gateway.url)).status).toBe(304);
    expect((await curl(...GZIP, '-H', `If-None-Match: W/${tag}`, gateway.url)).status).toBe(304);
    expect((await curl('-X', 'PUT', '-H', `If-Match: ${tag}`, '-d', 'x', gateway.url)).status).toBe(204);
    expect(seen).toEqual([null, '"v1"', '"v1"', '"v1"']);
  });

  test('through two gateways, of which the inner one compresses', async () => {
    using origin = new Origin('a', ({ headers }) => {
      const isKnown = headers.get('if-none-match') === '"v1"';
      return new Response(isKnown ? null : 'text '.repeat(100), {
        status: isKnown ? 304 : 200,
        headers: { ETag: '"v1"', 'Content-Type': 'text/plain' },
      });
    });
    await using inner = await GatewayProcess.start(uncheckedTenant('/', [origin]));
    await using outer = await GatewayProcess.start(uncheckedTenant('/', [{ name: 'inner', url: inner.url }]));
    const tag = (await curl(...GZIP, outer.url)).headers.get('etag') ?? '';
    expect(tag).toBe('"v1-ks-gzip"');
    const confirmed = await curl(...GZIP, '-H', `If-None-Match: ${tag}`, outer.url);
    expect([confirmed.status, confirmed.headers.get('etag')]).toEqual([304, tag]);
  });
});
