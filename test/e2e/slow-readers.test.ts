// Clients that read their responses slowly: the gateway gives up those that are too slow, and waits for the others.
import { describe, expect, test } from 'bun:test';
import { type Socket, connect } from 'node:net';
import { tenantOf } from '../support/admin.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { until } from '../support/until.ts';
import { uncheckedTenant } from '../support/yaml.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n';
const SIZE = 24 * 1024 * 1024;
// 24 MiB take 9 s.
const BYTES_PER_MILLI = 2800;
const RATE = 'limits: { min_response_rate: 512KiB }\n';
const ONE_PLACE = '    pool: { max_connections: 1 }\n';

/** A client that has sent a request and reads nothing yet. */
function asking(port: number): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => {
      socket.write(GET);
      resolve(socket);
    });
    socket.on('error', () => undefined);
    socket.pause();
  });
}

describe.if(process.platform === 'linux')('a slow reader', () => {
  test('that takes nothing gives its place at the backend back', async () => {
    using origin = new Origin('large', () => new Response(new Uint8Array(SIZE)));
    await using gateway = await GatewayProcess.start(RATE + uncheckedTenant('/', [origin], ONE_PLACE));
    const inFlight = async (): Promise<number> => (await tenantOf(gateway)).backends[0]?.in_flight ?? 0;
    const began = performance.now();
    const deaf = await asking(gateway.port);
    await until(async () => (await inFlight()) === 1, 'it has the place');
    await until(async () => (await inFlight()) === 0, 'the place is free', 15_000);
    expect(performance.now() - began).toBeGreaterThan(5000);
    expect((await (await fetch(gateway.url)).arrayBuffer()).byteLength).toBe(SIZE);
    deaf.destroy();
  });

  test('that takes enough gets everything', async () => {
    using origin = new Origin('large', () => new Response(new Uint8Array(SIZE)));
    await using gateway = await GatewayProcess.start(RATE + uncheckedTenant('/', [origin], ONE_PLACE));
    const socket = await asking(gateway.port);
    const seen = { bytes: 0, isOver: false };
    const began = performance.now();
    socket.on('data', (bytes: Buffer) => {
      seen.bytes += bytes.length;
      socket.pause();
      setTimeout(() => socket.resume(), Math.max(0, began + seen.bytes / BYTES_PER_MILLI - performance.now()));
    });
    socket.once('close', () => {
      seen.isOver = true;
    });
    socket.resume();
    await until(() => seen.isOver, 'the connection ends', 30_000);
    expect(seen.bytes).toBeGreaterThan(SIZE);
    expect(performance.now() - began).toBeGreaterThan(5000);
  });
});
