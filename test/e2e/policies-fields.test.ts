// Fields of requests and answers: what a real client and a real origin see of them.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { curl } from '../support/curl.ts';
import type { Seen } from '../support/origin.ts';
import { Site } from '../support/policies/site.ts';
import { RawClient } from '../support/raw-client.ts';
import { RawOrigin } from '../support/raw-origin.ts';

const BOUND = 10_000;

let site: Site;

async function received(client: RawClient, text: string): Promise<void> {
  expect(await client.until((one) => one.received.includes(text), BOUND)).toBe(true);
}

beforeAll(async () => {
  site = await Site.open({
    fields: {
      policies: [
        {
          headers: {
            request: {
              remove: ['x-gone', 'x-internal-*'],
              set: { 'X-From': '{client.address} {header.x-user}', 'X-Bad': '{header.x-bad}' },
              add: { 'X-More': 'b' },
              default: { 'X-Plan': 'free' },
            },
            response: { set: { 'X-Frame-Options': 'DENY' }, remove: ['X-Powered-By'] },
          },
        },
      ],
    },
    safe: { policies: [{ security_headers: {} }] },
    down: { policies: [{ security_headers: {} }], more: { services: [{ name: 'a', url: 'http://127.0.0.1:1' }] } },
    kept: { policies: [{ ip_access: { allow: ['192.0.2.0/24'] } }] },
    trusting: { policies: [{ ip_access: { deny: ['192.0.2.0/24'] } }] },
    dropping: { policies: [{ ip_access: { allow: ['192.0.2.0/24'], status: 'drop' } }] },
  });
});

afterAll(async () => {
  await site[Symbol.asyncDispose]();
});

describe('fields of requests', () => {
  test('reach the origin as the policy says, several lines of one name included', async () => {
    const { body } = await curl(
      ...[
        'x-gone: 1',
        'X-Gone: 2',
        'X-Internal-Id: 3',
        'X-More: a',
        'X-User: u',
        'X-Plan: own',
        'Host: fields.test',
      ].flatMap((field) => ['-H', field]),
      site.url,
    );
    const { headers } = JSON.parse(body) as Seen;
    expect(headers).toMatchObject({ 'x-from': '127.0.0.1 u', 'x-more': 'a, b', 'x-plan': 'own' });
    expect(Object.keys(headers).filter((name) => /gone|internal|x-bad/.test(name))).toEqual([]);
  });

  test('take nothing from a client that would begin another line', async () => {
    using client = await RawClient.open(site.gateway.port);
    await client.send('GET / HTTP/1.1\r\nHost: fields.test\r\nX-Bad: a\tb\x80\r\nConnection: close\r\n\r\n');
    expect(await client.until(({ peer }) => peer !== 'open', BOUND)).toBe(true);
    expect(client.received).toContain('"x-bad":"a\\tb');
    expect(client.received).not.toMatch(/^x-bad/im);
  });
});

describe('fields of answers', () => {
  test('are changed on answers of the origin and of the gateway itself', async () => {
    expect((await site.ask('fields')).headers.get('x-frame-options')).toBe('DENY');
    expect((await site.ask('safe')).headers.get('x-content-type-options')).toBe('nosniff');
    const failed = await site.ask('down');
    expect([failed.status, failed.headers.get('x-content-type-options')]).toEqual([502, 'nosniff']);
    expect(failed.headers.get('strict-transport-security')).toBe(null);
  });

  test('leave interim answers, lines of cookies and trailers as they came', async () => {
    await using origin = await RawOrigin.start('a');
    const { url } = origin;
    const response = { set: { 'X-Set': '1' }, remove: ['X-A', 'Set-Cookie2'] };
    await using own = await Site.open({
      own: { policies: [{ headers: { response } }], more: { services: [{ name: 'a', url }] } },
    });
    using client = await RawClient.open(own.gateway.port);
    await client.send('GET / HTTP/1.1\r\nHost: own.test\r\nTE: trailers\r\nConnection: TE\r\n\r\n');
    const link = await origin.asked();
    await link.send(
      'HTTP/1.1 103 Early Hints\r\nX-A: hint\r\n\r\nHTTP/1.1 200 OK\r\nSet-Cookie: a=1, b\r\nSet-Cookie: c=2\r\nX-A: 1\r\n' +
        'Trailer: X-A\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-A: trailer\r\n\r\n',
    );
    await received(client, 'X-A: trailer\r\n\r\n');
    expect(client.received).toContain('X-A: hint\r\n\r\n');
    expect(client.received).toContain('Set-Cookie: a=1, b\r\nSet-Cookie: c=2\r\n');
    expect(client.received).not.toContain('X-A: 1\r\n');
    expect(client.received).toContain('X-Set: 1\r\n');
  });
});

describe('clients are kept out by address', () => {
  test('whatever they say of themselves', async () => {
    const before = site.origin.requests;
    const headers = { 'X-Forwarded-For': '192.0.2.1', Forwarded: 'for=192.0.2.1', 'X-Real-IP': '192.0.2.1' };
    const refused = await site.ask('kept', '/', { headers });
    expect([refused.status, await refused.text()]).toMatchObject([403, expect.stringContaining('forbidden')]);
    expect((await site.ask('trusting', '/', { headers })).status).toBe(200);
    expect(site.origin.requests).toBe(before + 1);
  });

  test('also where they want to change the protocol', async () => {
    using client = await RawClient.open(site.gateway.port);
    const upgrade =
      'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n';
    await client.send(`GET / HTTP/1.1\r\nHost: kept.test\r\n${upgrade}\r\n`);
    await received(client, 'forbidden');
    expect(client.received).toStartWith('HTTP/1.1 403 Forbidden\r\n');
  });

  test('without a byte where that is said, and what they asked before is answered', async () => {
    using client = await RawClient.open(site.gateway.port);
    await client.send('GET /first HTTP/1.1\r\nHost: fields.test\r\n\r\n');
    await received(client, '/first');
    const { length } = client.received;
    await client.send('GET / HTTP/1.1\r\nHost: dropping.test\r\n\r\n');
    expect(await client.until(({ peer }) => peer !== 'open', BOUND)).toBe(true);
    expect([client.received.length, client.peer]).toEqual([length, 'ended']);
  });
});
