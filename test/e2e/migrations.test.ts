// Real kinds of set-up, as their owners have them today, each written for this gateway (examples/migrations) and asked as
// its clients ask.
import { describe, expect, test } from 'bun:test';
import type { CurlAnswer } from '../support/curl.ts';
import { ExampleStage } from '../support/example-stage.ts';

// More than any limit that somebody could have forgotten.
const PACK_BYTES = 20 * 1024 * 1024;

const CLOUD = 'https://cloud.example.com';

describe('Nextcloud', () => {
  test('has its files, its push server, the places where programs look for calendars, and no way to its data', async () => {
    await using site = await ExampleStage.open('migrations/nextcloud.yaml');
    expect((await site.ask('http://cloud.example.com/login')).headers.get('location')).toBe(`${CLOUD}/login`);
    const seen = await site.seen(
      `${CLOUD}/remote.php/dav/files/anna/a%20b.txt`,
      '--request',
      'PROPFIND',
      '-H',
      'Depth: 1',
    );
    expect([seen.method, seen.url, seen.headers['host']]).toEqual([
      'PROPFIND',
      '/remote.php/dav/files/anna/a%20b.txt',
      'cloud.example.com',
    ]);
    expect(seen.headers['x-forwarded-proto']).toBe('https');
    for (const name of ['carddav', 'caldav']) {
      const sent = await site.ask(`${CLOUD}/.well-known/${name}`);
      expect([sent.status, sent.headers.get('location')]).toEqual([301, `${CLOUD}/remote.php/dav/`]);
    }
    expect((await site.seen(`${CLOUD}/.well-known/webfinger?resource=a`)).url).toBe(
      '/index.php/.well-known/webfinger?resource=a',
    );
    expect((await site.seen(`${CLOUD}/.well-known/acme-challenge/x`)).url).toBe('/.well-known/acme-challenge/x');
    expect((await site.seen(`${CLOUD}/push/test/cookie`)).url).toBe('/test/cookie');
    expect(await site.socket(`${CLOUD}/push/ws`)).toBe('http://10.0.10.1:7867');
    for (const path of ['/data/x', '/config/config.php', '/data'])
      expect((await site.ask(CLOUD + path)).status).toBe(404);
    const { headers } = await site.ask(`${CLOUD}/status.php`);
    expect(headers.get('strict-transport-security')).toBe('max-age=15552000; includeSubDomains');
    expect([headers.get('x-robots-tag'), headers.get('referrer-policy')]).toEqual(['noindex, nofollow', 'no-referrer']);
  });
});

describe('Synapse', () => {
  const MATRIX = 'https://matrix.example.com';

  test('has clients, a worker for those who wait for news, and federation at a port of its own', async () => {
    await using site = await ExampleStage.open('migrations/synapse.yaml');
    const origin = async (url: string) => (await site.seen(url)).origin;
    expect(await origin(`${MATRIX}/_matrix/client/versions`)).toBe('http://10.0.20.1:8008');
    expect(await origin(`${MATRIX}/_matrix/client/v3/sync?timeout=30000`)).toStartWith('http://10.0.20.2:');
    expect(await origin(`${MATRIX}:8448/_matrix/federation/v1/version`)).toBe('http://10.0.20.3:8085');
    // Signatures cover the path as it is: nothing of it may change.
    const room = '/_matrix/federation/v1/state/%21room%3Aexample.com?event_id=%24a';
    expect((await site.seen(`${MATRIX}:8448${room}`)).url).toBe(room);
    expect((await site.ask(`${MATRIX}/_synapse/admin/v1/users`)).status).toBe(404);
    expect((await site.ask(`${MATRIX}/_other`)).status).toBe(404);
    expect((await site.ask(MATRIX)).headers.get('location')).toBe('https://element.example.com/');
  });

  test('keeps each account at the worker that knows it', async () => {
    await using site = await ExampleStage.open('migrations/synapse.yaml');
    for (const token of ['anna', 'bert', 'carl', 'dora']) {
      const workers = new Set<string>();
      for (let request = 0; request < 4; request++) {
        workers.add(
          (await site.seen(`${MATRIX}/_matrix/client/v3/sync`, '-H', `Authorization: Bearer ${token}`)).origin,
        );
      }
      expect(workers.size).toBe(1);
    }
  });

  test('is found by other servers, and by web clients of everybody', async () => {
    await using site = await ExampleStage.open('migrations/synapse.yaml');
    const server = await site.ask('https://example.com/.well-known/matrix/server');
    expect([server.headers.get('content-type'), server.body]).toEqual([
      'application/json',
      '{"m.server":"matrix.example.com:443"}',
    ]);
    const client = await site.ask(
      'https://example.com/.well-known/matrix/client',
      '-H',
      'Origin: https://app.element.io',
    );
    expect(client.headers.get('access-control-allow-origin')).toBe('*');
    expect((await site.seen('https://example.com/about')).origin).toBe('http://10.0.20.9:8080');
    const element = await site.ask('https://element.example.com/');
    expect(element.headers.get('content-security-policy')).toBe("frame-ancestors 'self'");
    expect(element.headers.get('cache-control')).toBe('no-cache');
  });
});

