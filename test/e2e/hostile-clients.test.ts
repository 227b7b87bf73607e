import { describe, expect, test } from 'bun:test';
import { type Socket, connect } from 'node:net';
import { GatewayProcess } from '../support/gateway-process.ts';
import { canMeasureMemory, residentBytes } from '../support/memory.ts';
import { Origin } from '../support/origin.ts';
import { RawClient } from '../support/raw-client.ts';
import { until } from '../support/until.ts';
import { uncheckedTenant } from '../support/yaml.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n';
/** A connection that reads nothing until the test resumes it. */
function deafClient(port: number): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => resolve(socket));
    socket.pause();
  });
}

// Small enough that the gateway reads it at once, and has all of it before the client has read anything.
const BODY = 'x'.repeat(60_000);
const MOST = 1000;

/** Sends a request after each answer of the origin, and never reads; resolves with how often the origin was asked. */
async function askOnAndOn(socket: Socket, origin: Origin, most: number): Promise<number> {
  origin.requests = 0;
  for (let n = 1; n <= most && origin.requests === n - 1; n++) {
    socket.write(GET);
    await until(() => origin.requests >= n, 'the origin is asked', 500).catch(() => undefined);
  }
  return origin.requests;
}

describe.if(canMeasureMemory)('a client that asks on and on and does not read', () => {
  test('is not listened to any more, and gets every answer when it reads', async () => {
    using origin = new Origin('quick', () => new Response(BODY));
    await using gateway = await GatewayProcess.start(uncheckedTenant('/', [origin]));
    for (let n = 0; n < 20; n++) await (await fetch(gateway.url)).text();
    const before = residentBytes(gateway.pid);
    const socket = await deafClient(gateway.port);
    const asked = await askOnAndOn(socket, origin, MOST);
    expect(asked).toBeLessThan(MOST);
    expect(residentBytes(gateway.pid) - before).toBeLessThan(16 * 1024 * 1024);
    let received = 0;
    socket.on('data', (bytes: Buffer) => {
      received += bytes.length;
    });
    socket.resume();
    await until(() => received > (asked + 1) * BODY.length, 'every request is answered');
    expect(origin.requests).toBe(asked + 1);
    socket.destroy();
  });

  test('is idle like any other once it has read, with the deadline of one', async () => {
    using origin = new Origin('quick', () => new Response(BODY));
    const timeouts = 'timeouts: { keep_alive: 1s }\n';
    await using gateway = await GatewayProcess.start(timeouts + uncheckedTenant('/', [origin]));
    const first = await deafClient(gateway.port);
    const enough = await askOnAndOn(first, origin, MOST);
    first.destroy();
    // So many requests that a part of the last answer stays in the gateway.
    const socket = await deafClient(gateway.port);
    const asked = await askOnAndOn(socket, origin, enough);
    let received = 0;
    let isClosed = false;
    socket.on('data', (bytes: Buffer) => {
      received += bytes.length;
    });
    socket.once('close', () => {
      isClosed = true;
    });
    socket.resume();
    await until(() => received > asked * BODY.length, 'every request is answered');
    await until(() => isClosed, 'the gateway closes it', 5000);
  });
});

test('a thousand requests at once that the gateway answers itself are answered in their order', async () => {
  await using gateway = await GatewayProcess.start('admin_base_path: /admin\ntenants: []');
  using client = await RawClient.open(gateway.port);
  const targets = Array.from({ length: 1000 }, (_, n) => (n % 3 === 0 ? '/admin/health' : '/nowhere'));
  await client.send(targets.map((target) => `GET ${target} HTTP/1.1\r\nHost: a.test\r\n\r\n`).join(''));
  const statuses = (): string[] =>
    Array.from(client.received.matchAll(/HTTP\/1\.1 (\d+)/g), ([, status = '']) => status);
  await until(() => statuses().length === targets.length, 'all are answered');
  expect(statuses()).toEqual(targets.map((target) => (target === '/nowhere' ? '404' : '200')));
});
