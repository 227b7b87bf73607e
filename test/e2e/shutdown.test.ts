// How a gateway ends, and what load balancers and orchestrators hear of it.
import { describe, expect, test } from 'bun:test';
import { GatewayProcess } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { accepts } from '../support/ports.ts';
import { needs } from '../support/programs.ts';
import { RawClient } from '../support/raw-client.ts';
import { RawOrigin } from '../support/raw-origin.ts';
import { until } from '../support/until.ts';
import { WebSocketClient } from '../support/web-socket-client.ts';
import { WebSocketOrigin } from '../support/web-socket-origin.ts';
import { startWrk } from '../support/wrk.ts';

const BOUND = 10_000;
const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n';
const HANDSHAKE =
  'Host: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

const tenant = (url: string, more = ''): string =>
  `tenants: [{ name: main, path_prefix: "/", services: [{ name: only, url: "${url}" }]${more} }]\n`;

async function asked(url: string): Promise<string> {
  const answer = await fetch(url, { keepalive: false });
  return `${answer.status} ${(await answer.text()).trimEnd()}`;
}

const READY = '200 {"status":"ready"}';
const LIVE = '200 {"status":"live"}';

describe('what is asked before clients are sent', () => {
  test('is not ready before each backend has had its first verdict, or some seconds have passed', async () => {
    using mute = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data: () => undefined } });
    await using gateway = await GatewayProcess.start(
      tenant(`http://127.0.0.1:${mute.port}`, ', health_check: { path: /health, timeout: 1500ms }'),
    );
    expect(await asked(`${gateway.admin}/health/ready`)).toBe('503 {"status":"starting"}');
    expect(await asked(`${gateway.admin}/health/live`)).toBe(LIVE);
    await until(async () => (await asked(`${gateway.admin}/health/ready`)) === READY, 'it is ready');
  });

  test('may be asked by strangers on the listeners of clients, where they are told below admin_base_path', async () => {
    using a = new Origin('a');
    const admin = 'admin: { public_health: none, tokens: ["a-token-of-16-letters"] }\n';
    await using gateway = await GatewayProcess.start(`admin_base_path: /ops\n${admin}${tenant(a.url)}`);
    await until(async () => (await asked(`${gateway.url}/ops/health/ready`)) === READY, 'it is ready');
    expect(await asked(`${gateway.url}/ops/health/live`)).toBe(LIVE);
    expect(await asked(`${gateway.url}/ops/health`)).toStartWith('401 ');
    expect(await asked(`${gateway.url}/health/live`)).toContain('"origin":"a"');
  });
});