describe('Jellyfin', () => {
  const MEDIA = 'https://media.example.com';

  test('plays films by ranges, has its socket, and shows its measures to nobody outside', async () => {
    await using site = await ExampleStage.open('migrations/jellyfin.yaml', (request) =>
      request.headers.has('range')
        ? new Response('part', { status: 206, headers: { 'Content-Range': 'bytes 0-3/9' } })
        : null,
    );
    const part = await site.ask(`${MEDIA}/Videos/1/stream.mkv`, '-H', 'Range: bytes=0-3');
    expect([part.status, part.headers.get('content-range'), part.body]).toEqual([206, 'bytes 0-3/9', 'part']);
    expect(await site.socket(`${MEDIA}/socket?api_key=1`)).toBe('http://10.0.30.1:8096');
    for (const path of ['/', '/web'])
      expect((await site.ask(MEDIA + path)).headers.get('location')).toBe(`${MEDIA}/web/`);
    for (const path of ['/metrics', '/metrics/']) expect((await site.ask(MEDIA + path)).status).toBe(403);
    const { headers } = await site.ask(`${MEDIA}/web/index.html`);
    expect([headers.get('x-frame-options'), headers.get('x-content-type-options')]).toEqual([null, 'nosniff']);
    expect((await site.seen(`${MEDIA}/Items`)).headers['x-forwarded-host']).toBe('media.example.com');
  });
});

describe('GitLab', () => {
  test('is reached by its socket, limits logins, and keeps its measures to itself', async () => {
    await using site = await ExampleStage.open('migrations/gitlab.yaml');
    const git = 'https://gitlab.example.com';
    const seen = await site.seen(`${git}/group%2Fproject/info/refs?service=git-upload-pack`);
    expect([seen.origin, seen.url]).toEqual([
      'unix:/var/opt/gitlab/gitlab-workhorse/sockets/socket',
      '/group%2Fproject/info/refs?service=git-upload-pack',
    ]);
    expect(await site.socket(`${git}/-/cable`)).toStartWith('unix:');
    expect((await site.seen(`${git}/-/health`)).url).toBe('/-/health');
    const statuses: number[] = [];
    for (let login = 0; login < 12; login++) {
      statuses.push((await site.ask(`${git}/users/sign_in`, '--data', 'user=root')).status);
    }
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 200), 429, 429]);
    expect((await site.ask(`${git}/users/sign_in`)).status).toBe(200);
    expect((await site.seen('https://team.pages.example.com/docs/')).origin).toBe('http://10.0.40.3:8090');
    const registry = await site.ask('https://registry.example.com/v2/');
    expect(registry.headers.get('docker-distribution-api-version')).toBe('registry/2.0');
  });

  test('takes a push that is as large as it is', async () => {
    await using site = await ExampleStage.open('migrations/gitlab.yaml', (request) =>
      request.method === 'POST' ? new Response(request.body) : null,
    );
    const large = `${site.directory}/pack`;
    await Bun.write(large, new Uint8Array(PACK_BYTES));
    const url = 'https://gitlab.example.com/a/b.git/git-receive-pack';
    const pushed = await site.ask(url, '--data-binary', `@${large}`, '-o', '/dev/null', '-w', '%{size_download}');
    expect(pushed.body).toBe(String(PACK_BYTES));
  });
});

