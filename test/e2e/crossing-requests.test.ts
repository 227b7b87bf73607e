// Requests that arrive at the moment in which the gateway closes their connection, or a backend closes the one that they would
// be sent on: as far as they have reached this machine, they are answered.
import { describe, expect, test } from 'bun:test';
import { once } from 'node:events';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Clock } from '../../src/core/clock.ts';
import { millis } from '../../src/core/units.ts';
import { ACK, SETTINGS } from '../../src/http2/frames.ts';
import { latin1 } from '../../src/message/bytes.ts';
import { type World, realWorld } from '../../src/world.ts';
import { EmbeddedGateway } from '../support/embedded-gateway.ts';
import { MadeCertificate } from '../support/made-certificate.ts';
import { data, head, settings } from '../support/h2-stage.ts';
import { frameBytes } from '../support/http2.ts';
import { Origin } from '../support/origin.ts';
import { RawClient } from '../support/raw-client.ts';
import { RawH2 } from '../support/raw-h2.ts';
import { RawOrigin } from '../support/raw-origin.ts';
import { until } from '../support/until.ts';

const BOUND = 10_000;
const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n';
const POST = 'POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\norder';
const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

const textOf = (...frames: readonly Uint8Array[]): string =>
  frames.map((frame) => latin1(frame, 0, frame.length)).join('');

// HEADERS that end stream 1, and what a backend says of itself before it gets them.
const GET_OVER_H2 = '\x01\x05\0\0\0\x01';
const GREETING_OF_H2 = textOf(settings(), frameBytes(SETTINGS, ACK, 0));
const ANSWER_OVER_H2 = textOf(head(1, false), data(1, 'ok', true));

const yamlOf = (url: string, more = ''): string =>
  `listeners: [{ address: "127.0.0.1:0" }]\n${more}tenants: [{ name: main, path_prefix: "/", services: [{ name: only, url: "${url}" }] }]\n`;

const portOf = ({ ports: [port = 0] }: EmbeddedGateway): number => port;

const hasAnswer = ({ received, peer }: RawClient): boolean => /\r\n\r\n./s.test(received) || peer !== 'open';

/** Clients that have their answer, and keep their connection. */
async function keptClients(port: number, count: number): Promise<readonly RawClient[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const client = await RawClient.open(port);
      await client.send(GET);
      expect(await client.until(hasAnswer, BOUND)).toBe(true);
      client.received = '';
      return client;
    }),
  );
}

/** Answers a client's first request by hand, and returns the connection to the backend, which the gateway keeps. */
async function servedBy(origin: RawOrigin, client: RawClient): Promise<RawClient> {
  await client.send(GET);
  const connection = await origin.asked();
  await connection.send(ANSWER);
  expect(await client.until(hasAnswer, BOUND)).toBe(true);
  client.received = '';
  return connection;
}

/** The real world, but something is done just before each timer: what a client sends then is in the kernel, and not read yet, when
 * the gateway goes on because of the time. */
function worldWith(before: () => void): World {
  const real = realWorld();
  const { clock } = real;
  const crossed = (task: () => void) => (): void => {
    before();
    task();
  };
  const after: Clock['after'] = (delay, task) => clock.after(delay, crossed(task));
  const every: Clock['every'] = (interval, task) => clock.every(interval, crossed(task));
  return { ...real, clock: { ...clock, after, every } };
}

/** Sends just before the first timer after a time. The wheel turns every 50 ms, and ends an idle connection with its first turn after
 * `keep_alive`. */
class LateRequest {
  readonly world = worldWith(() => this.sendIfDue());
  private due = Number.POSITIVE_INFINITY;
  private send = (): void => {};

  sendAfter(delay: number, send: () => void): void {
    this.send = send;
    this.due = performance.now() + delay;
  }

  private sendIfDue(): void {
    if (performance.now() < this.due) return;
    this.due = Number.POSITIVE_INFINITY;
    this.send();
  }
}

