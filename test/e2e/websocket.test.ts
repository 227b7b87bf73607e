import { describe, expect, test } from 'bun:test';
import { GatewayProcess } from '../support/gateway-process.ts';
import { RawClient } from '../support/raw-client.ts';
import { RawOrigin } from '../support/raw-origin.ts';
import { until } from '../support/until.ts';
import { WebSocketClient } from '../support/web-socket-client.ts';
import { WebSocketOrigin } from '../support/web-socket-origin.ts';
import { uncheckedTenant } from '../support/yaml.ts';

const BOUND = 10_000;
const MIB = 1024 * 1024;
const HANDSHAKE =
  'Host: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

type Counts = { tunnels: number; in_flight: number };
type Tenants = { tenants: { backends: Counts[] }[] };

function start(origin: WebSocketOrigin, timeouts = ''): Promise<GatewayProcess> {
  return GatewayProcess.start(timeouts + uncheckedTenant('/ws/', [origin]));
}

async function counts(gateway: GatewayProcess): Promise<Counts> {
  const { tenants } = (await (await fetch(`${gateway.admin}/tenants`)).json()) as Tenants;
  const backend = tenants[0]?.backends[0];
  if (backend === undefined) throw new Error('there is no backend');
  return { tunnels: backend.tunnels, in_flight: backend.in_flight };
}

function random(size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes;
}

