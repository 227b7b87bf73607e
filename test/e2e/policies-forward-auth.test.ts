// A server of its own decides about requests: a real one, which also dies, hangs and lies.
import { describe, expect, test } from 'bun:test';
import { AskedServer, answer } from '../support/asked-server.ts';
import { ALONE, GatewayProcess } from '../support/gateway-process.ts';
import { fieldsOf, guardedTenant, oneGuarded, seenBy } from '../support/guarded-tenant.ts';
import { Origin, type Seen } from '../support/origin.ts';
import { RawClient } from '../support/raw-client.ts';
import { until } from '../support/until.ts';

function policy({ url }: { readonly url: string }, more = ''): string {
  return `forward_auth: { url: "${url}/verify?for=shop", copy_headers: [Remote-User, Remote-Groups], timeout: 1s${more} }`;
}

/** Knows the session of anna, and sends all others to log in. */
function portal(): Origin {
  return new Origin('auth', (request) => {
    if (request.headers.get('cookie')?.includes('session=anna') === true)
      return new Response('ok', {
        headers: { 'Remote-User': 'anna', 'Remote-Groups': 'readers, writers', 'Set-Cookie': 'seen=1' },
      });
    const headers = new Headers({ Location: '/login?rd=%2Fa', 'Content-Type': 'text/html', 'Cache-Control': 'public' });
    headers.append('Set-Cookie', 'state=1; Path=/');
    headers.append('Set-Cookie', 'csrf=2; Path=/');
    return new Response('<a href="/login">log in</a>', { status: 302, headers });
  });
}

const ANNA = { Cookie: 'session=anna' };

describe('a request that the server lets in', () => {
  test('goes on as who the server says, whatever the client has said of itself', async () => {
    using origin = new Origin('a');
    using auth = portal();
    await using gateway = await GatewayProcess.start(guardedTenant(origin, [policy(auth)]));
    using client = await RawClient.open(gateway.port);
    const lies = 'Remote-User: root\r\nREMOTE-GROUPS: admins\r\nRemote_User: root\r\nremote-user: root\r\n';
    await client.send(
      `GET /a HTTP/1.1\r\nHost: x\r\nCookie: session=anna\r\n${lies}Connection: Remote-User, close\r\n\r\n`,
    );
    await until(() => client.peer !== 'open', 'it has answered');
    expect(client.received).toContain('"remote-user":"anna"');
    expect(client.received).toContain('"remote-groups":"readers, writers"');
    expect(client.received).not.toMatch(/root|admins|remote_user/);
    expect(client.received).not.toContain('seen=1');
  });

  test('has no name where the server gives none, also where a tenant lets such fields of clients through', async () => {
    using origin = new Origin('a');
    using auth = new Origin('auth', () => new Response(null, { status: 204 }));
    const allowed = '    allow_claims: [Remote-User, Remote_Groups]\n';
    await using gateway = await GatewayProcess.start(guardedTenant(origin, [policy(auth)], allowed));
    const seen = await seenBy(await fetch(gateway.url, { headers: { 'Remote-User': 'root', Remote_Groups: 'a' } }));
    expect(fieldsOf(seen, 'remote-user', 'remote-groups', 'remote_groups')).toEqual([null, null, null]);
  });

  test('keeps its method and its body, and gets the cookies of the server where that is wanted', async () => {
    using origin = new Origin('a');
    using auth = portal();
    await using gateway = await GatewayProcess.start(guardedTenant(origin, [policy(auth, ', copy_cookies: true')]));
    const body = 'x'.repeat(200_000);
    const response = await fetch(`${gateway.url}/a`, { method: 'POST', headers: ANNA, body });
    expect(response.headers.getSetCookie()).toEqual(['seen=1']);
    const seen = await seenBy(response);
    expect([seen.method, seen.body.length]).toEqual(['POST', 200_000]);
  });
});

