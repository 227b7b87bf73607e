import { describe, expect, test } from 'bun:test';
import { curl } from '../support/curl.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { needs } from '../support/programs.ts';
import { pathTenant } from '../support/yaml.ts';

const TEXT = 'one and the same line of text, again and again\n'.repeat(20_000);
const HEADERS = { 'Content-Type': 'text/plain', ETag: '"v1"' };

const SMALLER = [
  'application/javascript',
  'application/x-javascript',
  'image/svg+xml',
  'application/manifest+json',
  'application/ld+json',
  'application/problem+json',
  'application/rss+xml',
  'application/atom+xml; charset=utf-8',
  'text/xml',
  'application/xhtml+xml',
  'application/wasm',
  'font/ttf',
  'font/otf',
  'application/vnd.ms-fontobject',
  'image/x-icon',
  'text/csv',
];
const PACKED = ['font/woff2', 'font/woff', 'image/webp', 'video/mp4', 'application/zip', 'application/octet-stream'];

describe.if(needs('curl'))('compression', () => {
  test.each(['gzip', 'br', 'deflate'])('by %s gives the client the same bytes, fewer on the wire', async (coding) => {
    using origin = new Origin('a', () => new Response(TEXT, { headers: HEADERS }));
    await using gateway = await GatewayProcess.start(pathTenant('/', [origin]));
    const words = ['-H', `Accept-Encoding: ${coding}`, `${gateway.url}/x`];
    const packed = await curl('--raw', ...words);
    expect(packed.headers.get('content-encoding')).toBe(coding);
    expect(packed.headers.get('vary')).toBe('Accept-Encoding');
    expect(packed.headers.get('etag')).toBe(`"v1-ks-${coding}"`);
    expect(packed.body.length).toBeLessThan(TEXT.length / 10);
    expect((await curl('--compressed', ...words)).body).toBe(TEXT);
  });

  test('is not for who does not ask, for images, or where a tenant has none', async () => {
    using origin = new Origin('a', (request) => {
      const type = request.url.endsWith('.png') ? 'image/png' : 'text/plain';
      return new Response(TEXT, { headers: { ...HEADERS, 'Content-Type': type } });
    });
    await using gateway = await GatewayProcess.start(pathTenant('/', [origin]));
    await using plain = await GatewayProcess.start(pathTenant('/', [origin], '    compression: { enabled: false }\n'));
    const gzip = ['-H', 'Accept-Encoding: gzip'];
    const coding = async (...words: string[]) => (await curl('--raw', ...words)).headers.get('content-encoding');
    expect(await coding(`${gateway.url}/x`)).toBeNull();
    expect(await coding(...gzip, `${gateway.url}/x.png`)).toBeNull();
    expect(await coding('-H', 'Accept-Encoding: gzip;q=0', `${gateway.url}/x`)).toBeNull();
    expect(await coding(...gzip, `${plain.url}/x`)).toBeNull();
    expect(await coding(...gzip, `${gateway.url}/x`)).toBe('gzip');
  });

  test('is for what browsers load as text, and not for what is compressed by itself', async () => {
    const typeOf = (request: Request): string => new URL(request.url).searchParams.get('type') ?? '';
    using origin = new Origin('a', (request) => new Response(TEXT, { headers: { 'Content-Type': typeOf(request) } }));
    await using gateway = await GatewayProcess.start(pathTenant('/', [origin]));
    const codingOf = async (type: string): Promise<string | null> => {
      const url = `${gateway.url}/x?type=${encodeURIComponent(type)}`;
      return (await curl('--raw', '-H', 'Accept-Encoding: gzip', url)).headers.get('content-encoding');
    };
    for (const type of SMALLER) expect([type, await codingOf(type)]).toEqual([type, 'gzip']);
    for (const type of PACKED) expect([type, await codingOf(type)]).toEqual([type, null]);
  });

  test('is said to vary also to a client that does not ask for it, and only of what may be compressed', async () => {
    using origin = new Origin('a', (request) => {
      const type = request.url.endsWith('.png') ? 'image/png' : 'text/plain';
      return new Response(TEXT, { headers: { ...HEADERS, 'Content-Type': type } });
    });
    await using gateway = await GatewayProcess.start(pathTenant('/', [origin]));
    const plain = await curl('--raw', `${gateway.url}/x`);
    expect(plain.headers.get('vary')).toBe('Accept-Encoding');
    expect(plain.headers.get('etag')).toBe('"v1"');
    expect(plain.body).toBe(TEXT);
    expect((await curl('--raw', `${gateway.url}/x.png`)).headers.get('vary')).toBeNull();
  });

  test('holds back nothing of an event stream', async () => {
    const next = Promise.withResolvers<void>();
    using origin = new Origin('a', () => {
      const events = async function* () {
        yield 'data: one\n\n';
        await next.promise;
        yield 'data: two\n\n';
      };
      return new Response(events(), { headers: { 'Content-Type': 'text/event-stream' } });
    });
    const listed = 'compression: { content_types: ["text/*"] }\n';
    await using gateway = await GatewayProcess.start(listed + pathTenant('/', [origin]));
    const response = await fetch(`${gateway.url}/events`, { headers: { 'Accept-Encoding': 'gzip' } });
    const reader = (response.body ?? new ReadableStream<Uint8Array>()).pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader.read()).value).toBe('data: one\n\n');
    next.resolve();
    expect((await reader.read()).value).toBe('data: two\n\n');
    expect((await reader.read()).done).toBe(true);
  });
});