describe('a gateway that is told to end', () => {
  test('is not ready at once, and lets clients in until its delay is over, each for one answer', async () => {
    using a = new Origin('a');
    await using gateway = await GatewayProcess.start(`timeouts: { shutdown_delay: 1s }\n${tenant(a.url)}`);
    await until(async () => (await asked(`${gateway.admin}/health/ready`)) === READY, 'it is ready');
    using kept = await RawClient.open(gateway.port);
    const from = performance.now();
    gateway.signal('SIGTERM');
    await until(async () => (await asked(`${gateway.admin}/health/ready`)) === '503 {"status":"stopping"}', 'it ends');
    expect(await asked(`${gateway.admin}/health/live`)).toBe(LIVE);
    using late = await RawClient.open(gateway.port);
    for (const client of [kept, late]) {
      await client.send(GET);
      expect(await client.until(({ peer }) => peer === 'ended', BOUND)).toBe(true);
      expect(client.received).toStartWith('HTTP/1.1 200 ');
      expect(client.received).toContain('Connection: close\r\n');
    }
    expect(await gateway.exited).toBe(0);
    expect(performance.now() - from).toBeGreaterThan(1000);
    expect(await accepts(gateway.port)).toBe(false);
    expect(gateway.errors).toContain('requests_cut=0');
  });

  test('answers operators until its last client has its answer', async () => {
    await using origin = await RawOrigin.start('a');
    await using gateway = await GatewayProcess.start(tenant(origin.url));
    using client = await RawClient.open(gateway.port);
    await client.send(GET);
    const last = await origin.asked();
    gateway.signal('SIGTERM');
    await until(() => gateway.errors.includes('shutting down'), 'it has heard');
    await until(async () => !(await accepts(gateway.port)), 'it accepts no clients');
    for (const path of ['/plan', '/metrics', '/overview', '/summaries', '/series?range=15m', '/limits', '/tenants']) {
      const { status } = await fetch(gateway.admin + path);
      expect([path, status]).toEqual([path, 200]);
    }
    await last.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    expect(await client.until(({ peer }) => peer === 'ended', BOUND)).toBe(true);
    expect(await gateway.exited).toBe(0);
  });

  test('and is told so once more while it waits, ends now', async () => {
    using a = new Origin('a');
    await using gateway = await GatewayProcess.start(`timeouts: { shutdown_delay: 20s }\n${tenant(a.url)}`);
    const from = performance.now();
    gateway.signal('SIGTERM');
    await until(() => gateway.errors.includes('shutting down'), 'it has heard');
    gateway.signal('SIGTERM');
    expect(await gateway.exited).toBe(0);
    expect(performance.now() - from).toBeLessThan(BOUND);
  });

  test.if(needs('wrk'))('under load answers everything that it has taken with 2xx, and cuts nothing', async () => {
    using a = new Origin('a');
    await using gateway = await GatewayProcess.start(tenant(a.url));
    const load = startWrk(gateway.url, { connections: 50, seconds: 20 });
    await until(() => a.requests > 500, 'there is load');
    gateway.signal('SIGTERM');
    expect(await gateway.exited).toBe(0);
    const { badStatuses } = await load.end();
    expect(badStatuses).toBe(0);
    expect(gateway.errors).toContain('requests_cut=0');
  });

  test('tells both ends of a WebSocket, each behind the frame that is on its way', async () => {
    using origin = new WebSocketOrigin();
    await using gateway = await GatewayProcess.start(tenant(origin.url));
    using idle = await WebSocketClient.open(gateway.url);
    // Half of a masked text frame of four bytes.
    using busy = await RawClient.open(gateway.port);
    await busy.send(`GET / HTTP/1.1\r\n${HANDSHAKE}`);
    expect(await busy.until(({ received }) => received.includes('\r\n\r\n'), BOUND)).toBe(true);
    await busy.send('\x81\x84\x00\x00\x00\x00ab');
    gateway.signal('SIGTERM');
    expect(await idle.closed()).toMatchObject({ code: 1001, wasClean: true });
    expect(await busy.until(({ received }) => received.includes('\x88\x02\x03\xe9'), BOUND)).toBe(true);
    await until(() => origin.closings.length === 1, 'the origin of the idle one is told');
    await busy.send('cd');
    await until(() => origin.closings.length === 2, 'the other one as well');
    expect(origin.closings.map(({ code }) => code)).toEqual([1001, 1001]);
    expect(await gateway.exited).toBe(0);
  });

  test.each([
    ['sooner', 'shutdown: 8s, tunnel_shutdown: 300ms', 0, 4000],
    ['later', 'shutdown: 300ms, tunnel_shutdown: 2s', 1900, 8000],
  ])('cuts tunnels that do not end %s than requests, where it is told so', async (_, timeouts, least, most) => {
    using origin = new WebSocketOrigin();
    await using gateway = await GatewayProcess.start(`timeouts: { ${timeouts} }\n${tenant(origin.url)}`);
    using client = await RawClient.open(gateway.port);
    // An upgrade to something that nobody can be told a goodbye in.
    await client.send(`GET / HTTP/1.1\r\n${HANDSHAKE}`);
    expect(await client.until(({ received }) => received.includes('\r\n\r\n'), BOUND)).toBe(true);
    await client.send('\x81\x84\x00\x00\x00\x00ab');
    const from = performance.now();
    gateway.signal('SIGTERM');
    expect(await gateway.exited).toBe(0);
    const took = performance.now() - from;
    expect(took).toBeGreaterThan(least);
    expect(took).toBeLessThan(most);
    expect(gateway.errors).toContain('requests_cut=1');
  });
});