describe('the server that decides', () => {
  test('is told what is asked for as it goes on before the prefix is stripped, and nothing that strangers claim', async () => {
    const asked: Seen[] = [];
    using origin = new Origin('a');
    using auth = new Origin('auth', (request) => {
      const { pathname, search } = new URL(request.url);
      const headers = Object.fromEntries(request.headers);
      asked.push({ origin: 'auth', method: request.method, url: pathname + search, headers, body: '' });
      return new Response(null, { status: 204 });
    });
    await using gateway = await GatewayProcess.start(
      `tenants:\n${oneGuarded('main', 'path_prefix: "/shop/"', origin, [policy(auth)])}`,
    );
    const claims = { 'X-Forwarded-Uri': '/public', 'X-Forwarded-Method': 'GET', 'X-Forwarded-For': '10.9.9.9' };
    const more = {
      'X-Forwarded-Host': 'evil',
      'X-Forwarded-Proto': 'https',
      Forwarded: 'for=10.9.9.9',
      'X-Other': '1',
    };
    const response = await fetch(`${gateway.url}/shop/a%20b/../c?x=1&y=%2F`, {
      method: 'PUT',
      headers: { ...ANNA, ...claims, ...more, Authorization: 'Bearer abc' },
      body: 'hello',
    });
    const seen = await seenBy(response);
    const [one] = asked;
    if (one === undefined) throw new Error('it was not asked');
    expect([one.method, one.url]).toEqual(['GET', '/verify?for=shop']);
    const uri = one.headers['x-forwarded-uri'] ?? '';
    expect(uri).toBe(`/shop${seen.url}`);
    expect(fieldsOf(one, 'x-forwarded-method', 'x-forwarded-proto', 'x-forwarded-for', 'x-forwarded-host')).toEqual([
      'PUT',
      'http',
      '127.0.0.1',
      `127.0.0.1:${gateway.port}`,
    ]);
    expect(fieldsOf(one, 'cookie', 'authorization', 'forwarded', 'x-other', 'content-length')).toEqual([
      'session=anna',
      'Bearer abc',
      null,
      null,
      null,
    ]);
  });

  test('answers clients itself when it lets them not in: status, fields, cookies and body as they are', async () => {
    using origin = new Origin('a');
    using auth = portal();
    await using gateway = await GatewayProcess.start(guardedTenant(origin, [policy(auth)]));
    const response = await fetch(`${gateway.url}/a`, { redirect: 'manual' });
    expect([response.status, response.headers.get('location')]).toEqual([302, '/login?rd=%2Fa']);
    expect(response.headers.getSetCookie()).toEqual(['state=1; Path=/', 'csrf=2; Path=/']);
    expect([response.headers.get('content-type'), response.headers.get('cache-control')]).toEqual([
      'text/html',
      'no-store',
    ]);
    expect(await response.text()).toBe('<a href="/login">log in</a>');
    const head = await fetch(`${gateway.url}/a`, { method: 'HEAD', redirect: 'manual' });
    expect([head.status, await head.text()]).toEqual([302, '']);
    const posted = await fetch(`${gateway.url}/a`, { method: 'POST', body: 'x'.repeat(100_000), redirect: 'manual' });
    expect([posted.status, (await posted.text()).length]).toEqual([302, 27]);
    expect(origin.requests).toBe(0);
  });

  test('may ask for credentials by 401', async () => {
    using origin = new Origin('a');
    using auth = new Origin(
      'auth',
      () => new Response('no', { status: 401, headers: { 'WWW-Authenticate': 'Negotiate' } }),
    );
    await using gateway = await GatewayProcess.start(guardedTenant(origin, [policy(auth)]));
    const response = await fetch(gateway.url);
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Negotiate']);
  });

  test('gets the body as well where that is wanted, and the backend gets it, too', async () => {
    using origin = new Origin('a');
    using auth = new Origin('auth', async (request) =>
      (await request.text()) === 'let me in' ? new Response() : new Response('no', { status: 403 }),
    );
    await using gateway = await GatewayProcess.start(
      guardedTenant(origin, [policy(auth, ', method: POST, body: 1KiB')]),
    );
    const post = (body: string): Promise<Response> => fetch(gateway.url, { method: 'POST', body });
    expect((await seenBy(await post('let me in'))).body).toBe('let me in');
    expect([(await post('please')).status, (await post('x'.repeat(2000))).status]).toEqual([403, 413]);
    expect(origin.requests).toBe(1);
  });

  test('lets a WebSocket in, or not', async () => {
    const sockets = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch: (request, server) => (server.upgrade(request) ? undefined : new Response('no', { status: 400 })),
      websocket: { message: (socket, text) => void socket.send(text) },
    });
    using auth = portal();
    const origin = { url: `http://127.0.0.1:${sockets.port}` };
    await using gateway = await GatewayProcess.start(guardedTenant(origin, [policy(auth)]));
    const upgrade =
      'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n';
    const statusOf = async (fields: string): Promise<string> => {
      using client = await RawClient.open(gateway.port);
      await client.send(`GET /ws HTTP/1.1\r\nHost: x\r\n${upgrade}${fields}\r\n`);
      await until(() => client.received.includes('\r\n'), 'it has answered');
      return client.received.slice(9, 12);
    };
    expect([await statusOf('Cookie: session=anna\r\n'), await statusOf('')]).toEqual(['101', '302']);
    await sockets.stop(true);
  });
});