describe('a WebSocket', () => {
  test('carries text and bytes of any size, both ways', async () => {
    using origin = new WebSocketOrigin();
    await using gateway = await start(origin);
    using client = await WebSocketClient.open(`${gateway.url}/ws/chat`);
    const messages = ['', 'x', 'Grüße 🙂', 'y'.repeat(126), random(125), random(65_536), 'z'.repeat(MIB), random(MIB)];
    for (const [place, message] of messages.entries()) {
      client.send(message);
      expect(await client.message(place)).toEqual(message);
    }
  });

  test('carries many messages in their order', async () => {
    using origin = new WebSocketOrigin();
    await using gateway = await start(origin);
    using client = await WebSocketClient.open(`${gateway.url}/ws/`);
    const messages = Array.from({ length: 5000 }, (_, n) => `${n} ${'x'.repeat(n % 300)}`);
    for (const message of messages) client.send(message);
    await client.message(messages.length - 1);
    expect(client.messages).toEqual(messages);
  });

  test('speaks the subprotocol that client and origin agree on', async () => {
    using origin = new WebSocketOrigin();
    await using gateway = await start(origin);
    using agreed = await WebSocketClient.open(`${gateway.url}/ws/`, ['other', 'echo']);
    expect(agreed.socket.protocol).toBe('echo');
    using plain = await WebSocketClient.open(`${gateway.url}/ws/`);
    expect(plain.socket.protocol).toBe('');
  });

  test('that the origin refuses is an ordinary answer, and the connection goes on', async () => {
    using origin = new WebSocketOrigin();
    await using gateway = await start(origin);
    using client = await RawClient.open(gateway.port);
    for (let n = 1; n <= 3; n++) {
      await client.send(`GET /ws/no HTTP/1.1\r\n${HANDSHAKE}`);
      expect(await client.until(({ received }) => received.split('not here').length === n + 1, BOUND)).toBe(true);
    }
    const statuses = Array.from(client.received.matchAll(/HTTP\/1\.1 (\d+)/g), ([, status]) => status);
    expect(statuses).toEqual(['403', '403', '403']);
    await client.send('GET /ws/ HTTP/1.1\r\nHost: a.test\r\n\r\n');
    expect(await client.until(({ received }) => received.endsWith('plain'), BOUND)).toBe(true);
    await client.send(`GET /ws/ HTTP/1.1\r\n${HANDSHAKE}`);
    expect(await client.until(({ received }) => received.includes('HTTP/1.1 101 '), BOUND)).toBe(true);
    expect(client.peer).toBe('open');
  });

  test('closes with the code and reason of whoever closes it', async () => {
    using origin = new WebSocketOrigin();
    await using gateway = await start(origin);
    using byClient = await WebSocketClient.open(`${gateway.url}/ws/`);
    byClient.socket.close(4001, 'client');
    expect(await byClient.closed()).toEqual({ code: 4001, reason: 'client', wasClean: true });
    await until(() => origin.closings.length === 1, 'the origin knows');
    using byOrigin = await WebSocketClient.open(`${gateway.url}/ws/`);
    await until(() => origin.sockets.size === 1, 'the origin has it');
    for (const socket of origin.sockets) socket.close(4002, 'origin');
    expect(await byOrigin.closed()).toEqual({ code: 4002, reason: 'origin', wasClean: true });
    await until(() => origin.closings.length === 2, 'the origin has closed it');
    expect(origin.closings).toEqual([
      { code: 4001, reason: 'client' },
      { code: 4002, reason: 'origin' },
    ]);
  });

  test('that breaks off on one side ends on the other', async () => {
    using origin = new WebSocketOrigin();
    await using gateway = await start(origin);
    using byClient = await WebSocketClient.open(`${gateway.url}/ws/`);
    byClient.socket.terminate();
    await until(() => origin.closings.length === 1, 'the origin knows');
    using byOrigin = await WebSocketClient.open(`${gateway.url}/ws/`);
    await until(() => origin.sockets.size === 1, 'the origin has it');
    for (const socket of origin.sockets) socket.terminate();
    expect(await byOrigin.closed()).toMatchObject({ code: 1006 });
    await until(async () => (await counts(gateway)).in_flight === 0, 'nothing is in flight');
  });

  test('is counted as long as it is open', async () => {
    using origin = new WebSocketOrigin();
    await using gateway = await start(origin);
    using first = await WebSocketClient.open(`${gateway.url}/ws/`);
    using second = await WebSocketClient.open(`${gateway.url}/ws/`);
    expect(await counts(gateway)).toEqual({ tunnels: 2, in_flight: 2 });
    first.socket.close();
    await until(async () => (await counts(gateway)).tunnels === 1, 'one is closed');
    second.socket.close();
    await until(async () => (await counts(gateway)).tunnels === 0, 'both are closed');
    expect(await counts(gateway)).toEqual({ tunnels: 0, in_flight: 0 });
  });

  test('on which nothing is said for too long is closed, and no other', async () => {
    using origin = new WebSocketOrigin();
    await using gateway = await start(origin, 'timeouts: { tunnel_idle: 1s }\n');
    using quiet = await WebSocketClient.open(`${gateway.url}/ws/`);
    using busy = await WebSocketClient.open(`${gateway.url}/ws/`);
    let sent = 0;
    await until(async () => {
      busy.send(String(sent));
      await busy.message(sent++);
      return quiet.closing !== null;
    }, 'the quiet one is closed');
    await until(() => origin.closings.length === 1, 'the origin knows');
    expect(busy.closing).toBeNull();
    expect(origin.sockets.size).toBe(1);
    expect(await counts(gateway)).toEqual({ tunnels: 1, in_flight: 1 });
  });
});

