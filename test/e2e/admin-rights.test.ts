// Tokens of the admin API: what each may see and do, how people log in, and what is written down of it.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { endpoints } from '../../src/admin/registry.ts';
import type { BackendReport } from '../../src/admin/shapes/backend.ts';
import { digestOf } from '../../src/config/digest.ts';
import { ConfigFolder } from '../support/config-folder.ts';
import { GatewayProcess, keystone } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { RawClient } from '../support/raw-client.ts';
import { until } from '../support/until.ts';

const CHIEF = 'the-token-of-the-chief';
const READER = 'the-token-of-a-reader';
const AGENT = 'the-token-of-an-agent';
const SHOP = 'the-token-of-the-shop';

const tokens = [
  `{ name: chief, hash: "sha256:${digestOf(CHIEF)}" }`,
  `{ name: reader, token: ${READER}, scope: read }`,
  `{ name: agent, hash: "sha256:${digestOf(AGENT)}", scope: operate }`,
  `{ name: shop, hash: "sha256:${digestOf(SHOP)}", scope: admin, tenants: [shop] }`,
].join(', ');

let shop: Origin;
let foreign: Origin;
let gateway: GatewayProcess;

beforeAll(async () => {
  shop = new Origin('s');
  foreign = new Origin('f');
  gateway = await GatewayProcess.start(
    `admin_base_path: /admin
admin: { tokens: [${tokens}] }
tenants:
  - { name: shop, domains: [shop.test], services: [{ name: s, url: "${shop.url}" }] }
  - { name: foreign, domains: [foreign.test], services: [{ name: f, url: "${foreign.url}" }] }
`,
  );
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  shop[Symbol.dispose]();
  foreign[Symbol.dispose]();
});

type Asked = { readonly method?: string; readonly body?: string; readonly headers?: Readonly<Record<string, string>> };

function ask(
  token: string | null,
  path: string,
  { method = 'GET', body, headers = {} }: Asked = {},
): Promise<Response> {
  const fields = token === null ? headers : { ...headers, authorization: `Bearer ${token}` };
  return fetch(`${gateway.admin}${path}`, { method, headers: fields, ...(body === undefined ? {} : { body }) });
}

async function statusOf(token: string | null, path: string, method = 'GET'): Promise<number> {
  const response = await ask(token, path, { method });
  await response.text();
  return response.status;
}

async function reportOf(backend: string): Promise<BackendReport> {
  return (await (await ask(CHIEF, `/backends/${backend}`)).json()) as BackendReport;
}

/** What has come of an answer when nothing more comes, which for a stream is soon. */
async function textOf(response: Response): Promise<string> {
  if (response.headers.get('content-type') !== 'text/event-stream') return await response.text();
  const reader = response.body?.getReader();
  const first = await reader?.read();
  const second = await Promise.race([reader?.read(), Bun.sleep(50)]);
  await reader?.cancel();
  return [first, second].map((part) => new TextDecoder().decode(part?.value)).join('');
}

describe('a token', () => {
  test('allows what its scope says, whether it stands there as a hash or plain', async () => {
    const drain = '/backends/shop/s/weight?weight=1';
    expect([await statusOf(READER, '/tenants'), await statusOf(READER, drain, 'POST')]).toEqual([200, 403]);
    expect([await statusOf(AGENT, drain, 'POST'), await statusOf(AGENT, '/reload', 'POST')]).toEqual([200, 403]);
    expect([await statusOf(CHIEF, drain, 'POST'), await statusOf(CHIEF, '/reload', 'POST')]).toEqual([200, 200]);
    expect(await statusOf(digestOf(CHIEF), '/tenants')).toBe(401);
  });

  test('is refused with a problem as RFC 9457 has them, and the reason in the old place as well', async () => {
    const response = await ask(READER, '/reload', { method: 'POST' });
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    const error = 'the token reader allows read only; admin is needed';
    expect(await response.json()).toEqual({
      type: 'about:blank',
      title: 'Forbidden',
      status: 403,
      detail: error,
      error,
    });
  });

  test('for one tenant shows and touches nothing of another one, whatever the endpoint', async () => {
    for (const backend of ['shop/s', 'foreign/f'])
      for (const order of ['disable?force=true', 'enable'])
        expect(await statusOf(CHIEF, `/backends/${backend}/${order}`, 'POST')).toBe(200);
    await fetch(gateway.url, { headers: { host: 'foreign.test' } });
    const before = await reportOf('foreign/f');
    for (const endpoint of endpoints) {
      const path = endpoint.path.replace('{tenant}', 'foreign').replace('{name}', 'foreign').replace('{backend}', 'f');
      const body = 'input' in endpoint ? { body: '{}' } : {};
      const response = await ask(SHOP, `${path}?tenant=foreign&active=on&weight=9&all=true`, {
        method: endpoint.method,
        ...body,
      });
      const told = await textOf(response);
      expect(`${endpoint.method} ${endpoint.path}: ${told}`).not.toMatch(/: .*(foreign|"f")/s);
      if (path !== endpoint.path) expect([endpoint.path, response.status]).toEqual([endpoint.path, 403]);
    }
    const { state, weight, admission } = before;
    expect(await reportOf('foreign/f')).toMatchObject({ state, weight, admission });
    expect(await (await ask(SHOP, '/tenants')).json()).toMatchObject({ tenants: [{ name: 'shop' }] });
    expect(await statusOf(SHOP, '/backends/shop/s')).toBe(200);
  });
});

