// What the bodies of requests may be, over real sockets.
import { describe, expect, test } from 'bun:test';
import { ALONE, GatewayProcess } from '../support/gateway-process.ts';
import { guardedTenant, oneGuarded, seenBy } from '../support/guarded-tenant.ts';
import { Origin } from '../support/origin.ts';
import { RawClient } from '../support/raw-client.ts';
import { RawOrigin } from '../support/raw-origin.ts';
import { until } from '../support/until.ts';
import { WebSocketClient } from '../support/web-socket-client.ts';
import { WebSocketOrigin } from '../support/web-socket-origin.ts';

const BOUND = 20_000;

function post(url: string, body: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, { method: 'POST', body, headers });
}

async function answerTo(gateway: GatewayProcess, text: string): Promise<RawClient> {
  const client = await RawClient.open(gateway.port);
  await client.send(text);
  await client.until(({ received, peer }) => received.includes('\r\n\r\n') || peer !== 'open', BOUND);
  return client;
}

describe('a body', () => {
  test('that is as long as it may be goes on, and one byte more is refused before the origin hears of it', async () => {
    using origin = new Origin('a');
    await using gateway = await GatewayProcess.start(guardedTenant(origin, ['body: { max: 1000 }']));
    const whole = await post(gateway.url, 'x'.repeat(1000));
    expect([whole.status, (await seenBy(whole)).body.length]).toEqual([200, 1000]);
    const over = await post(gateway.url, 'x'.repeat(1001));
    expect([over.status, origin.requests]).toEqual([413, 1]);
    expect(await over.text()).toStartWith('413 request-body-too-large');
  });

  test('in chunks is refused as soon as it is too long, with an answer, and the origin gets no whole request', async () => {
    await using origin = await RawOrigin.start('a');
    await using gateway = await GatewayProcess.start(guardedTenant(origin, ['body: { max: 10 }']));
    using client = await RawClient.open(gateway.port);
    await client.send('POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n12345678\r\n');
    const connection = await origin.asked();
    await until(() => connection.received.includes('12345678'), 'the beginning goes on');
    await client.send('3\r\n9ab\r\n');
    expect(await client.until(({ peer }) => peer !== 'open', BOUND)).toBe(true);
    expect(client.received).toStartWith('HTTP/1.1 413 ');
    expect(client.received.toLowerCase()).toContain('connection: close');
    await until(() => connection.peer !== 'open', 'the connection to the origin is ended');
    expect(connection.received).not.toContain('\r\n0\r\n\r\n');
    // It is not sent to anybody else, or once more.
    expect(origin.connections).toHaveLength(1);
  });

  test('in chunks that is exactly as long as it may be goes on', async () => {
    using origin = new Origin('a');
    await using gateway = await GatewayProcess.start(guardedTenant(origin, ['body: { max: 10 }']));
    const head = 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n';
    using client = await answerTo(gateway, `${head}8\r\n12345678\r\n2\r\n9a\r\n0\r\n\r\n`);
    expect(client.received).toStartWith('HTTP/1.1 200 ');
    expect(await client.until(({ received }) => received.includes('123456789a'), BOUND)).toBe(true);
  });

  test('whose length is a lie is no way around: what comes beyond it is another request', async () => {
    using origin = new Origin('a');
    await using gateway = await GatewayProcess.start(guardedTenant(origin, ['body: { max: 10 }']));
    using client = await answerTo(
      gateway,
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n1234567890123456\r\n\r\n',
    );
    await client.until(({ peer }) => peer !== 'open', BOUND);
    expect(client.received).toStartWith('HTTP/1.1 200 ');
    expect(client.received).toContain('"body":"1234"');
    expect(client.received).toContain('HTTP/1.1 400 ');
    expect(origin.requests).toBe(1);
  });

  test('that waits for a 100 is refused without one', async () => {
    using origin = new Origin('a');
    await using gateway = await GatewayProcess.start(guardedTenant(origin, ['body: { max: 10 }']));
    const head = 'POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n';
    using client = await answerTo(gateway, `${head}Content-Length: 11\r\n\r\n`);
    expect(client.received).toStartWith('HTTP/1.1 413 ');
    expect(origin.requests).toBe(0);
  });

  test('of another type is refused with 415, and the answer says which are taken', async () => {
    using origin = new Origin('a');
    await using gateway = await GatewayProcess.start(
      guardedTenant(origin, ['body: { types: [application/json, "image/*"] }']),
    );
    const wrong = await post(gateway.url, 'a=1', { 'Content-Type': 'application/x-www-form-urlencoded' });
    expect([wrong.status, wrong.headers.get('accept')]).toEqual([415, 'application/json, image/*']);
    expect(await wrong.text()).toStartWith('415 request-type-unsupported');
    const head = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n';
    using chunked = await answerTo(gateway, `${head}1\r\na\r\n0\r\n\r\n`);
    expect(chunked.received).toStartWith('HTTP/1.1 415 ');
    const right = await post(gateway.url, '{}', { 'Content-Type': 'application/json; charset=utf-8' });
    expect([right.status, origin.requests]).toEqual([200, 1]);
    expect((await fetch(gateway.url)).status).toBe(200);
  });

  test('has the bounds of its own tenant', async () => {
    using origin = new Origin('a');
    const small = oneGuarded('small', 'path_prefix: "/small/"', origin, ['body: { max: 10 }']);
    const large = oneGuarded('large', 'path_prefix: "/large/"', origin, ['body: { max: 1KiB }']);
    await using gateway = await GatewayProcess.start(`tenants:\n${small}${large}`);
    const statuses = ['small', 'large'].map(
      async (name) => (await post(`${gateway.url}/${name}/`, 'x'.repeat(500))).status,
    );
    expect(await Promise.all(statuses)).toEqual([413, 200]);
  });

  test.each([
    ['of a length', 'Content-Length: 8', '1234', '5678'],
    ['in chunks', 'Transfer-Encoding: chunked', '4\r\n1234\r\n', '4\r\n5678\r\n0\r\n\r\n'],
  ])('%s that is buffered reaches no origin before it is whole', async (_, form, first, last) => {
    await using origin = await RawOrigin.start('a');
    await using gateway = await GatewayProcess.start(guardedTenant(origin, ['body: { buffer: 64KiB }']), ALONE);
    using client = await RawClient.open(gateway.port);
    await client.send(`POST / HTTP/1.1\r\nHost: x\r\n${form}\r\n\r\n${first}`);
    // Another request overtakes it.
    using other = await RawClient.open(gateway.port);
    await other.send('GET /other HTTP/1.1\r\nHost: x\r\n\r\n');
    expect((await origin.asked(0)).received).toStartWith('GET /other ');
    await client.send(last);
    const connection = await origin.asked(1);
    await until(() => connection.received.includes('5678'), 'all of it has come');
    expect(connection.received).toContain('1234');
  });

  test('that waits for a 100 gets it from the gateway where it is buffered', async () => {
    using origin = new Origin('a');
    await using gateway = await GatewayProcess.start(guardedTenant(origin, ['body: { buffer: 64KiB }']));
    using client = await answerTo(
      gateway,
      'POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n',
    );
    expect(client.received).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    await client.send('1234');
    expect(await client.until(({ received }) => received.includes('"body":"1234"'), BOUND)).toBe(true);
  });

  test('that is longer than the buffer goes on as it comes', async () => {
    using origin = new Origin('a');
    await using gateway = await GatewayProcess.start(guardedTenant(origin, ['body: { buffer: 1KiB }']));
    const answer = await post(gateway.url, 'x'.repeat(300_000));
    expect((await seenBy(answer)).body.length).toBe(300_000);
  });

  test(
    'that comes too slowly is refused, also where there is room, and one that stands still is, too',
    async () => {
      using origin = new Origin('a', async (request) => new Response(await request.text()));
      await using gateway = await GatewayProcess.start(guardedTenant(origin, ['body: { min_rate: 1KiB }']));
      using still = await RawClient.open(gateway.port);
      await still.send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n');
      using slow = await RawClient.open(gateway.port);
      await slow.send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n');
      await until(async () => (await slow.send('x'), slow.received !== ''), 'it is refused');
      expect(slow.received).toStartWith('HTTP/1.1 408 ');
      expect(await still.until(({ received }) => received !== '', BOUND)).toBe(true);
      expect(still.received).toStartWith('HTTP/1.1 408 ');
      expect((await post(gateway.url, 'x'.repeat(10_000))).status).toBe(200);
    },
    2 * BOUND,
  );

  test('has nothing to do with what a WebSocket sends', async () => {
    using origin = new WebSocketOrigin();
    await using gateway = await GatewayProcess.start(
      guardedTenant(origin, ['body: { max: 10, types: [application/json], min_rate: 1KiB }']),
    );
    using socket = await WebSocketClient.open(gateway.url);
    socket.send('x'.repeat(5000));
    expect(await socket.message(0)).toBe('x'.repeat(5000));
  });
});