describe('an upgrade with a body, as docker exec sends it', () => {
  const BODY = '{"Detach":false,"Tty":true}';
  const EXEC = `POST /ws/exec/1/start HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Type: application/json\r\nContent-Length: ${BODY.length}\r\n\r\n`;

  test('becomes a tunnel behind the body, even if that comes later', async () => {
    await using origin = await RawOrigin.start('docker');
    await using gateway = await GatewayProcess.start(uncheckedTenant('/ws/', [origin]));
    using client = await RawClient.open(gateway.port);
    await client.send(EXEC);
    const docker = await origin.asked();
    expect(docker.received).toMatch(/\r\nUpgrade: tcp\r\n/);
    await client.send(BODY);
    expect(await docker.until(({ received }) => received.endsWith(BODY), BOUND)).toBe(true);
    await docker.send('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n/ # ');
    expect(await client.until(({ received }) => received.endsWith('\r\n\r\n/ # '), BOUND)).toBe(true);
    expect(client.received).toStartWith('HTTP/1.1 101 ');
    await client.send('exit\n');
    expect(await docker.until(({ received }) => received.endsWith(`${BODY}exit\n`), BOUND)).toBe(true);
  });

  test('that the origin declines is an ordinary request, and the connection to the origin is not used again', async () => {
    await using origin = await RawOrigin.start('docker');
    await using gateway = await GatewayProcess.start(uncheckedTenant('/ws/', [origin]));
    using client = await RawClient.open(gateway.port);
    await client.send(EXEC + BODY);
    const docker = await origin.asked();
    await docker.send('HTTP/1.1 409 Conflict\r\nContent-Length: 2\r\n\r\nno');
    expect(await client.until(({ received }) => received.endsWith('\r\n\r\nno'), BOUND)).toBe(true);
    await client.send('GET /ws/next HTTP/1.1\r\nHost: a.test\r\n\r\n');
    expect((await origin.asked(1)).received).toStartWith('GET /next HTTP/1.1\r\n');
    expect(docker.peer).not.toBe('open');
  });
});

describe('an origin that asks for another protocol by 426', () => {
  test.each(['Content-Length: 0', 'Transfer-Encoding: chunked'])('is heard (%s)', async (framing) => {
    await using origin = await RawOrigin.start('old');
    await using gateway = await GatewayProcess.start(uncheckedTenant('/ws/', [origin]));
    using client = await RawClient.open(gateway.port);
    await client.send('GET /ws/ HTTP/1.1\r\nHost: a.test\r\n\r\n');
    const date = 'Date: Fri, 27 Nov 2026 23:00:00 GMT';
    const body = framing.startsWith('T') ? '0\r\n\r\n' : '';
    const head = `HTTP/1.1 426 Upgrade Required\r\n${date}\r\nUpgrade: websocket, foo/2\r\nConnection: Upgrade\r\n${framing}`;
    await (await origin.asked()).send(`${head}\r\n\r\n${body}`);
    expect(await client.until(({ received }) => received.endsWith(`\r\n\r\n${body}`), BOUND)).toBe(true);
    expect(client.received).toContain('\r\nUpgrade: websocket, foo/2\r\n');
    expect(client.received).toContain('\r\nConnection: Upgrade\r\n');
  });
});

describe('SIGTERM', () => {
  test('tells the clients of WebSockets that the gateway goes away, and ends within the limit', async () => {
    using origin = new WebSocketOrigin();
    await using gateway = await start(origin, 'timeouts: { shutdown: 5s }\n');
    using idle = await WebSocketClient.open(`${gateway.url}/ws/`);
    using used = await WebSocketClient.open(`${gateway.url}/ws/`);
    used.send(random(MIB));
    await used.message(0);
    const before = performance.now();
    gateway.signal('SIGTERM');
    expect(await idle.closed()).toMatchObject({ code: 1001 });
    expect(await used.closed()).toMatchObject({ code: 1001 });
    expect(await gateway.exited).toBe(0);
    expect(performance.now() - before).toBeLessThan(5000);
    await until(() => origin.closings.length === 2, 'the origin knows');
  });

  test('is not held up beyond the limit by a client that does not answer', async () => {
    using origin = new WebSocketOrigin();
    await using gateway = await start(origin, 'timeouts: { shutdown: 1s }\n');
    using client = await RawClient.open(gateway.port);
    await client.send(`GET /ws/ HTTP/1.1\r\n${HANDSHAKE}`);
    expect(await client.until(({ received }) => received.includes('HTTP/1.1 101 '), BOUND)).toBe(true);
    gateway.signal('SIGTERM');
    expect(await client.until(({ received }) => received.endsWith('\x88\x02\x03\xe9'), BOUND)).toBe(true);
    expect(await gateway.exited).toBe(0);
  });
});
