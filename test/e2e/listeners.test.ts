import { describe, expect, test } from 'bun:test';
import { GatewayProcess } from '../support/gateway-process.ts';
import { RawClient } from '../support/raw-client.ts';
import { until } from '../support/until.ts';

const BOUND = 10_000;
const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n';

// Every answer is the gateway's own: there is no tenant.
const TOP = 'tenants: []\nlimits: { keep_alive_requests: 3 }\n';

/** A gateway with a listener of its own settings. */
function start(settings: string): Promise<GatewayProcess> {
  return GatewayProcess.start(`${TOP}listeners: [{ address: "127.0.0.1:0", ${settings} }]\n`);
}

/** The port of the command line, and that of the listener. */
async function portsOf(gateway: GatewayProcess): Promise<{ readonly plain: number; readonly own: number }> {
  const ports = (): string[] => Array.from(gateway.output.matchAll(/:(\d+) \(/g), ([, port = '']) => port);
  await until(() => ports().length === 2, 'both addresses are told');
  return { plain: gateway.port, own: Number(ports()[1]) };
}

/** What a new connection gets for these bytes, up to the end of `answers` responses. */
async function ask(port: number, text: string, answers = 1): Promise<RawClient> {
  const client = await RawClient.open(port);
  await client.send(text);
  await client.until(({ received, peer }) => count(received) === answers || peer !== 'open', BOUND);
  return client;
}

function count(received: string): number {
  return received.split('HTTP/1.1 ').length - 1;
}

describe('a listener with settings of its own', () => {
  test('takes larger heads than the others', async () => {
    await using gateway = await start('limits: { header_bytes: 128KiB }');
    const { plain, own } = await portsOf(gateway);
    const large = `GET / HTTP/1.1\r\nHost: a.test\r\nX-Large: ${'v'.repeat(100_000)}\r\n\r\n`;
    using there = await ask(plain, large);
    using here = await ask(own, large);
    expect(there.received).toStartWith('HTTP/1.1 431 ');
    expect(here.received).toStartWith('HTTP/1.1 404 ');
  });

  test('counts its connections for itself', async () => {
    await using gateway = await start('limits: { connections: 1 }');
    const { plain, own } = await portsOf(gateway);
    using elsewhere = await ask(plain, GET);
    using first = await ask(own, GET);
    using second = await ask(own, GET);
    expect(elsewhere.received).toStartWith('HTTP/1.1 404 ');
    expect(first.received).toStartWith('HTTP/1.1 404 ');
    expect(second.received).toStartWith('HTTP/1.1 503 ');
  });

  test('counts those of each client, and the requests on each', async () => {
    await using gateway = await start('limits: { connections_per_client: 1, keep_alive_requests: 2 }');
    const { plain, own } = await portsOf(gateway);
    using elsewhere = await ask(plain, GET.repeat(4), 3);
    using first = await ask(own, GET);
    using second = await ask(own, GET);
    expect(second.received).toStartWith('HTTP/1.1 429 ');
    expect(second.received).toContain('Retry-After: 1\r\n');
    await first.send(GET);
    for (const client of [elsewhere, first]) await client.until(({ peer }) => peer !== 'open', BOUND);
    expect([count(elsewhere.received), count(first.received)]).toEqual([3, 2]);
  });

  test('has clocks of its own', async () => {
    await using gateway = await start('timeouts: { header: 300ms, keep_alive: 300ms }');
    const { plain, own } = await portsOf(gateway);
    using patient = await ask(plain, GET);
    using idle = await ask(own, GET);
    using slow = await RawClient.open(own);
    await slow.send('GET / HTTP/1.1\r\n');
    expect(await slow.until(({ peer }) => peer !== 'open', BOUND)).toBe(true);
    expect(slow.received).toStartWith('HTTP/1.1 408 ');
    expect(await idle.until(({ peer }) => peer !== 'open', BOUND)).toBe(true);
    expect(patient.peer).toBe('open');
  });
});
