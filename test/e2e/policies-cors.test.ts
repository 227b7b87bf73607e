// Which pages of other origins may read the answers: by hand, and as a browser goes by it.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { chromiumDom } from '../support/chromium.ts';
import { Origin } from '../support/origin.ts';
import { Site } from '../support/policies/site.ts';
import { needs } from '../support/programs.ts';

const APP = 'https://app.example.com';
const REFUSING = { ip_access: { allow: ['192.0.2.1'] } };
const DOWN = { services: [{ name: 'a', url: 'http://127.0.0.1:1' }] };
const PREFLIGHT = { Origin: APP, 'Access-Control-Request-Method': 'PUT' };

let site: Site;

beforeAll(async () => {
  const cors = { cors: { origins: [APP, 'https://other.example.com'], credentials: true } };
  const answer = (request: Request) => {
    const headers = { 'Access-Control-Allow-Origin': '*', 'Access-Control-Allow-Methods': 'GET', Vary: 'Accept' };
    return new Response(request.method, { headers });
  };
  site = await Site.open(
    {
      api: { policies: [cors] },
      guarded: { policies: [cors, REFUSING] },
      down: { policies: [cors], more: DOWN },
    },
    answer,
  );
});

afterAll(async () => {
  await site[Symbol.asyncDispose]();
});

describe('cors', () => {
  test('answers what browsers ask beforehand, before policies that refuse', async () => {
    const before = site.origin.requests;
    const { status, headers } = await site.ask('guarded', '/', { method: 'OPTIONS', headers: PREFLIGHT });
    expect([status, headers.get('access-control-allow-origin')]).toEqual([204, APP]);
    expect(headers.get('access-control-allow-credentials')).toBe('true');
    expect(site.origin.requests).toBe(before);
  });

  test('has its fields on refusals and failures', async () => {
    for (const [tenant, status] of [
      ['guarded', 403],
      ['down', 502],
    ] as const) {
      const answer = await site.ask(tenant, '/', { headers: { Origin: APP } });
      expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([status, APP]);
    }
  });

  test('puts its fields in place of those of the origin, once, and beside what else they depend on', async () => {
    for (const [origin, allowed] of [
      [APP, APP],
      ['https://other.example.com', 'https://other.example.com'],
      ['https://evil.example', null],
    ] as const) {
      const { headers } = await site.ask('api', '/', { headers: { Origin: origin } });
      expect(headers.get('access-control-allow-origin')).toBe(allowed);
      expect(headers.get('access-control-allow-methods')).toBe(null);
      expect(headers.get('vary')).toBe('Accept, Origin');
    }
    expect((await site.ask('api')).headers.get('vary')).toBe('Accept, Origin');
  });

  test('lets other OPTIONS requests go on', async () => {
    expect(await (await site.ask('api', '/', { method: 'OPTIONS', headers: { Origin: APP } })).text()).toBe('OPTIONS');
  });
});

// Asks the site for things, and writes what it may know of the answers where --dump-dom shows it.
const page = (api: string) => `<!doctype html><body><p id="seen"></p><script>
const ask = (path, options) => fetch('${api}' + path, options).then(async (answer) =>
  answer.status + ' ' + (await answer.text()) + ' ' + answer.headers.get('x-exposed') + ' ' + answer.headers.get('x-hidden'),
  () => 'nothing');
(async () => {
  document.getElementById('seen').textContent = [
    await ask('/first', { credentials: 'include' }),
    await ask('/put', { method: 'PUT', credentials: 'include', headers: { 'X-Own': '1', 'Content-Type': 'application/json' }, body: '{}' }),
    await ask('/refused', { credentials: 'include' }),
  ].join('; ');
})();
</script>`;

describe.if(needs('chromium'))('a browser', () => {
  // The page and the site are two origins of one host, so that cookies go along.
  async function seenBy(origins: (own: string) => readonly string[]): Promise<string> {
    let api = '';
    using pages = new Origin('pages', () => new Response(page(api), { headers: { 'Content-Type': 'text/html' } }));
    const own = `http://localhost:${pages.port}`;
    const answer = (request: Request) =>
      new Response(`${request.method} ${request.headers.get('cookie')} ${request.headers.get('x-own')}`, {
        headers: { 'Set-Cookie': 'a=1', 'X-Exposed': 'yes', 'X-Hidden': 'yes' },
      });
    const cors = { cors: { origins: origins(own), credentials: true, expose: ['X-Exposed'] } };
    const policies = [cors, { ...REFUSING, when: { paths: ['/refused'] } }];
    await using gateway = await Site.open({ api: { policies, more: { domains: ['localhost'] } } }, answer);
    api = `http://localhost:${gateway.gateway.port}`;
    const dom = await chromiumDom(own);
    return /<p id="seen">([^<]*)</.exec(dom)?.[1] ?? dom;
  }

  test('lets a page of a listed origin read answers, with cookies, and see refusals', async () => {
    const seen = await seenBy((own) => [own]);
    expect(seen).toMatch(/^200 GET null null yes null; 200 PUT a=1 1 yes null; 403 403 forbidden: /);
  });

  test('keeps all of it from a page of another origin', async () => {
    expect(await seenBy(() => [APP])).toBe('nothing; nothing; nothing');
  });
});
