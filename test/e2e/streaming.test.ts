import { describe, expect, test } from 'bun:test';
import { type Socket, connect } from 'node:net';
import { BulkReader, BulkSender } from '../support/bulk.ts';
import { curl } from '../support/curl.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { canMeasureMemory, residentBytes } from '../support/memory.ts';
import { Origin } from '../support/origin.ts';
import { needs } from '../support/programs.ts';
import { RawClient } from '../support/raw-client.ts';
import { RawOrigin } from '../support/raw-origin.ts';
import { until, untilItRests } from '../support/until.ts';
import { uncheckedTenant } from '../support/yaml.ts';

const BOUND = 10_000;
const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n';

type Tenants = { tenants: { backends: { in_flight: number; failures: number }[] }[] };

async function inFlight(gateway: GatewayProcess): Promise<number | undefined> {
  const { tenants } = (await (await fetch(`${gateway.admin}/tenants`)).json()) as Tenants;
  return tenants[0]?.backends[0]?.in_flight;
}

/** Sends text a character at a time, each only when the one before has arrived at the other end. */
async function trickle(text: string, from: RawClient, to: RawClient): Promise<void> {
  let wanted = to.received;
  for (const character of text) {
    wanted += character;
    await from.send(character);
    await to.until(({ received }) => received.length >= wanted.length, BOUND);
    expect(to.received).toBe(wanted);
  }
}

describe('a response that takes its time', () => {
  test('server-sent events arrive one by one, each before the next is sent', async () => {
    const gates = Array.from({ length: 50 }, () => Promise.withResolvers<void>());
    let next = 0;
    using origin = new Origin('events', () => {
      const body = new ReadableStream({
        async pull(controller) {
          if (next > 0) await gates[next - 1]?.promise;
          if (next === gates.length) controller.close();
          else controller.enqueue(`id: ${next}\ndata: event ${next++}\n\n`);
        },
      });
      return new Response(body, { headers: { 'Content-Type': 'text/event-stream' } });
    });
    await using gateway = await GatewayProcess.start(uncheckedTenant('/', [origin]));
    const response = await fetch(gateway.url, { headers: { 'Accept-Encoding': 'gzip' } });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const decoder = new TextDecoder();
    let text = '';
    let wanted = '';
    let seen = 0;
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      if (!text.endsWith('\n\n')) continue;
      wanted += `id: ${seen}\ndata: event ${seen}\n\n`;
      expect(text).toBe(wanted);
      gates[seen++]?.resolve();
    }
    expect(seen).toBe(gates.length);
  });

  test('a long poll is answered when there is something to tell', async () => {
    const news = Promise.withResolvers<string>();
    using origin = new Origin('poll', async (request) => {
      if (request.method === 'POST') news.resolve(await request.text());
      return new Response(await news.promise);
    });
    await using gateway = await GatewayProcess.start(uncheckedTenant('/', [origin]));
    const polls = Array.from({ length: 20 }, () => fetch(gateway.url));
    await until(() => origin.requests === 20, 'all wait');
    expect(await inFlight(gateway)).toBe(20);
    expect(await (await fetch(gateway.url, { method: 'POST', body: 'news' })).text()).toBe('news');
    const answers = await Promise.all(polls);
    expect(await Promise.all(answers.map((answer) => answer.text()))).toEqual(new Array<string>(20).fill('news'));
  });

  test.each([
    ['with a length', 'Content-Length: 200', (byte: string) => byte, ''],
    ['in chunks', 'Transfer-Encoding: chunked', (byte: string) => `1\r\n${byte}\r\n`, '0\r\n\r\n'],
  ])('bytes that trickle %s arrive one by one, and as they are', async (_, field, frame, end) => {
    const body = Array.from({ length: 200 }, (_value, n) => frame(String.fromCharCode(n))).join('');
    await using origin = await RawOrigin.start('trickle');
    await using gateway = await GatewayProcess.start(uncheckedTenant('/', [origin]));
    using client = await RawClient.open(gateway.port);
    await client.send(`POST / HTTP/1.1\r\nHost: a.test\r\n${field}\r\n\r\n`);
    const backend = await origin.asked();
    await trickle(body + end, client, backend);
    await backend.send(`HTTP/1.1 200 OK\r\n${field}\r\n\r\n`);
    await client.until(({ received }) => received.endsWith('\r\n\r\n'), BOUND);
    await trickle(body + end, backend, client);
    expect(client.peer).toBe('open');
  });
});

// Exit codes of curl.
const PARTIAL_FILE = 18;
const RECEIVE_ERROR = 56;

describe('a backend that dies in the middle of a response', () => {
  const HALF = 'x'.repeat(5000);
  const beginnings = {
    'Content-Length': `HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n${HALF}`,
    'whole chunks': `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1388\r\n${HALF}\r\n`,
    'a broken chunk': `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2710\r\n${HALF}`,
  };
  const cases = Object.entries(beginnings).flatMap(([name, bytes]) => [
    { name, end: 'FIN', bytes },
    { name, end: 'RST', bytes },
  ]);
  cases.push({ name: 'no length', end: 'RST', bytes: `HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n${HALF}` });

  test.each(cases)('$name, $end: the connection of the client is cut', async ({ end, bytes }) => {
    await using origin = await RawOrigin.start('dying');
    await using gateway = await GatewayProcess.start(uncheckedTenant('/', [origin]));
    using client = await RawClient.open(gateway.port);
    await client.send(GET);
    const backend = await origin.asked();
    await backend.send(bytes);
    expect(await client.until(({ received }) => received.includes(HALF), BOUND)).toBe(true);
    if (end === 'FIN') backend.endSending();
    else backend.reset();
    expect(await client.until(({ peer }) => peer !== 'open', BOUND)).toBe(true);
    expect(client.peer).toBe('reset');
    expect(client.received.endsWith('\r\n0\r\n\r\n')).toBe(false);
    expect(origin.connections).toHaveLength(1);
  });

  test.if(needs('curl')).each(Object.entries(beginnings))('%s: curl reports a failure', async (_, bytes) => {
    await using origin = await RawOrigin.start('dying');
    await using gateway = await GatewayProcess.start(uncheckedTenant('/', [origin]));
    const answer = curl(gateway.url);
    const backend = await origin.asked();
    await backend.send(bytes);
    backend.endSending();
    expect([PARTIAL_FILE, RECEIVE_ERROR]).toContain((await answer).code);
  });
});

