// Requests of the gateway to servers that are no backends.
import { describe, expect, test } from 'bun:test';
import { millis } from '../../src/core/units.ts';
import type { AskedRequest } from '../../src/policies/tools.ts';
import { Asks } from '../../src/upstream/ask/asks.ts';
import { realWorld } from '../../src/world.ts';
import { AskedServer, answer } from '../support/asked-server.ts';
import { until } from '../support/until.ts';

function request(url: string, more: Partial<AskedRequest> = {}): AskedRequest {
  return { method: 'GET', url, headers: [], body: null, timeout: millis(5000), largest: 1024, ...more };
}

function textOf(body: Uint8Array): string {
  return new TextDecoder().decode(body);
}

describe('an asked server', () => {
  test('gets the request as it is, and its answer comes back, with fields of one name apart', async () => {
    using server = new AskedServer(() =>
      answer(302, 'moved', 'Location: /x\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n'),
    );
    const asks = new Asks(realWorld());
    const result = await asks.ask(request(`${server.url}/a?b=c`, { headers: [['X-A', '1']] }));
    if (!result.ok) throw new Error(result.error);
    const { status, headers, body } = result.value;
    expect([status, textOf(body)]).toEqual([302, 'moved']);
    expect(headers).toEqual([
      ['content-length', '5'],
      ['location', '/x'],
      ['set-cookie', 'a=1'],
      ['set-cookie', 'b=2'],
    ]);
    expect(server.requests[0]).toStartWith('GET /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:');
    expect(server.requests[0]).toContain('\r\nX-A: 1\r\n');
    asks.close();
  });

  test('is asked again on the same connection, by chunks, and after interim answers', async () => {
    using server = new AskedServer((text) =>
      text.startsWith('GET /chunks')
        ? 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n'
        : answer(200, 'x'),
    );
    const asks = new Asks(realWorld());
    for (const path of ['/', '/chunks', '/', '/chunks']) {
      const result = await asks.ask(request(server.url + path));
      expect(result.ok && textOf(result.value.body)).toBe(path === '/' ? 'x' : 'abcde');
    }
    expect(server.connections).toBe(1);
    asks.close();
    await until(() => server.open === 0, 'no connection is left');
  });

  test('that has closed a kept connection is asked on a new one', async () => {
    let count = 0;
    using server = new AskedServer(() => (++count === 2 ? '' : answer(200, String(count))));
    const asks = new Asks(realWorld());
    expect(await asks.ask(request(server.url))).toMatchObject({ ok: true });
    expect(await asks.ask(request(server.url))).toMatchObject({ ok: true });
    expect([count, server.connections]).toEqual([3, 2]);
    asks.close();
  });

  test('that closes a new one has failed, and a POST is never sent twice', async () => {
    let count = 0;
    using server = new AskedServer(() => (++count === 1 ? answer(200) : ''));
    const asks = new Asks(realWorld());
    expect(await asks.ask(request(server.url, { method: 'POST' }))).toMatchObject({ ok: true });
    const result = await asks.ask(request(server.url, { method: 'POST', body: Buffer.from('body') }));
    expect(result).toEqual({ ok: false, error: 'the connection was closed without an answer' });
    expect([count, server.connections]).toEqual([2, 2]);
    expect(server.requests[1]).toEndWith('Content-Length: 4\r\n\r\nbody');
  });

  test.each([
    ['is not HTTP', 'hello, this is no server of HTTP\r\n\r\n', /not valid HTTP/],
    ['is too long by its head', answer(200, 'x'.repeat(1025)), /more than 1KiB/],
    [
      'is too long by its chunks',
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n800\r\n${'x'.repeat(2048)}\r\n`,
      /more than/,
    ],
    ['has two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab', /not valid HTTP/],
    ['ends too early', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\nab', /ended too early/],
    ['changes the protocol', 'HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n', /not valid HTTP/],
  ])('whose answer %s has failed', async (_, bytes, why) => {
    using server = new AskedServer(() => bytes);
    const asks = new Asks(realWorld());
    const result = await asks.ask(request(server.url));
    expect(result.ok ? '' : result.error).toMatch(why);
    await until(() => server.open === 0, 'no connection is left');
  });

  test('that is silent has failed in time, one that is not there at once', async () => {
    using server = new AskedServer(() => null);
    const asks = new Asks(realWorld());
    const late = await asks.ask(request(server.url, { timeout: millis(100) }));
    expect(late).toEqual({ ok: false, error: 'there was no answer in time' });
    await until(() => server.open === 0, 'no connection is left');
    const { url } = server;
    server[Symbol.dispose]();
    expect(await asks.ask(request(url))).toMatchObject({ ok: false, error: 'connect-refused' });
  });

  test('gets no more than 32 connections, however many ask, and all get their answers', async () => {
    using server = new AskedServer(() => answer(204));
    const asks = new Asks(realWorld());
    const results = await Promise.all(Array.from({ length: 2000 }, () => asks.ask(request(server.url))));
    expect(results.filter(({ ok }) => ok).length).toBe(2000);
    expect(server.mostOpen).toBeLessThanOrEqual(32);
    expect(server.connections).toBeLessThanOrEqual(32);
    asks.close();
  });

  test('is not waited for any more when nobody wants the answer, and others go on', async () => {
    using server = new AskedServer((text) => (text.startsWith('GET /slow') ? null : answer(200)));
    const asks = new Asks(realWorld());
    const gone = new AbortController();
    const slow = Array.from({ length: 40 }, () => asks.ask(request(`${server.url}/slow`, { signal: gone.signal })));
    const other = asks.ask(request(server.url));
    await until(() => server.requests.length === 32, 'all connections are taken');
    gone.abort();
    expect(await other).toMatchObject({ ok: true });
    expect((await Promise.all(slow)).every(({ ok }) => !ok)).toBe(true);
    await until(() => server.open === 1, 'their connections are closed');
    asks.close();
  });

  test('never gets a field with a line end in it', async () => {
    using server = new AskedServer(() => answer(200));
    const asks = new Asks(realWorld());
    const result = await asks.ask(request(server.url, { headers: [['X-A', '1\r\nX-B: 2']] }));
    expect([result.ok, server.connections]).toEqual([false, 0]);
  });
});