describe('a person at the dashboard', () => {
  const login = (token: string) => ask(null, '/login', { method: 'POST', body: JSON.stringify({ token }) });
  const cookieOf = (response: Response) => response.headers.get('set-cookie')?.split(';')[0] ?? '';

  test('logs in with a token and goes on with a cookie, until the end of the session', async () => {
    expect(await (await ask(null, '/me')).json()).toEqual({ name: null, scope: null, tenants: null, needsToken: true });
    const response = await login(AGENT);
    expect(response.headers.get('set-cookie')).toMatch(/^keystone_session=\S+; Path=\/; HttpOnly; SameSite=Strict$/);
    const cookie = cookieOf(response);
    const me = await (await ask(null, '/me', { headers: { cookie } })).json();
    expect(me).toEqual({ name: 'agent', scope: 'operate', tenants: null, needsToken: false });
    const order = (headers: Readonly<Record<string, string>>) =>
      ask(null, '/backends/shop/s/weight?weight=2', { method: 'POST', headers: { cookie, ...headers } });
    const own = { 'x-keystone-request': '1' };
    const { origin } = new URL(gateway.admin);
    const refused: readonly Readonly<Record<string, string>>[] = [
      {},
      own,
      { origin },
      { 'sec-fetch-site': 'same-origin' },
      { ...own, origin: 'http://other.test' },
      { ...own, origin: 'null' },
      { ...own, origin, 'sec-fetch-site': 'cross-site' },
      { ...own, origin, 'sec-fetch-site': 'same-site' },
      { ...own, origin: 'http://other.test', 'sec-fetch-site': 'same-origin' },
      // Another port of this machine is another origin, though the cookie goes there as well.
      { ...own, origin: 'http://127.0.0.1:1' },
      { ...own, 'sec-fetch-site': 'none' },
    ];
    for (const headers of refused) expect([headers, (await order(headers)).status]).toEqual([headers, 403]);
    for (const headers of [
      { ...own, origin },
      { ...own, 'sec-fetch-site': 'same-origin' },
    ])
      expect([headers, (await order(headers)).status]).toEqual([headers, 200]);
    // A name that leads here gets nowhere, with a cookie or when somebody logs in.
    const rebound = { host: 'rebound.example.com', origin: 'http://rebound.example.com' };
    expect((await order({ ...own, ...rebound })).status).toBe(421);
    const body = JSON.stringify({ token: AGENT });
    expect((await ask(null, '/login', { method: 'POST', body, headers: rebound })).status).toBe(421);
    expect(await (await ask(null, '/me', { headers: { cookie, ...rebound } })).json()).toMatchObject({ scope: null });
    await ask(null, '/logout', { method: 'POST', headers: { cookie } });
    expect((await ask(null, '/tenants', { headers: { cookie } })).status).toBe(401);
  });

  test('who guesses is told nothing, and soon has to wait', async () => {
    const statuses = [];
    for (let n = 0; n < 12; n++) statuses.push((await login('a-guess-of-somebody')).status);
    expect(new Set(statuses)).toEqual(new Set([401, 429]));
    await until(async () => (await login(READER)).status === 200, 'a right one counts again');
  });

  test('finds in the audit log who has changed what', async () => {
    await statusOf(AGENT, '/backends/shop/s/weight?weight=1&token=hidden', 'POST');
    const { entries } = (await (await ask(CHIEF, '/audit')).json()) as { entries: readonly unknown[] };
    expect(entries.at(-1)).toMatchObject({
      by: { token: 'agent', address: '127.0.0.1' },
      method: 'POST',
      path: expect.stringMatching(/\/backends\/shop\/s\/weight$/),
      query: 'weight=1&token=***',
      tenant: 'shop',
      status: 200,
    });
  });
});