describe('Vaultwarden', () => {
  test('has its hub at another port, and what belongs to the hub at the first', async () => {
    await using site = await ExampleStage.open('migrations/vaultwarden.yaml');
    const vault = 'https://vault.example.com';
    expect(await site.socket(`${vault}/notifications/hub?access_token=x`)).toBe('http://10.0.50.1:3012');
    expect((await site.seen(`${vault}/notifications/hub/negotiate`, '--data', '')).origin).toBe(
      'http://10.0.50.1:8080',
    );
    expect((await site.seen(`${vault}/api/sync`)).origin).toBe('http://10.0.50.1:8080');
    for (const path of ['/admin', '/admin/', '/admin/users']) expect((await site.ask(vault + path)).status).toBe(404);
    const tries: number[] = [];
    for (let login = 0; login < 11; login++) {
      tries.push((await site.ask(`${vault}/identity/connect/token`, '--data', 'grant_type=password')).status);
    }
    expect(tries.filter((status) => status === 429)).toEqual([429]);
    expect((await site.ask(`${vault}/`)).headers.get('x-robots-tag')).toBe('noindex, nofollow');
  });
});

describe("a company's HAProxy", () => {
  test('has sites by names, an address that moved, a house network, and testers of the next shop', async () => {
    await using site = await ExampleStage.open('migrations/haproxy-company.yaml');
    expect((await site.ask('http://www.example.com/a?b=1')).headers.get('location')).toBe(
      'https://www.example.com/a?b=1',
    );
    expect((await site.ask('https://example.com/a?b=1')).headers.get('location')).toBe('https://www.example.com/a?b=1');
    const web = await site.ask('https://www.example.com/');
    expect(web.headers.get('set-cookie')).toStartWith('SERVERID=');
    expect(web.headers.get('strict-transport-security')).toBe('max-age=31536000');
    expect((await site.ask('https://www.example.com/admin/')).status).toBe(403);
    const shops = new Map<string, number>();
    for (let request = 0; request < 30; request++) {
      const { origin } = await site.seen('https://shop.example.com/');
      shops.set(origin, (shops.get(origin) ?? 0) + 1);
    }
    // Two thirds and one; each process takes turns of its own.
    const share = shops.get('http://10.0.61.1:8080') ?? 0;
    expect(share >= 18 && share <= 22 && shops.size === 2).toBe(true);
    expect((await site.seen('https://shop.example.com/', '-H', 'X-Beta: 1')).origin).toBe('http://10.0.61.9:8080');
    const api = await site.seen('https://api.example.com/v1/orders/7', '-H', 'X-Internal: yes');
    expect([api.url, api.headers['x-api-version']]).toEqual(['/orders/7', '1']);
    expect(api.headers).not.toHaveProperty('x-internal');
    expect(api.headers['x-forwarded-for']).toBe('127.0.0.1');
  });

  test('limits each client, and shows a page of its own where nothing answers', async () => {
    await using site = await ExampleStage.open('migrations/haproxy-company.yaml', ({ url }) =>
      new URL(url).pathname === '/ready' ? new Response(null, { status: 500 }) : null,
    );
    const down = await site.ask('https://api.example.com/v1/orders', '-H', 'Accept: text/html');
    expect([down.status, down.body]).toEqual([503, '<h1>Back in a moment</h1>']);
    const { body } = await site.ask('https://www.example.com/?[1-150]', '-o', '/dev/null', '-w', '%{http_code}\n');
    expect(new Set(body.trim().split('\n'))).toEqual(new Set(['200', '429']));
  });
});

describe("Traefik's Grafana", () => {
  const verdict = ({ headers, url }: Request, backend: string): Response | null => {
    if (backend !== 'http://10.0.70.9:9091' || !new URL(url).pathname.includes('forward-auth')) return null;
    if (headers.get('cookie')?.includes('session=good') !== true) {
      return new Response(null, {
        status: 302,
        headers: { Location: `https://auth.example.com/?rd=${headers.get('x-forwarded-uri')}` },
      });
    }
    return new Response(null, { headers: { 'Remote-User': 'anna', 'Remote-Groups': 'staff' } });
  };

  test('is open to all, and the tools are for those who have logged in', async () => {
    await using site = await ExampleStage.open('migrations/traefik-grafana.yaml', verdict);
    expect((await site.seen('https://grafana.example.com/d/1?orgId=1')).url).toBe('/d/1?orgId=1');
    expect(await site.socket('https://grafana.example.com/api/live/ws')).toBe('http://10.0.70.1:3000');
    expect((await site.ask('https://grafana.example.com/metrics')).status).toBe(403);
    const stranger = await site.ask('https://tools.example.com/list');
    expect([stranger.status, stranger.headers.get('location')]).toEqual([302, 'https://auth.example.com/?rd=/list']);
    const known = ['-H', 'Cookie: session=good', '-H', 'Remote-User: admin'];
    const seen = await site.seen('https://tools.example.com/list', ...known);
    expect([seen.headers['remote-user'], seen.headers['remote-groups']]).toEqual(['anna', 'staff']);
    const docs = await site.seen('https://tools.example.com/docs/intro', ...known);
    expect([docs.origin, docs.url, docs.headers['x-forwarded-prefix']]).toEqual([
      'http://10.0.70.3:80',
      '/intro',
      '/docs',
    ]);
    expect((await site.seen('https://tools.example.com/healthz')).origin).toBe('http://10.0.70.2:8000');
    expect((await site.ask('https://status.example.com/')).headers.get('www-authenticate')).toContain(
      'Basic realm="status"',
    );
  });
});

