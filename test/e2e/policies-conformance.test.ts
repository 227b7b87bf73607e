// What must hold for every kind of policy. A new kind has to be entered here, or this file does not compile.
import { createHmac } from 'node:crypto';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { listed } from '../../src/policies/registry.ts';
import { tenantOf } from '../support/admin.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { HINT, TRAILER, manySidedOrigin } from '../support/policies/many-sided-origin.ts';
import { RawClient } from '../support/raw-client.ts';
import { until } from '../support/until.ts';

type Kind = (typeof listed)[number]['type'];
type Fields = Readonly<Record<string, string>>;

type Entry = {
  /** Options with which a request with these fields goes on. */
  readonly passes: { readonly options: object; readonly fields?: Fields; readonly when?: object };
  /** Options with which a request with these fields gets this status in place of the origin's answer; null: there are none. */
  readonly refuses: { readonly options: object; readonly fields?: Fields; readonly status: number } | null;
};

const SECRET = 'a secret that has more than 32 characters';
const HASH = '$2y$10$pYbvRQWDPb.7U/bkdKMGhO32bk1qkvqC3AUQGnSykf8rLZwwv6.Dm'; // secret
const KEY_HASH = 'sha256:2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b'; // secret
const ELSEWHERE = { paths: ['/elsewhere'] };
const DESCRIPTION = resolve(import.meta.dir, '../../examples/apis/shop.yaml');
const PLACEHOLDER = 'http://auth.invalid';

const entries: Readonly<Record<Kind, Entry>> = {
  ip_access: {
    passes: { options: { allow: ['127.0.0.0/8'] } },
    refuses: { options: { deny: ['127.0.0.0/8'] }, status: 403 },
  },
  maintenance: {
    passes: { options: { inline: 'closed' } },
    refuses: { options: { inline: 'closed', active: true }, status: 503 },
  },
  rate_limit: {
    passes: { options: { requests: 1000, per: '1m' } },
    refuses: {
      options: { requests: 1, per: '1d', key: 'header:X-Never', when_key_missing: 'client', burst: 1 },
      status: 429,
    },
  },
  concurrency: {
    passes: { options: { limit: 100 } },
    refuses: null, // test/e2e/policies-concurrency.test.ts: another request has to be under way
  },
  body: {
    passes: { options: { max: '1MiB' } },
    refuses: null, // only requests with a body
  },
  redirect: {
    passes: { options: { to: 'https://a.test/' }, when: ELSEWHERE },
    refuses: { options: { to: 'https://a.test/' }, status: 308 },
  },
  rewrite: { passes: { options: { query: { remove: ['utm_*'] } } }, refuses: null },
  cors: { passes: { options: { origins: ['https://a.test'] } }, refuses: null },
  basic_auth: {
    passes: {
      options: { realm: 'a', users: [{ name: 'anna', hash: HASH }] },
      fields: { Authorization: `Basic ${btoa('anna:secret')}` },
    },
    refuses: { options: { realm: 'a', users: [{ name: 'anna', hash: HASH }] }, status: 401 },
  },
  api_key: {
    passes: { options: { keys: [{ id: 'a', hash: KEY_HASH }] }, fields: { 'X-Api-Key': 'secret' } },
    refuses: { options: { keys: [{ id: 'a', hash: KEY_HASH }] }, fields: { 'X-Api-Key': 'guess' }, status: 401 },
  },
  jwt: {
    passes: { options: { audience: 'any', secret: SECRET }, fields: { Authorization: `Bearer ${token(3600)}` } },
    refuses: {
      options: { audience: 'any', secret: SECRET },
      fields: { Authorization: `Bearer ${token(-3600)}` },
      status: 401,
    },
  },
  forward_auth: {
    passes: { options: { url: PLACEHOLDER }, fields: { Cookie: 'session=good' } },
    refuses: { options: { url: PLACEHOLDER }, status: 401 },
  },
  cache: { passes: { options: {} }, refuses: null },
  grpc_web: { passes: { options: {} }, refuses: null },
  headers: {
    passes: { options: { request: { set: { 'X-A': '{client.address}' } }, response: { set: { 'X-B': '1' } } } },
    refuses: null,
  },
  security_headers: { passes: { options: {} }, refuses: null },
  static: {
    passes: { options: { body: 'own' }, when: ELSEWHERE },
    refuses: { options: { status: 410, body: 'gone' }, status: 410 },
  },
  error_pages: { passes: { options: { inline: '<h1>{status}</h1>' } }, refuses: null },
  bot_limits: {
    passes: { options: {} },
    refuses: { options: { user_agents: { deny: ['BadBot'] } }, fields: { 'User-Agent': 'BadBot/1.0' }, status: 403 },
  },
  mirror: { passes: { options: { to: 'other', methods: ['GET', 'HEAD', 'POST'] } }, refuses: null },
  openapi: {
    passes: { options: { file: DESCRIPTION, unknown_path: 'pass' } },
    refuses: { options: { file: DESCRIPTION }, status: 404 },
  },
  split: { passes: { options: { pools: { default: 1, other: 1 } } }, refuses: null },
};

