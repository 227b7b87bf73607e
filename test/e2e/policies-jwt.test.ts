// Signed tokens, from a real OpenID provider and from issuers that hang, lie and go away.
import { describe, expect, test } from 'bun:test';
import { AskedServer, answer } from '../support/asked-server.ts';
import { servingOf, startFleet, untilWhole } from '../support/fleet.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { fieldsOf, guardedTenant, oneGuarded, seenBy } from '../support/guarded-tenant.ts';
import { NodeProgram, hasNode } from '../support/node-program.ts';
import { Origin } from '../support/origin.ts';
import { goodClaims, keySet, signingKey, token } from '../support/tokens.ts';
import { until } from '../support/until.ts';

const KEY = signingKey('first');

function policy(url: string, more = ''): string {
  return `jwt: { issuer: "https://id.test", audience: shop, jwks: { url: "${url}", timeout: 1s }${more} }`;
}

function issuer(): AskedServer {
  return new AskedServer(() => answer(200, keySet(KEY)));
}

function ask(gateway: GatewayProcess, text: string | null, more: Record<string, string> = {}): Promise<Response> {
  const own = text === null ? {} : { Authorization: `Bearer ${text}` };
  return fetch(gateway.url, { headers: { ...own, ...more } });
}

describe('a token', () => {
  test('that is good lets in; backends learn who it is, by nothing that the client has sent', async () => {
    using origin = new Origin('a');
    using id = issuer();
    await using gateway = await GatewayProcess.start(guardedTenant(origin, [policy(`${id.url}/keys`)]));
    const response = await ask(gateway, token(KEY), { 'X-User': 'root', X_User: 'root', Connection: 'X-User, close' });
    expect(response.status).toBe(200);
    expect(fieldsOf(await seenBy(response), 'x-user', 'x_user', 'authorization')).toEqual(['anna', null, null]);
    const missing = await ask(gateway, null);
    expect([missing.status, missing.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    const old = token(KEY, goodClaims({ exp: 1_000_000_000 }));
    const over = await ask(gateway, old, { Accept: 'text/html' });
    expect([over.status, over.headers.get('www-authenticate')]).toEqual([
      401,
      'Bearer error="invalid_token", error_description="The token has expired."',
    ]);
    expect(await over.text()).not.toContain(old.slice(0, 40));
    const events = await (await fetch(`${gateway.admin}/events`)).text();
    expect(gateway.output + gateway.errors + events).not.toContain(old.slice(0, 40));
    expect(origin.requests).toBe(1);
  });

  test('may be missing where it is optional, and then nobody is anybody', async () => {
    using origin = new Origin('a');
    using id = issuer();
    await using gateway = await GatewayProcess.start(guardedTenant(origin, [policy(id.url, ', optional: true')]));
    const seen = await seenBy(await ask(gateway, null, { 'X-User': 'root', 'x-USER': 'root', X_User: 'root' }));
    expect(fieldsOf(seen, 'x-user', 'x_user')).toEqual([null, null]);
    expect((await ask(gateway, 'bad', { 'X-User': 'root' })).status).toBe(401);
  });

  test('that does not allow what is asked for leads to 403, with what is missing', async () => {
    using origin = new Origin('a');
    using id = issuer();
    await using gateway = await GatewayProcess.start(
      guardedTenant(origin, [policy(id.url, ', claims: { scope: { contains: "orders:write" } }')]),
    );
    const response = await ask(gateway, token(KEY, goodClaims({ scope: 'orders:read' })));
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([
      403,
      'Bearer error="insufficient_scope", error_description="The token does not allow this.", scope="orders:write"',
    ]);
  });

  test('of 10 KiB is refused, and one in the query goes no further', async () => {
    using origin = new Origin('a');
    using id = issuer();
    await using gateway = await GatewayProcess.start(
      guardedTenant(origin, [policy(id.url, ', from: ["query:token"]')]),
    );
    const good = token(KEY);
    const seen = await seenBy(await fetch(`${gateway.url}/a?b=1&token=${good}`));
    expect(seen.url).toBe('/a?b=1');
    expect((await ask(gateway, 'x'.repeat(10_240))).status).toBe(401);
    expect(gateway.output + gateway.errors).not.toContain(good.slice(0, 40));
  });

  test('lets a WebSocket in, and without one nobody', async () => {
    const sockets = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch: (request, server) => (server.upgrade(request) ? undefined : new Response('no', { status: 400 })),
      websocket: { message: (socket, text) => void socket.send(text) },
    });
    using id = issuer();
    const origin = { url: `http://127.0.0.1:${sockets.port}` };
    await using gateway = await GatewayProcess.start(
      guardedTenant(origin, [policy(id.url, ', from: ["query:token"]')]),
    );
    const address = gateway.url.replace('http', 'ws');
    const opened = (url: string): Promise<boolean> =>
      new Promise((resolve) => {
        const socket = new WebSocket(url);
        socket.addEventListener('open', () => {
          resolve(true);
          socket.close();
        });
        socket.addEventListener('error', () => resolve(false));
      });
    expect([await opened(address), await opened(`${address}/?token=${token(KEY)}`)]).toEqual([false, true]);
    await sockets.stop(true);
  });
});