describe('a request that arrives at the moment in which its connection is closed', () => {
  test('because it was idle for too long, is answered', async () => {
    using origin = new Origin('a');
    const late = new LateRequest();
    const { world } = late;
    using embedded = await EmbeddedGateway.start(yamlOf(origin.url, 'timeouts: { keep_alive: 200ms }\n'), { world });
    for (let round = 0; round < 8; round++) {
      const [client] = await keptClients(portOf(embedded), 1);
      late.sendAfter(200, () => void client.send(GET));
      expect(await client.until(hasAnswer, BOUND)).toBe(true);
      expect(client.received).toStartWith('HTTP/1.1 200 ');
      client[Symbol.dispose]();
    }
  });

  test('over HTTP/2, because it was idle for too long, is answered', async () => {
    using origin = new Origin('a');
    const late = new LateRequest();
    const { world } = late;
    const yaml = yamlOf(origin.url, 'timeouts: { keep_alive: 200ms }\n').replace(':0" }', ':0", h2c: true }');
    using embedded = await EmbeddedGateway.start(yaml, { world });
    for (let round = 0; round < 4; round++) {
      using client = await RawH2.open(portOf(embedded), [], true);
      client.ask(1, { ':scheme': 'http' });
      expect(await client.status(1)).toBe(200);
      late.sendAfter(200, () => client.ask(3, { ':scheme': 'http' }));
      expect(await client.status(3)).toBe(200);
      await until(() => client.isClosed, 'it is closed when it is idle again');
    }
  });

  test('because the gateway ends, is answered, as the last one', async () => {
    using origin = new Origin('a');
    const asking: RawClient[] = [];
    const idle: RawClient[] = [];
    const isOver = (): boolean => idle.some(({ peer }) => peer !== 'open');
    const world = worldWith(() => {
      const client = isOver() ? undefined : idle.pop();
      if (client === undefined) return;
      asking.push(client);
      void client.send(GET);
    });
    using embedded = await EmbeddedGateway.start(yamlOf(origin.url), { world });
    const clients = await keptClients(portOf(embedded), 100);
    const ended = embedded.gateway.shutdown();
    idle.push(...clients);
    await until(isOver, 'those that are idle are closed');
    for (const client of asking) {
      expect(await client.until(({ peer }) => peer !== 'open', BOUND)).toBe(true);
      expect(client.received).toMatch(/^HTTP\/1\.1 200 [^]*^Connection: close\r$/m);
    }
    expect(asking.length).toBeGreaterThan(5);
    for (const client of clients) client[Symbol.dispose]();
    await ended;
  });
});

describe('a client that has come before another process takes over', () => {
  test('and sends its first request only then, is answered', async () => {
    using origin = new Origin('a');
    await using certificate = await MadeCertificate.make('a.test', 2);
    const listeners = '[{ address: "127.0.0.1:0" }, { address: "127.0.0.1:0", tls: true }]';
    const tls = `tls: { cert_file: "${certificate.cert}", key_file: "${certificate.key}" }\n`;
    using embedded = await EmbeddedGateway.start(tls + yamlOf(origin.url).replace(/\[.*?\]/, listeners));
    const [plain = 0, secure = 0] = embedded.ports;
    using client = await RawClient.open(plain);
    const socket = connect(secure, '127.0.0.1');
    await once(socket, 'connect');
    // Clients are accepted in the order in which they come: those before one that has its answer are in.
    const [idle] = await keptClients(plain, 1);
    const last = connectTls({ port: secure, host: '127.0.0.1', rejectUnauthorized: false });
    last.write(GET);
    await once(last, 'data');
    const ended = embedded.gateway.shutdown(millis(BOUND));
    expect(await idle?.until(({ peer }) => peer !== 'open', BOUND)).toBe(true);
    idle?.[Symbol.dispose]();
    last.destroy();
    await client.send(GET);
    expect(await client.until(hasAnswer, BOUND)).toBe(true);
    expect(client.received).toMatch(/^HTTP\/1\.1 200 [^]*^Connection: close\r$/m);
    const shaken = connectTls({ socket, rejectUnauthorized: false });
    shaken.write(GET);
    expect(String((await once(shaken, 'data'))[0])).toMatch(/^HTTP\/1\.1 200 [^]*^Connection: close\r$/m);
    shaken.destroy();
    await ended;
  });
});

