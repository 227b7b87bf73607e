// Pages of a site in place of errors, as browsers and programs get them.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { curl } from '../support/curl.ts';
import { Origin } from '../support/origin.ts';
import { Site } from '../support/policies/site.ts';

const HTML = ['-H', 'Accept: text/html'];
const NOBODY = { services: [{ name: 'a', url: 'http://127.0.0.1:1' }] };
const LARGE = 'x'.repeat(60_000);

let site: Site;
let pages: Origin;

beforeAll(async () => {
  pages = new Origin('pages', (request) =>
    new URL(request.url).pathname === '/502.html'
      ? new Response('<h1>{status} of the server of pages</h1>', { headers: { 'Content-Type': 'text/html' } })
      : new Response('none', { status: 404 }),
  );
  const answer = (request: Request): Response => {
    const status = Number(new URL(request.url).pathname.slice(1));
    const headers = { 'Content-Encoding': 'gzip', 'X-Own': '1', 'Retry-After': '9', ETag: '"a"' };
    return status === 304
      ? new Response(null, { status })
      : new Response(Bun.gzipSync(`own ${'y'.repeat(200_000)}`), { status, headers });
  };
  const page = (more: object) => ({
    error_pages: { inline: `<p>{status} ${LARGE}</p>`, statuses: ['400-599'], ...more },
  });
  site = await Site.open(
    {
      down: { policies: [{ headers: { response: { set: { 'X-Outer': '1' } } } }, page({})], more: NOBODY },
      origin: { policies: [page({ from: 'origin' })] },
      gateway: { policies: [page({})] },
      served: { policies: [{ error_pages: { service: { url: `${pages.url}/{status}.html` } } }], more: NOBODY },
      refused: { policies: [page({}), { ip_access: { allow: ['192.0.2.1'] } }] },
      unserved: {
        policies: [{ error_pages: { service: { url: 'http://127.0.0.1:1/' } } }],
        more: NOBODY,
      },
    },
    answer,
  );
});

afterAll(async () => {
  await site[Symbol.asyncDispose]();
  pages[Symbol.dispose]();
});

const ask = (tenant: string, path: string, ...words: readonly string[]) =>
  curl('-H', `Host: ${tenant}.test`, ...words, `${site.url}${path}`);

describe('an error of the gateway', () => {
  test('has the page for a browser, whole, and policies further out have their say', async () => {
    const { status, headers, body } = await ask('down', '/', ...HTML, '--compressed');
    expect([status, body]).toEqual([502, `<p>502 ${LARGE}</p>`]);
    expect([headers.get('x-outer'), headers.get('cache-control'), headers.get('content-type')]).toEqual([
      '1',
      'no-store',
      'text/html; charset=utf-8',
    ]);
  });

  test('has what programs can read for programs', async () => {
    expect((await ask('down', '/', '-H', 'Accept: application/json')).headers.get('content-type')).toBe(
      'application/problem+json',
    );
    expect((await ask('down', '/')).body).toStartWith('502 connect-refused');
  });

  test('has no body for HEAD, and the length that it would have', async () => {
    const { status, headers, body } = await ask('down', '/', ...HTML, '--head');
    expect([status, headers.get('content-length'), body]).toEqual([502, String(LARGE.length + 11), '']);
  });

  test('has the page also where a policy refuses', async () => {
    expect((await ask('refused', '/', ...HTML)).body).toStartWith('<p>403 x');
  });
});

describe('an error of an origin', () => {
  test('goes to the client as it is, if nothing else is said', async () => {
    const { status, headers, body } = await ask('gateway', '/500', ...HTML, '--compressed');
    expect([status, headers.get('x-own'), body.slice(0, 4)]).toEqual([500, '1', 'own ']);
  });

  test('has the page where that is said, with its status and fields, and the connection goes on', async () => {
    for (const status of [404, 500, 503]) {
      const { status: got, headers, body } = await ask('origin', `/${status}`, ...HTML);
      expect([got, body.slice(0, 8)]).toEqual([status, `<p>${status} x`]);
      expect([
        headers.get('x-own'),
        headers.get('retry-after'),
        headers.get('content-encoding'),
        headers.get('etag'),
      ]).toEqual(['1', '9', null, null]);
      expect(headers.get('connection')).not.toBe('close');
    }
  });

  test('is not seen in answers that are none', async () => {
    expect((await ask('origin', '/304', ...HTML)).status).toBe(304);
    expect((await ask('origin', '/200', ...HTML, '--compressed')).body).toStartWith('own ');
  });
});

describe('a server of pages', () => {
  test('is asked, and its page kept', async () => {
    const before = pages.requests;
    for (let n = 0; n < 3; n++)
      expect((await ask('served', '/', ...HTML)).body).toBe('<h1>502 of the server of pages</h1>');
    // Each process asks for itself.
    expect(pages.requests - before).toBeLessThanOrEqual(3);
  });

  test('that is down leaves the page of the gateway', async () => {
    const { status, body } = await ask('unserved', '/', ...HTML);
    expect([status, body.slice(0, 15)]).toEqual([502, '<!doctype html>']);
  });
});