const kinds = Object.keys(entries) as Kind[];
const refusing = kinds.filter((kind) => entries[kind].refuses !== null);

function token(lifetime: number): string {
  const part = (value: object | Buffer) =>
    Buffer.from(value instanceof Buffer ? value : JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  const signed = `${part({ alg: 'HS256' })}.${part({ sub: 'anna', exp: now + lifetime })}`;
  return `${signed}.${part(createHmac('sha256', SECRET).update(signed).digest())}`;
}

const seen = new Map<string, number>();
let origins: (AsyncDisposable & { readonly url: string })[];
let auth: Origin;
let gateway: GatewayProcess;

function tenant(
  name: string,
  kind: Kind,
  { options, when }: { readonly options: object; readonly when?: object },
): string {
  const services = origins.map(({ url }, at) => ({ name: `o${at}`, url, health: '' }));
  const policies = [
    { headers: { response: { set: { 'X-Outer': 'yes' } } } },
    { [kind]: options, ...(when === undefined ? {} : { when }) },
  ];
  const other = kind === 'mirror' ? [{ name: 'copies', url: auth.url, health: '' }] : services.slice(0, 1);
  const pools = kind === 'split' || kind === 'mirror' ? { pools: { other: { services: other } } } : {};
  return JSON.stringify({ name, domains: [`${name}.test`], services, ...pools, policies }).replace(
    PLACEHOLDER,
    auth.url,
  );
}

function hostOf(kind: Kind, is: 'open' | 'shut'): string {
  return `${is}-${kind.replaceAll('_', '-')}`;
}

function configuration(comment = ''): string {
  const open = kinds.map((kind) => tenant(hostOf(kind, 'open'), kind, entries[kind].passes));
  const shut = kinds.flatMap((kind) => {
    const { refuses } = entries[kind];
    return refuses === null ? [] : [tenant(hostOf(kind, 'shut'), kind, refuses)];
  });
  const other = `{ name: other, domains: [other.test], services: [], policies: [{ static: { body: "${comment}" } }] }`;
  return `tenants:\n${[...open, ...shut, other].map((one) => `  - ${one}\n`).join('')}`;
}

beforeAll(async () => {
  auth = new Origin(
    'auth',
    ({ headers }) => new Response('', { status: headers.get('cookie')?.includes('good') === true ? 200 : 401 }),
  );
  origins = [await manySidedOrigin('a', seen), await manySidedOrigin('b', seen)];
  gateway = await GatewayProcess.start(configuration());
  // A limit that refuses the first request as well is none: the one request that it lets through is asked for here.
  for (const kind of refusing) if (kind === 'rate_limit') await ask(hostOf(kind, 'shut'), 'GET', '/');
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  for (const origin of origins) await origin[Symbol.asyncDispose]();
  auth[Symbol.dispose]();
});

function requestOf(host: string, method: string, target: string, fields: Fields = {}, body = ''): string {
  const lines = Object.entries({
    Host: `${host}.test`,
    ...fields,
    ...(body === '' ? {} : { 'Content-Length': String(body.length) }),
  });
  return `${method} ${target} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`;
}

/** The whole answer to one request, as it came. */
async function ask(host: string, method: string, target: string, fields: Fields = {}, body = ''): Promise<string> {
  using client = await RawClient.open(gateway.port);
  await client.send(requestOf(host, method, target, { ...fields, Connection: 'close' }, body));
  await until(() => client.peer !== 'open', 'it is answered');
  return client.received;
}

function bodyOf(answer: string): string {
  return answer.slice(answer.indexOf('\r\n\r\n') + 4);
}

const UPGRADE = {
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
};

describe.each(kinds)('%s lets', (kind) => {
  const host = hostOf(kind, 'open');
  const { fields = {} } = entries[kind].passes;

  test('requests pass, with their bodies, and HEAD without one', async () => {
    const got = await ask(host, 'GET', '/a', fields);
    expect([got.slice(0, 15), bodyOf(got)]).toEqual(['HTTP/1.1 200 OK', 'GET 0']);
    expect(got).toContain('X-Outer: yes');
    const head = await ask(host, 'HEAD', '/a', fields);
    expect([head.slice(0, 15), bodyOf(head)]).toEqual(['HTTP/1.1 200 OK', '']);
    expect(bodyOf(await ask(host, 'POST', '/a', fields, 'x'.repeat(100_000)))).toBe('POST 100000');
  });

  test('interim answers, chunks and trailers pass', async () => {
    using client = await RawClient.open(gateway.port);
    await client.send(requestOf(host, 'GET', '/hints', { ...fields, TE: 'trailers', Connection: 'TE' }));
    await until(() => client.received.endsWith('\r\n\r\n') && client.received.includes('\r\n0\r\n'), 'it is answered');
    expect(client.received).toStartWith(`HTTP/1.1 103 Early Hints\r\n${HINT}\r\n\r\nHTTP/1.1 200 OK\r\n`);
    expect(client.received).toEndWith(`\r\n2\r\nok\r\n0\r\n${TRAILER}\r\n\r\n`);
  });

  test('the protocol change', async () => {
    using client = await RawClient.open(gateway.port);
    await client.send(requestOf(host, 'GET', '/ws', { ...fields, ...UPGRADE }));
    await until(() => client.received.includes('\r\n\r\n'), 'the protocol changes');
    expect(client.received).toStartWith('HTTP/1.1 101 ');
    expect(client.received).toContain('Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
    const frame = '\u0081\u0002hi';
    await client.send(frame, { kind: 'bytes' });
    await until(() => client.received.endsWith(frame), 'the bytes come back');
  });

  test('a request be tried again, and is asked once', async () => {
    const target = `/flaky?${kind}`;
    const answer = await ask(host, 'GET', target, fields);
    expect([answer.slice(0, 15), bodyOf(answer)]).toEqual(['HTTP/1.1 200 OK', 'GET 0']);
    expect(seen.get(target)).toBe(2);
    expect(answer.split('X-Outer: yes')).toHaveLength(2);
  });

  test('a client leave in the middle of an answer', async () => {
    const client = await RawClient.open(gateway.port);
    await client.send(requestOf(host, 'GET', '/slow', fields));
    await until(() => client.received.includes('the beginning'), 'the answer begins');
    client[Symbol.dispose]();
    await until(async () => (await inFlight(host)) === 0, 'nothing of it is left');
    expect(bodyOf(await ask(host, 'GET', '/a', fields))).toBe('GET 0');
  });
});

async function inFlight(host: string): Promise<number> {
  const { backends } = await tenantOf(gateway, host);
  return backends.reduce((sum, backend) => sum + backend.in_flight, 0);
}

describe.each(refusing)('%s keeps out', (kind) => {
  const host = hostOf(kind, 'shut');
  const { fields = {}, status = 0 } = entries[kind].refuses ?? {};
  const line = `HTTP/1.1 ${status} `;

  test('a request, and policies further out see the answer', async () => {
    const got = await ask(host, 'GET', `/kept-out?${kind}`, fields);
    expect(got).toStartWith(line);
    expect(got).toContain('X-Outer: yes');
    const head = await ask(host, 'HEAD', `/kept-out?${kind}`, fields);
    expect(head).toStartWith(line);
    expect([bodyOf(head), seen.has(`/kept-out?${kind}`)]).toEqual(['', false]);
  });

  test('one that wants to change the protocol', async () => {
    using client = await RawClient.open(gateway.port);
    await client.send(requestOf(host, 'GET', '/ws', { ...fields, ...UPGRADE }));
    await until(() => client.received.includes('\r\n\r\n'), 'it is answered');
    expect(client.received).toStartWith(line);
  });

  test('one whose body is still coming, and the connection can be used again', async () => {
    using client = await RawClient.open(gateway.port);
    const whole = requestOf(host, 'POST', `/kept-out?${kind}`, fields, 'x'.repeat(50_000));
    await client.send(whole.slice(0, -20_000));
    await until(() => client.received.includes('\r\n\r\n'), 'it is answered');
    await client.send(whole.slice(-20_000) + requestOf(host, 'GET', '/again', fields));
    await until(() => client.received.split(line).length === 3, 'the next one is answered');
  });
});

test('a reload that changes another tenant changes nothing for anybody', async () => {
  await gateway.rewrite(configuration('changed'));
  expect((await fetch(`${gateway.admin}/reload`, { method: 'POST' })).status).toBe(200);
  expect(bodyOf(await ask('other', 'GET', '/'))).toBe('changed');
  for (const kind of kinds)
    expect(bodyOf(await ask(hostOf(kind, 'open'), 'GET', '/a', entries[kind].passes.fields))).toBe('GET 0');
  for (const kind of refusing) {
    const { fields, status } = entries[kind].refuses ?? {};
    expect(await ask(hostOf(kind, 'shut'), 'GET', '/a', fields)).toStartWith(`HTTP/1.1 ${status} `);
  }
});