test('a client whose answer has begun before the gateway ends does not keep it from ending', async () => {
  await using origin = await RawOrigin.start('a');
  using embedded = await EmbeddedGateway.start(yamlOf(origin.url));
  using client = await RawClient.open(portOf(embedded));
  await client.send(GET);
  const asked = await origin.asked();
  await asked.send(ANSWER.slice(0, -1));
  expect(await client.until(({ received }) => received.endsWith('\r\n\r\no'), BOUND)).toBe(true);
  const ended = embedded.gateway.shutdown();
  await Bun.sleep(400);
  await asked.send(ANSWER.slice(-1));
  expect(await client.until(({ peer }) => peer !== 'open', BOUND)).toBe(true);
  expect(client.received).toEndWith('\r\n\r\nok');
  client[Symbol.dispose]();
  expect(await ended).toEqual({ finished: 1, cut: 0 });
});

describe('a request that may not be repeated', () => {
  test('is not sent over a connection that its backend has closed', async () => {
    await using origin = await RawOrigin.start('a');
    using embedded = await EmbeddedGateway.start(yamlOf(origin.url));
    using client = await RawClient.open(portOf(embedded));
    const first = await servedBy(origin, client);
    // Both in one turn of the event loop, and the request first.
    void client.send(POST);
    first.endSending();
    await until(
      () => (origin.connections[1]?.received.endsWith('order') ?? false) || client.received !== '',
      'it goes on',
    );
    await origin.connections[1]?.send(ANSWER);
    expect(await client.until(hasAnswer, BOUND)).toBe(true);
    expect(client.received).toStartWith('HTTP/1.1 200 ');
    expect(first.received).not.toContain('POST');
  });

  test('is not sent over a connection of HTTP/2 that its backend has closed', async () => {
    await using origin = await RawOrigin.start('a');
    using embedded = await EmbeddedGateway.start(
      yamlOf(origin.url).replace('name: only,', 'name: only, protocol: h2,'),
    );
    using client = await RawClient.open(portOf(embedded));
    await client.send(GET);
    const first = await origin.asked();
    await first.send(GREETING_OF_H2);
    await until(() => first.received.includes(GET_OVER_H2), 'the first request has come');
    await first.send(ANSWER_OVER_H2);
    expect(await client.until(hasAnswer, BOUND)).toBe(true);
    client.received = '';
    // Both in one turn of the event loop, and the request first.
    void client.send(POST);
    first.endSending();
    await until(() => origin.connections.length > 1 || client.received !== '', 'it goes on');
    const second = client.received === '' ? await origin.asked(1) : undefined;
    await second?.send(GREETING_OF_H2);
    await until(() => second?.received.endsWith('order') ?? true, 'the second request has come');
    await second?.send(ANSWER_OVER_H2);
    expect(await client.until(hasAnswer, BOUND)).toBe(true);
    expect(client.received).toStartWith('HTTP/1.1 200 ');
    expect(first.received).not.toContain('order');
  });
});

describe('what a backend has sent before it got a request', () => {
  test.each([
    ['GET', GET],
    ['POST', POST],
  ])('is not taken for the answer to it: a %s goes on over another connection', async (_, text) => {
    await using origin = await RawOrigin.start('a');
    using embedded = await EmbeddedGateway.start(yamlOf(origin.url));
    using client = await RawClient.open(portOf(embedded));
    const first = await servedBy(origin, client);
    // Both in one turn of the event loop, and the request first.
    void client.send(text);
    void first.send('HTTP/1.1 408 Request Timeout\r\nContent-Length: 4\r\nConnection: close\r\n\r\nlate');
    await until(() => origin.connections.length > 1 || client.received !== '', 'it goes on');
    if (client.received === '') await (await origin.asked(1)).send(ANSWER);
    expect(await client.until(hasAnswer, BOUND)).toBe(true);
    expect(client.received).toStartWith('HTTP/1.1 200 ');
  });
});