describe('a client that leaves', () => {
  const leave = async (gateway: GatewayProcess, client: RawClient, backend: RawClient): Promise<void> => {
    client.reset();
    expect(await backend.until(({ peer }) => peer !== 'open', BOUND)).toBe(true);
    await until(async () => (await inFlight(gateway)) === 0, 'nothing is in flight');
  };

  test('takes its request back from the backend', async () => {
    await using origin = await RawOrigin.start('left');
    await using gateway = await GatewayProcess.start(uncheckedTenant('/', [origin]));
    using waiting = await RawClient.open(gateway.port);
    await waiting.send(GET);
    await leave(gateway, waiting, await origin.asked(0));
    using sending = await RawClient.open(gateway.port);
    await sending.send('POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 10\r\n\r\nhello');
    await leave(gateway, sending, await origin.asked(1));
    using reading = await RawClient.open(gateway.port);
    await reading.send(GET);
    const backend = await origin.asked(2);
    await backend.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello');
    await reading.until(({ received }) => received.endsWith('hello'), BOUND);
    await leave(gateway, reading, backend);
    expect(origin.connections.map(({ received }) => received.endsWith('hello'))).toEqual([false, true, false]);
  });

  test('is noticed at the latest by what it does not read any more', async () => {
    await using origin = await RawOrigin.start('left');
    await using gateway = await GatewayProcess.start(uncheckedTenant('/', [origin]));
    const controller = new AbortController();
    const response = fetch(gateway.url, { signal: controller.signal });
    const backend = await origin.asked();
    await backend.send(
      'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n',
    );
    await response;
    controller.abort();
    await until(async () => {
      await backend.send('1\r\nx\r\n');
      return backend.peer !== 'open';
    }, 'the backend is told');
    await until(async () => (await inFlight(gateway)) === 0, 'nothing is in flight');
  });
});

describe.if(canMeasureMemory)('who does not read', () => {
  const SIZE = 64 * 1024 * 1024;
  const GROWTH = 16 * 1024 * 1024;

  /** Connects to the gateway after some ordinary requests, which have loaded and compiled its code. */
  async function warm(gateway: GatewayProcess): Promise<Socket> {
    for (let n = 0; n < 20; n++) await fetch(`${gateway.admin}/health`);
    const socket = connect({ port: gateway.port, host: '127.0.0.1' });
    await new Promise((resolve) => socket.once('connect', resolve));
    return socket;
  }

  test('holds up the response, not the memory; and gets every byte when it reads on', async () => {
    const senders: BulkSender[] = [];
    let sent: Promise<string> = Promise.resolve('');
    const count = (): number => senders[0]?.sent ?? 0;
    await using origin = await RawOrigin.start('large', (socket) => {
      socket.on('error', () => socket.destroy());
      socket.once('data', () => {
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${SIZE}\r\n\r\n`);
        const sender = new BulkSender(socket, SIZE);
        senders.push(sender);
        sent = sender.send();
      });
    });
    await using gateway = await GatewayProcess.start(uncheckedTenant('/', [origin]));
    const socket = await warm(gateway);
    const reader = new BulkReader(socket);
    const before = residentBytes(gateway.pid);
    socket.write(GET);
    await until(() => count() > 0, 'the origin sends');
    await untilItRests(count, 'the origin is held up');
    expect(count()).toBeLessThan(SIZE);
    expect(reader.received).toBe(0);
    expect(residentBytes(gateway.pid) - before).toBeLessThan(GROWTH);
    expect(await reader.read(SIZE)).toBe(await sent);
    socket.destroy();
  });

  test('holds up the request, not the memory; and gets every byte when it reads on', async () => {
    const accepted = Promise.withResolvers<Socket>();
    await using origin = await RawOrigin.start('deaf', (socket) => {
      socket.pause();
      accepted.resolve(socket);
    });
    await using gateway = await GatewayProcess.start(uncheckedTenant('/', [origin]));
    const socket = await warm(gateway);
    const client = RawClient.over(socket);
    const before = residentBytes(gateway.pid);
    socket.write(`POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${SIZE}\r\n\r\n`);
    const sender = new BulkSender(socket, SIZE);
    const sent = sender.send();
    const backend = await accepted.promise;
    const reader = new BulkReader(backend);
    await untilItRests(() => sender.sent, 'the client is held up');
    expect(sender.sent).toBeLessThan(SIZE);
    expect(reader.received).toBe(0);
    expect(residentBytes(gateway.pid) - before).toBeLessThan(GROWTH);
    expect(await reader.read(SIZE)).toBe(await sent);
    backend.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    expect(await client.until(({ received }) => received.endsWith('ok'), BOUND)).toBe(true);
    client[Symbol.dispose]();
  });
});