describe('an issuer', () => {
  test.each([
    ['is not there', () => null, true],
    ['hangs', () => null, false],
    ['redirects', () => 'HTTP/1.1 302 X\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n', false],
    ['has 1 MB of keys', () => answer(200, 'x'.repeat(1_000_000)), false],
    ['speaks no HTTP', () => 'hello, this is no server of HTTP\r\n\r\n', false],
  ])('that %s keeps no other tenant from being served, and its own answers 503', async (_, says, isGone) => {
    using origin = new Origin('a');
    using id = new AskedServer(says);
    if (isGone) id[Symbol.dispose]();
    await using gateway = await GatewayProcess.start(
      `tenants:\n${oneGuarded('shop', 'path_prefix: "/shop/"', origin, [policy(id.url)])}  - { name: blog, path_prefix: "/blog/", services: [{ name: a, url: "${origin.url}" }] }\n`,
    );
    const headers = { Authorization: `Bearer ${token(KEY)}` };
    expect((await fetch(`${gateway.url}/blog/`)).status).toBe(200);
    const refused = await fetch(`${gateway.url}/shop/`, { headers });
    expect([refused.status, Number(refused.headers.get('retry-after')) >= 1]).toEqual([503, true]);
    expect(await refused.text()).toContain('auth-unavailable');
    expect(origin.requests).toBe(1);
    await until(() => gateway.errors.includes('the keys of tokens cannot be had'), 'it is logged');
  });

  test('is asked by one process for all, also for a key that is new', async () => {
    using origin = new Origin('a');
    const next = signingKey('second');
    let keys = keySet(KEY);
    using id = new AskedServer(() => answer(200, keys));
    await using gateway = await startFleet(guardedTenant(origin, [policy(id.url)]), 2);
    // On connections of their own, so that both processes get some.
    const many = (text: string): Promise<number[]> =>
      Promise.all(Array.from({ length: 24 }, async () => (await ask(gateway, text, { Connection: 'close' })).status));
    expect(new Set(await many(token(KEY)))).toEqual(new Set([200]));
    expect(id.requests.length).toBe(1);
    keys = keySet(KEY, next);
    expect(new Set(await many(token(next)))).toEqual(new Set([200]));
    expect(id.requests.length).toBe(2);
    const made = await Promise.all(
      Array.from({ length: 100 }, (_, at) => ask(gateway, token(next, goodClaims(), { kid: `made up ${at}` }))),
    );
    expect(new Set(made.map(({ status }) => status))).toEqual(new Set([401]));
    expect(id.requests.length).toBe(2);
  });

  test('that has gone is not missed by a process that begins after that', async () => {
    using origin = new Origin('a');
    using id = issuer();
    await using gateway = await startFleet(guardedTenant(origin, [policy(id.url)]), 2);
    await untilWhole(gateway, 2);
    expect((await ask(gateway, token(KEY))).status).toBe(200);
    id[Symbol.dispose]();
    // Twice, since a spare one has begun before the issuer has gone.
    for (let time = 0; time < 2; time++) {
      for (const pid of await servingOf(gateway)) process.kill(pid, 'SIGKILL');
      await untilWhole(gateway, 2);
    }
    const answers = Array.from({ length: 12 }, () => ask(gateway, token(KEY), { Connection: 'close' }));
    expect(new Set((await Promise.all(answers)).map(({ status }) => status))).toEqual(new Set([200]));
  });

  test('is not asked again by a reload that changes something else, and no more after one that takes it away', async () => {
    using origin = new Origin('a');
    using id = issuer();
    const yaml = guardedTenant(origin, [policy(id.url)]);
    await using gateway = await GatewayProcess.start(yaml);
    expect((await ask(gateway, token(KEY))).status).toBe(200);
    await gateway.rewrite(guardedTenant(origin, [policy(id.url, ', require: [exp, iat]')]));
    expect((await fetch(`${gateway.admin}/reload`, { method: 'POST' })).status).toBe(200);
    expect((await ask(gateway, token(KEY))).status).toBe(200);
    expect((await ask(gateway, token(KEY, goodClaims({ iat: undefined })))).status).toBe(401);
    expect(id.requests.length).toBe(1);
  });
});

describe.if(hasNode)('a real OpenID provider', () => {
  async function tokenOf(url: string): Promise<string> {
    const response = await fetch(`${url}/token`, {
      method: 'POST',
      headers: {
        Authorization: `Basic ${Buffer.from('shop:a-secret-of-the-shop').toString('base64')}`,
        'Content-Type': 'application/x-www-form-urlencoded',
      },
      body: 'grant_type=client_credentials&scope=orders:read',
    });
    const { access_token: text } = (await response.json()) as { access_token: string };
    return text;
  }

  test('is found by discovery; its keys may change, and tokens by old ones end with them', async () => {
    using origin = new Origin('a');
    await using provider = NodeProgram.start('openid-provider.mjs');
    const [, url = ''] = await provider.said(/^provider (\S+)$/m);
    const own = `jwt: { issuer: "${url}", audience: shop, jwks: { discovery: true, cooldown: 10ms }, claims: { scope: { contains: "orders:read" } } }`;
    await using gateway = await GatewayProcess.start(guardedTenant(origin, [own]));
    const old = await tokenOf(url);
    const { headers } = await seenBy(await ask(gateway, old));
    expect(headers['x-user']).toBe('shop');
    provider.tell('keys second,first');
    await provider.said(/^has second,first$/m);
    const next = await tokenOf(url);
    expect([(await ask(gateway, next)).status, (await ask(gateway, old)).status]).toEqual([200, 200]);
    provider.tell('keys third');
    await provider.said(/^has third$/m);
    const last = await tokenOf(url);
    expect([(await ask(gateway, last)).status, (await ask(gateway, old)).status]).toEqual([200, 401]);
  });
});