describe('a server that', () => {
  test.each([
    ['answers 500', () => answer(500)],
    ['answers 304', () => 'HTTP/1.1 304 X\r\n\r\n'],
    ['speaks no HTTP', () => 'hello, this is no server of HTTP\r\n\r\n'],
    ['ends without a word', () => ''],
    ['hangs', () => null],
    ['sends 100 KiB', () => answer(403, 'x'.repeat(102_400))],
    ['sends a head of 64 KiB', () => answer(200, '', `X-A: ${'x'.repeat(65_536)}\r\n`)],
    ['names somebody by 10 KiB', () => answer(200, '', `Remote-User: ${'x'.repeat(10_240)}\r\n`)],
    ['breaks off', () => 'HTTP/1.1 200 X\r\nContent-Length: 10\r\nConnection: close\r\n\r\nab'],
  ])('%s lets nobody in, and is no fault of the client', async (_, says) => {
    using origin = new Origin('a');
    using auth = new AskedServer(says);
    await using gateway = await GatewayProcess.start(guardedTenant(origin, [policy(auth)]));
    const response = await fetch(gateway.url, { headers: ANNA });
    const text = await response.text();
    expect([response.status, text.includes('auth-unavailable')]).toEqual([503, true]);
    expect(origin.requests).toBe(0);
  });

  test('has died lets nobody in; when it is back, it decides again', async () => {
    using origin = new Origin('a');
    using auth = portal();
    await using gateway = await GatewayProcess.start(guardedTenant(origin, [policy(auth)]));
    const status = async (): Promise<number> => (await fetch(gateway.url, { headers: ANNA })).status;
    expect(await status()).toBe(200);
    await auth.stop();
    expect([await status(), await status()]).toEqual([503, 503]);
    auth.restart();
    expect(await status()).toBe(200);
  });

  test('answers slowly gets no more connections than its share', async () => {
    using origin = new Origin('a');
    const gate = Promise.withResolvers<void>();
    using auth = new AskedServer(async () => {
      await gate.promise;
      return answer(200);
    });
    const yaml = guardedTenant(origin, [policy(auth).replace('1s', '30s')]);
    await using gateway = await GatewayProcess.start(yaml, ALONE);
    const all = Array.from({ length: 500 }, async () => (await fetch(gateway.url)).status);
    await until(() => auth.requests.length === 32, 'as many are asked as there are connections');
    gate.resolve();
    expect(new Set(await Promise.all(all))).toEqual(new Set([200]));
    expect(auth.mostOpen).toBe(32);
  });

  test('is asked for somebody who has left is not waited for', async () => {
    using origin = new Origin('a');
    using auth = new AskedServer(() => null);
    await using gateway = await GatewayProcess.start(guardedTenant(origin, [policy(auth).replace('1s', '30s')]));
    using client = await RawClient.open(gateway.port);
    await client.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(() => auth.requests.length === 1, 'the server is asked');
    client.reset();
    await until(() => auth.open === 0, 'its connection is closed');
    expect(origin.requests).toBe(0);
  });
});

describe('what the server has said', () => {
  test('is remembered for each client alone', async () => {
    using origin = new Origin('a');
    using auth = new Origin('auth', (request) => {
      const [, name = ''] = /session=(\w+)/.exec(request.headers.get('cookie') ?? '') ?? [];
      return name === 'nobody'
        ? new Response('no', { status: 403 })
        : new Response(null, { headers: { 'Remote-User': name } });
    });
    await using gateway = await GatewayProcess.start(
      guardedTenant(origin, [policy(auth, ', cache: { for: 1m, key: ["cookie:session"] }')]),
    );
    const who = async (cookie: string, path = '/'): Promise<string | undefined> => {
      const response = await fetch(gateway.url + path, { headers: { Cookie: cookie } });
      return response.ok ? (await seenBy(response)).headers['remote-user'] : String(response.status);
    };
    const asked = [
      await who('session=anna; a=1'),
      await who('session=bert'),
      await who('a=2; session=anna'),
      await who('session=nobody'),
      await who('session=nobody'),
      await who('session=anna', '/other'),
      await who('xsession=anna'),
      await who('session=anna; session=bert'),
    ];
    expect(asked.slice(0, 6)).toEqual(['anna', 'bert', 'anna', '403', '403', 'anna']);
    // Two of them were known.
    expect(auth.requests).toBe(7);
  });
});