describe('bodies and streams', () => {
  test('a body that is too long, no JSON, or of another form is refused', async () => {
    const send = async (body: string) => (await ask(null, '/login', { method: 'POST', body })).status;
    expect(await send('no JSON')).toBe(400);
    expect(await send('{"token":1}')).toBe(400);
    expect(await send(JSON.stringify({ token: 'x'.repeat(5_000_000) }))).toBe(413);
  });

  test('a request is explained as the gateway that serves would decide', async () => {
    const explain = async (body: object) =>
      await (await ask(READER, '/explain', { method: 'POST', body: JSON.stringify(body) })).json();
    const request = { method: 'GET', url: 'http://shop.test/a?b=1', headers: { accept: '*/*' } };
    expect(await explain(request)).toMatchObject({ kind: 'tenant', tenant: 'shop', target: '/a?b=1' });
    expect(await explain({ ...request, url: 'http://nobody.test/' })).toMatchObject({ kind: 'refused', status: 404 });
    const twice = { ...request, headers: { a: 'b\r\nhost: foreign.test' } };
    expect(await explain(twice)).toMatchObject({ status: 400, error: 'headers.a: has more than one line' });
  });

  test('are not served on the listeners of clients', async () => {
    const url = `${gateway.url}/admin`;
    expect((await fetch(`${url}/login`, { method: 'POST', body: '{}' })).status).toBe(421);
    const headers = { authorization: `Bearer ${CHIEF}` };
    expect([421, 501]).toContain((await fetch(`${url}/events/stream`, { headers })).status);
  });

  test('events come as they happen, and a reader goes on where it left off', async () => {
    using client = await RawClient.open(Number(new URL(gateway.admin).port));
    const { latest } = (await (await ask(CHIEF, '/events')).json()) as { latest: number };
    await client.send(
      `GET /events/stream HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${CHIEF}\r\nLast-Event-ID: ${latest}\r\n\r\n`,
    );
    await until(() => client.received.includes(': hello'), 'the stream has begun');
    expect(client.received).toMatch(/content-type: text\/event-stream/i);
    await statusOf(CHIEF, '/backends/shop/s/weight?weight=7', 'POST');
    await until(() => client.received.includes('"kind":"weighted"'), 'the event has come');
    expect(client.received).toContain(`id: ${latest + 1}\ndata: {`);
  });
});

describe('keystone token', () => {
  test('prints a token once, and the line for the configuration, with which it works', async () => {
    const { out, code } = await keystone(['token', 'create', '--name', 'ci', '--scope', 'operate', '--tenant', 'shop']);
    const [token = '', line = ''] = out.split('\n');
    expect(code).toBe(0);
    expect(line).not.toContain(token);
    await using made = await GatewayProcess.start(`admin: { tokens: [${line.replace(/^- /, '')}] }\ntenants: []\n`);
    const response = await fetch(`${made.admin}/me`, { headers: { authorization: `Bearer ${token}` } });
    expect(await response.json()).toMatchObject({ name: 'ci', scope: 'operate', tenants: ['shop'] });
  });

  test('list names those of the configuration, and shows none of them', async () => {
    using folder = new ConfigFolder({
      'keystone.yaml': `admin: { tokens: ["${CHIEF}", { name: ci, hash: "sha256:${digestOf(AGENT)}", scope: read, tenants: [shop, blog] }, { name: env, token: "\${CI_TOKEN}" }] }\ntenants: []\n`,
    });
    const options = { cwd: folder.path, env: { CI_TOKEN: SHOP } };
    const { code, out, errors } = await keystone(['token', 'list'], options);
    expect([code, out]).toEqual([
      0,
      [
        'NAME     SCOPE    KEPT AS  TENANTS',
        'token 1  admin    token    all',
        'ci       read     hash     shop, blog',
        'env      admin    token    all',
        '',
      ].join('\n'),
    ]);
    // Only the one that stands in the file.
    expect(errors).toStartWith(
      './keystone.yaml:1:19 admin.tokens[0]: warning: whoever reads the file has this token; ',
    );
    expect(errors.trimEnd()).not.toContain('\n');
    const json = await keystone(['token', 'list', '--json'], options);
    expect(JSON.parse(json.out)).toMatchObject({ tokens: [{ name: 'token 1' }, { tenants: ['shop', 'blog'] }, {}] });
    for (const secret of [CHIEF, SHOP, digestOf(AGENT)]) expect(out + errors + json.out).not.toContain(secret);
  });

  test('takes no other word, and no name that could not stand in a file', async () => {
    const refused = { code: 2, out: '' };
    expect(await keystone(['token', 'make', '--name', 'ci'])).toMatchObject(refused);
    expect(await keystone(['token', 'create', '--name', 'a b'])).toMatchObject(refused);
    expect(await keystone(['token', 'create', '--name', 'ci', '--scope', 'all'])).toMatchObject(refused);
  });
});