describe('n8n and a single-page application', () => {
  test('has webhooks for everybody, and an API and sockets that go elsewhere', async () => {
    await using site = await ExampleStage.open('migrations/n8n.yaml');
    const flows = 'https://n8n.example.com';
    expect((await site.seen(`${flows}/rest/settings`)).origin).toBe('http://10.0.80.1:5678');
    const hook = await site.seen(`${flows}/webhook/a-b-c?x=1`, '--json', '{"a":1}');
    expect(['http://10.0.80.2:5678', 'http://10.0.80.3:5678']).toContain(hook.origin);
    expect([hook.url, hook.body]).toEqual(['/webhook/a-b-c?x=1', '{"a":1}']);
    const app = 'https://app.example.com';
    const call = await site.seen(`${app}/api/items?page=2`);
    expect(['http://10.0.81.2:3000', 'http://10.0.81.3:3000']).toContain(call.origin);
    expect(call.url).toBe('/items?page=2');
    expect(await site.socket(`${app}/api/ws`)).toBe('http://10.0.81.4:3001');
    for (const path of ['/', '/orders', '/orders/7'])
      expect((await site.seen(app + path)).url).toBe(path === '/' ? '/' : '/index.html');
    expect((await site.seen(`${app}/assets/app.js`)).url).toBe('/assets/app.js');
    expect((await site.ask(`${app}/assets/app.js`)).headers.get('cache-control')).toBe(
      'public, max-age=31536000, immutable',
    );
    expect((await site.ask(`${app}/orders`)).headers.get('cache-control')).toBe('no-cache');
    const asked = await site.ask(
      `${app}/api/items`,
      '-X',
      'OPTIONS',
      '-H',
      'Origin: https://partner.example.com',
      '-H',
      'Access-Control-Request-Method: PUT',
    );
    expect([asked.status, asked.headers.get('access-control-allow-origin')]).toEqual([
      204,
      'https://partner.example.com',
    ]);
  });
});

describe('TLS', () => {
  const failed = ({ code }: CurlAnswer): boolean => code !== 0;

  test('is refused where a server has no certificate for a name, and spoken on the port of federation as on the other', async () => {
    await using site = await ExampleStage.open('migrations/synapse.yaml');
    expect(failed(await site.ask('https://example.org/'))).toBe(true);
    expect((await site.ask('https://matrix.example.com:8448/_matrix/key/v2/server')).code).toBe(0);
    // The site of the company is not served at that port, and its certificate leads nowhere else.
    expect((await site.ask('https://example.com:8448/')).status).toBe(404);
    const elsewhere = await site.ask('https://example.com/', '-H', 'Host: matrix.example.com');
    expect(elsewhere.status).toBe(421);
  });

  test('has the versions and ciphers of the former server', async () => {
    await using media = await ExampleStage.open('migrations/jellyfin.yaml');
    const asked = (ciphers: string) =>
      media.ask('https://media.example.com/', '--tls-max', '1.2', '--ciphers', ciphers);
    expect(failed(await asked('ECDHE-ECDSA-AES128-GCM-SHA256'))).toBe(false);
    expect(failed(await asked('ECDHE-ECDSA-AES256-GCM-SHA384'))).toBe(true);
    await using vault = await ExampleStage.open('migrations/vaultwarden.yaml');
    expect(failed(await vault.ask('https://vault.example.com/alive', '--tls-max', '1.2'))).toBe(true);
    expect(failed(await vault.ask('https://vault.example.com/alive'))).toBe(false);
  });
});
