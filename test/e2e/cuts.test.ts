// A body or tunnel whose end only the connection tells: cut, it ends with a reset, so that a part never passes for the whole.
import { describe, expect, test } from 'bun:test';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type Socket, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { command } from '../support/admin.ts';
import { FIRST } from '../support/certificates.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { RawClient } from '../support/raw-client.ts';
import { RawOrigin } from '../support/raw-origin.ts';
import { until } from '../support/until.ts';
import { uncheckedTenant } from '../support/yaml.ts';

const BOUND = 10_000;
const UNTIL_CLOSE = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nhello';
const CHUNKED = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n';
const SWITCHED = 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: raw\r\n\r\nhello';
const ASK_TUNNEL = 'GET / HTTP/1.1\r\nHost: a.test\r\nConnection: upgrade\r\nUpgrade: raw\r\n\r\n';

/** A request, and the beginning of the answer: nothing but the end of the connection tells that it is whole. */
const BODIES: readonly (readonly [string, string, string])[] = [
  ['a body without an end mark', 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n', UNTIL_CLOSE],
  ['one for HTTP/1.0', 'GET / HTTP/1.0\r\nHost: a.test\r\n\r\n', UNTIL_CLOSE],
  ['chunks for HTTP/1.0', 'GET / HTTP/1.0\r\nHost: a.test\r\n\r\n', CHUNKED],
];
const ALL = [...BODIES, ['a tunnel', ASK_TUNNEL, SWITCHED] as const];

/** A client that has the beginning of its answer, and the connection that the answer comes by. */
async function begun(
  gateway: GatewayProcess,
  origin: RawOrigin,
  [ask, answer]: readonly [string, string],
): Promise<{ client: RawClient; backend: RawClient }> {
  const client = await RawClient.open(gateway.port);
  await client.send(ask);
  const backend = await origin.asked();
  await backend.send(answer);
  expect(await client.until(({ received }) => received.endsWith('hello'), BOUND)).toBe(true);
  return { client, backend };
}

async function isReset(client: RawClient): Promise<boolean> {
  await client.until(({ peer }) => peer !== 'open', BOUND);
  return client.peer === 'reset';
}

describe('at the end of the gateway', () => {
  test.each(ALL)('%s is cut by a reset at the deadline of the shutdown', async (_, ask, answer) => {
    await using origin = await RawOrigin.start('endless');
    await using gateway = await GatewayProcess.start(
      `timeouts: { shutdown: 300ms }\n${uncheckedTenant('/', [origin])}`,
    );
    const { client, backend } = await begun(gateway, origin, [ask, answer]);
    gateway.signal('SIGTERM');
    expect(await isReset(client)).toBe(true);
    expect(await isReset(backend)).toBe(true);
    expect(await gateway.exited).toBe(0);
  });

  test.each(ALL)('%s is cut by a reset at a second signal', async (_, ask, answer) => {
    await using origin = await RawOrigin.start('endless');
    await using gateway = await GatewayProcess.start(uncheckedTenant('/', [origin]));
    const { client } = await begun(gateway, origin, [ask, answer]);
    gateway.signal('SIGTERM');
    await until(() => gateway.errors.includes('shutting down'), 'the first signal has come');
    gateway.signal('SIGTERM');
    expect(await isReset(client)).toBe(true);
    await gateway.exited;
  });

  test('over TLS there is no close_notify', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'keystone-test-'));
    await writeFile(join(directory, 'cert'), FIRST.certificate);
    await writeFile(join(directory, 'key'), FIRST.key);
    await using origin = await RawOrigin.start('endless');
    const tls = `tls: { cert_file: "${directory}/cert", key_file: "${directory}/key" }\ntimeouts: { shutdown: 300ms }\n`;
    await using gateway = await GatewayProcess.start(tls + uncheckedTenant('/', [origin]));
    const socket = connectTls({ port: gateway.port, host: '127.0.0.1', rejectUnauthorized: false });
    const seen = { text: '', end: '' };
    socket.on('data', (bytes: Buffer) => {
      seen.text += bytes.toString();
    });
    socket.once('end', () => {
      seen.end ||= 'end';
    });
    socket.once('error', () => {
      seen.end ||= 'error';
    });
    socket.write('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n');
    await (await origin.asked()).send(UNTIL_CLOSE);
    await until(() => seen.text.endsWith('hello'), 'the beginning has come');
    gateway.signal('SIGTERM');
    await until(() => seen.end !== '', 'it is cut');
    expect(seen.end).toBe('error');
    await rm(directory, { recursive: true });
  });
});

