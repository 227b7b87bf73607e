import { describe, expect, test } from 'bun:test';
import type { Socket } from 'node:net';
import { backendOf } from '../support/admin.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { RawOrigin } from '../support/raw-origin.ts';
import { pathTenant, uncheckedTenant } from '../support/yaml.ts';
import { until } from '../support/until.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** Answers every request, and lets the test do something to the connection afterwards. */
function answering(heads: string[], after: (socket: Socket) => void, head = OK): (socket: Socket) => void {
  return (socket) => {
    let text = '';
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1');
      const end = text.indexOf('\r\n\r\n');
      if (end < 0) return;
      heads.push(text.slice(0, end));
      text = '';
      socket.write(head, () => after(socket));
    });
  };
}

describe('a connection to a backend', () => {
  test.each([
    ['ends', (socket: Socket) => socket.end()],
    ['is reset', (socket: Socket) => socket.resetAndDestroy()],
  ])('that %s after each response, unannounced, costs no GET', async (_, close) => {
    const heads: string[] = [];
    await using origin = await RawOrigin.start('a', answering(heads, close));
    await using gateway = await GatewayProcess.start(uncheckedTenant('/', [origin]));
    const statuses = new Set<number>();
    for (let n = 0; n < 200; n++) statuses.add((await fetch(gateway.url)).status);
    expect([...statuses]).toEqual([200]);
  });

  test('that ends after each response, unannounced, never carries a POST twice', async () => {
    const heads: string[] = [];
    await using origin = await RawOrigin.start(
      'a',
      answering(heads, (socket) => socket.end()),
    );
    await using gateway = await GatewayProcess.start(uncheckedTenant('/', [origin]));
    let answered = 0;
    for (let n = 0; n < 200; n++) {
      const response = await fetch(`${gateway.url}/${n}`, { method: 'POST' });
      if (response.status === 200) answered++;
    }
    const lines = heads.map((head) => head.split('\r\n')[0]);
    expect(new Set(lines).size).toBe(lines.length);
    expect(lines.length).toBeGreaterThanOrEqual(answered);
  });

  test('is not used again after a byte too many', async () => {
    const heads: string[] = [];
    const take = answering(heads, () => {}, `${OK}HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison`);
    await using origin = await RawOrigin.start('a', take);
    await using gateway = await GatewayProcess.start(uncheckedTenant('/', [origin]));
    for (let n = 0; n < 20; n++) expect(await (await fetch(gateway.url)).text()).toBe('ok');
  });

  test('is given up before the backend does by its own word', async () => {
    const heads: string[] = [];
    const hinted = OK.replace('\r\n\r\n', '\r\nKeep-Alive: timeout=1\r\n\r\n');
    await using origin = await RawOrigin.start(
      'a',
      answering(heads, () => {}, hinted),
    );
    await using gateway = await GatewayProcess.start(uncheckedTenant('/', [origin]));
    const idle = async (): Promise<number> => {
      const body = await (await fetch(`${gateway.admin}/tenants`)).text();
      return Number(/"idle_connections":(\d+)/.exec(body)?.[1]);
    };
    expect((await fetch(gateway.url)).status).toBe(200);
    expect(await idle()).toBe(1);
    await until(async () => (await idle()) === 0, 'the connection is closed');
  });
});

test('connections are opened ahead for a backend that is found healthy, and used', async () => {
  const heads: string[] = [];
  await using origin = await RawOrigin.start(
    'a',
    answering(heads, () => {}),
  );
  const warm = '    pool: { warm: 3 }\n';
  await using gateway = await GatewayProcess.start(pathTenant('/', [origin], warm));
  await until(async () => (await backendOf(gateway, 'a')).idle_connections === 3, 'three wait');
  expect(await backendOf(gateway, 'a')).toMatchObject({ in_flight: 0, requests: 0 });
  const opened = origin.connections.length;
  expect((await fetch(gateway.url)).status).toBe(200);
  expect(await backendOf(gateway, 'a')).toMatchObject({ idle_connections: 3, requests: 1 });
  expect(heads.filter((head) => !head.startsWith('GET /health'))).toHaveLength(1);
  expect(origin.connections.length - opened).toBeLessThanOrEqual(1); // another probe may have come
});