describe('a backend that breaks off', () => {
  test.each(ALL)('%s: the client is cut by a reset', async (_, ask, answer) => {
    await using origin = await RawOrigin.start('breaking');
    await using gateway = await GatewayProcess.start(uncheckedTenant('/', [origin]));
    const { client, backend } = await begun(gateway, origin, [ask, answer]);
    backend.reset();
    expect(await isReset(client)).toBe(true);
  });

  test('in the middle of chunks, for a client of HTTP/1.0, by a FIN', async () => {
    await using origin = await RawOrigin.start('breaking');
    await using gateway = await GatewayProcess.start(uncheckedTenant('/', [origin]));
    const { client, backend } = await begun(gateway, origin, ['GET / HTTP/1.0\r\nHost: a.test\r\n\r\n', CHUNKED]);
    backend.endSending();
    expect(await isReset(client)).toBe(true);
  });

  test.each([
    ['HTTP/1.0', '1.0', 'reset'],
    ['HTTP/1.1', '1.1', 'reset'],
  ] as const)('while its body is compressed for %s', async (_, version, end) => {
    await using origin = await RawOrigin.start('breaking');
    await using gateway = await GatewayProcess.start(
      `compression: { enabled: true }\n${uncheckedTenant('/', [origin])}`,
    );
    using client = await RawClient.open(gateway.port);
    await client.send(`GET / HTTP/${version}\r\nHost: a.test\r\nAccept-Encoding: gzip\r\n\r\n`);
    const backend = await origin.asked();
    await backend.send(UNTIL_CLOSE + 'x'.repeat(2000));
    await client.until(({ received }) => received.includes('\r\n\r\n'), BOUND);
    expect(client.received).toContain('Content-Encoding: gzip');
    backend.reset();
    await client.until(({ peer }) => peer !== 'open', BOUND);
    expect(client.peer).toBe(end);
    expect(client.received).not.toEndWith('0\r\n\r\n');
  });
});

describe('a tunnel', () => {
  test('on which nothing is said for too long is cut by a reset, and nothing is held against the backend', async () => {
    await using origin = await RawOrigin.start('quiet');
    const ejection = '    outlier_ejection: { consecutive: 1 }\n';
    const yaml = `timeouts: { tunnel_idle: 1s }\n${uncheckedTenant('/', [origin], ejection)}`;
    await using gateway = await GatewayProcess.start(yaml);
    const { client, backend } = await begun(gateway, origin, [ASK_TUNNEL, SWITCHED]);
    expect(await isReset(client)).toBe(true);
    expect(await isReset(backend)).toBe(true);
    const { tenants } = (await (await fetch(`${gateway.admin}/tenants`)).json()) as {
      tenants: { backends: object[] }[];
    };
    expect(tenants[0].backends[0]).toMatchObject({ failures: 0, in_flight: 0, tunnels: 0 });
  });

  test('is cut by a reset at the deadline of a drain', async () => {
    await using origin = await RawOrigin.start('quiet');
    await using gateway = await GatewayProcess.start(uncheckedTenant('/', [origin]));
    const { client } = await begun(gateway, origin, [ASK_TUNNEL, SWITCHED]);
    await command(gateway, 'quiet', 'drain?deadline=1s');
    expect(await isReset(client)).toBe(true);
  });

  test('ends with FIN where its backend ends it', async () => {
    await using origin = await RawOrigin.start('ending');
    await using gateway = await GatewayProcess.start(uncheckedTenant('/', [origin]));
    const { client, backend } = await begun(gateway, origin, [ASK_TUNNEL, SWITCHED]);
    backend.endSending();
    await client.until(({ peer }) => peer !== 'open', BOUND);
    expect(client.peer).toBe('ended');
  });

  test('brings a slow backend everything before the FIN of the client', async () => {
    const size = 8 * 1024 * 1024;
    const seen = { bytes: 0, hasEnded: false };
    const sockets: Socket[] = [];
    await using origin = await RawOrigin.start('slow', (socket) => {
      sockets.push(socket);
      socket.once('data', () => {
        socket.pause();
        socket.write(SWITCHED);
        socket.on('data', (bytes: Buffer) => {
          seen.bytes += bytes.length;
        });
        socket.once('end', () => {
          seen.hasEnded = true;
        });
      });
      socket.on('error', () => undefined);
    });
    await using gateway = await GatewayProcess.start(uncheckedTenant('/', [origin]));
    const socket = connect({ port: gateway.port, host: '127.0.0.1', allowHalfOpen: true });
    socket.on('error', () => undefined);
    socket.write(ASK_TUNNEL);
    await new Promise((resolve) => socket.once('data', resolve));
    socket.end(new Uint8Array(size));
    await until(() => socket.bytesWritten > size / 2, 'much of it has left');
    sockets[0].resume();
    await until(() => seen.hasEnded || sockets[0].destroyed, 'it has ended');
    expect(seen).toEqual({ bytes: size, hasEnded: true });
    socket.destroy();
  });
});
