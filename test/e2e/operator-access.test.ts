// Who is an operator, and who is not: attempts from outside, by a proxy on the machine, by guesses.
import { describe, expect, test } from 'bun:test';
import { eventsOf, untilEligible } from '../support/admin.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { RawClient } from '../support/raw-client.ts';
import { until } from '../support/until.ts';
import { pathTenant } from '../support/yaml.ts';

const TOKEN = 'a-token-of-the-tests';
const PUBLIC = 'admin_base_path: /admin\n';
const DISABLE = '/backends/main/a/disable';

/** Passes bytes on, as a TCP forwarder on the machine does. */
function forwarder(port: number): Bun.TCPSocketListener<Bun.Socket> {
  return Bun.listen<Bun.Socket>({
    hostname: '127.0.0.1',
    port: 0,
    socket: {
      async open(client) {
        client.pause();
        client.data = await Bun.connect({
          hostname: '127.0.0.1',
          port,
          socket: { data: (_, bytes) => void client.write(bytes), close: () => void client.end() },
        });
        client.resume();
      },
      data: (client, bytes) => void client.data.write(bytes),
    },
  });
}

/** The answer to a request whose bytes are given. */
async function answerOf(port: number, bytes: string): Promise<string> {
  using client = await RawClient.open(port);
  await client.send(bytes);
  await until(() => client.received.includes('\r\n\r\n'), 'it is answered');
  return client.received;
}

describe('a stranger', () => {
  test('is no operator because a proxy on the machine has forwarded the request', async () => {
    using a = new Origin('a');
    await using gateway = await GatewayProcess.start(PUBLIC + pathTenant('/', [a]));
    await untilEligible(gateway, 1);
    using proxy = forwarder(gateway.port);
    const ask = (path: string, method = 'GET') =>
      fetch(`http://127.0.0.1:${proxy.port}/admin${path}`, { method, headers: { host: '127.0.0.1' } });
    expect((await ask('/tenants')).status).toBe(403);
    expect((await ask(DISABLE, 'POST')).status).toBe(403);
    expect((await fetch(gateway.url)).status).toBe(200);
    const health = await ask('/health');
    expect([health.status, await health.text()]).toEqual([200, '{"status":"healthy"}\n']);
  });

  test('is no operator because a PROXY header or a field says that the request is from here', async () => {
    using a = new Origin('a');
    for (const protocol of ['true', '{ from: any }']) {
      const listeners = `listeners: [{ address: "127.0.0.1:0", proxy_protocol: ${protocol} }]\n`;
      await using gateway = await GatewayProcess.start(
        `${PUBLIC}trusted_proxies: ["127.0.0.1"]\n${listeners}${pathTenant('/', [a])}`,
      );
      const port = Number([...gateway.output.matchAll(/:(\d+) \(/g)][1]?.[1]);
      const head = `PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\nPOST /admin${DISABLE} HTTP/1.1\r\nHost: localhost\r\n`;
      const answer = await answerOf(port, `${head}X-Forwarded-For: 127.0.0.1\r\nConnection: close\r\n\r\n`);
      expect(answer).toStartWith('HTTP/1.1 403 ');
    }
  });

  test('finds no admin API on the listeners of clients where nobody has put it there', async () => {
    using a = new Origin('a');
    await using gateway = await GatewayProcess.start(pathTenant('/', [a]));
    await untilEligible(gateway, 1);
    expect(await (await fetch(`${gateway.url}/admin/tenants`)).json()).toMatchObject({ url: '/admin/tenants' });
  });

  test('learns of health what the configuration says; operators learn all', async () => {
    using a = new Origin('a');
    const told = async (health: string): Promise<unknown> => {
      const admin = `admin: { public_health: ${health}, tokens: [${TOKEN}] }\n`;
      await using gateway = await GatewayProcess.start(PUBLIC + admin + pathTenant('/', [a]));
      const ask = async (url: string, headers = {}) => await (await fetch(`${url}/health`, { headers })).json();
      const full = { status: 'healthy', tenants: { main: '1/1 healthy' }, uptime: expect.any(String) };
      await until(async () => (await fetch(`${gateway.admin}/health`)).status === 200, 'it is healthy');
      expect(await ask(gateway.admin)).toMatchObject(full);
      expect(await ask(`${gateway.url}/admin`, { authorization: `Bearer ${TOKEN}` })).toMatchObject(full);
      return await ask(`${gateway.url}/admin`);
    };
    expect(await told('status')).toEqual({ status: 'healthy' });
    expect(await told('full')).toMatchObject({ tenants: { main: '1/1 healthy' }, version: expect.any(String) });
    expect(await told('none')).toMatchObject({ error: 'a valid token is needed' });
  });
});

describe('a PROXY header', () => {
  const client = async (settings: string): Promise<string | null> => {
    using a = new Origin('a');
    await using gateway = await GatewayProcess.start(settings + pathTenant('/', [a]));
    const port = Number([...gateway.output.matchAll(/:(\d+) \(/g)][1]?.[1]);
    const bytes = 'PROXY TCP4 192.0.2.7 192.0.2.1 1 2\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
    return /"x-forwarded-for":"([^"]+)"/.exec(await answerOf(port, bytes))?.[1] ?? null;
  };
  const listeners = (protocol: string) => `listeners: [{ address: "127.0.0.1:0", proxy_protocol: ${protocol} }]\n`;

  test('counts where it comes from a trusted proxy, or where everybody is believed', async () => {
    expect(await client(`trusted_proxies: ["127.0.0.0/8"]\n${listeners('true')}`)).toBe('192.0.2.7');
    expect(await client(`trusted_proxies: ["127.0.0.0/8"]\n${listeners('{ from: trusted }')}`)).toBe('192.0.2.7');
    expect(await client(listeners('{ from: any }'))).toBe('192.0.2.7');
  });

  test('of anybody else is read and left aside', async () => {
    expect(await client(listeners('true'))).toBe('127.0.0.1');
    expect(await client(`trusted_proxies: ["192.0.2.0/24"]\n${listeners('true')}`)).toBe('127.0.0.1');
  });
});

describe('tokens', () => {
  test('that are wrong are limited in rate and logged, and a right one counts a moment later', async () => {
    await using gateway = await GatewayProcess.start(`${PUBLIC}admin: { tokens: [${TOKEN}] }\ntenants: []\n`);
    const ask = async (token: string) =>
      await fetch(`${gateway.url}/admin/tenants`, { headers: { authorization: `Bearer ${token}` } });
    const statuses: number[] = [];
    for (let guess = 0; guess < 100; guess++) statuses.push((await ask(`a-guess-with-number-${guess}`)).status);
    expect(statuses.slice(0, 10)).toEqual(new Array<number>(10).fill(401));
    expect(statuses.filter((status) => status === 401).length).toBeLessThan(20);
    const refused = await ask(`a-guess-with-number-100`);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
    // Health is for everybody, and the operators' own address counts by itself.
    expect((await fetch(`${gateway.url}/admin/health`)).status).toBe(200);
    const own = { headers: { authorization: `Bearer ${TOKEN}` } };
    expect((await fetch(`${gateway.admin}/tenants`, own)).status).toBe(200);
    await until(async () => (await ask(TOKEN)).status === 200, 'the right one counts');
    expect(gateway.errors.match(/a wrong token for the admin API" address=127\.0\.0\.1/g)).toHaveLength(1);
    expect(gateway.errors).not.toContain('a-guess');
  });

  test('name those who give orders, in the events and the log', async () => {
    using a = new Origin('a');
    const tokens = `admin: { tokens: [{ name: ci, token: ${TOKEN} }, another-token-of-the-tests] }\n`;
    await using gateway = await GatewayProcess.start(PUBLIC + tokens + pathTenant('/', [a]));
    const order = (token: string, words: string, url = `${gateway.url}/admin`) =>
      fetch(`${url}/backends/main/a/${words}`, { method: 'POST', headers: { authorization: `Bearer ${token}` } });
    for (const words of ['disable?force=true', 'enable', 'weight?weight=3', 'drain']) await order(TOKEN, words);
    await order('another-token-of-the-tests', 'enable');
    const events = await fetch(`${gateway.admin}/events`, { headers: { authorization: `Bearer ${TOKEN}` } });
    const { events: list } = (await events.json()) as { events: { kind: string; detail: string; by?: unknown }[] };
    const ordered = list.filter(({ by }) => by !== undefined);
    expect(ordered).toMatchObject([
      { kind: 'disabled', detail: 'by ci from 127.0.0.1', by: { token: 'ci', address: '127.0.0.1' } },
      { kind: 'enabled', by: { token: 'ci' } },
      { kind: 'weighted', detail: 'weight 3, by ci from 127.0.0.1' },
      { kind: 'draining', detail: '0 requests left; by ci from 127.0.0.1' },
      { kind: 'enabled', by: { token: 'token 2' } },
    ]);
    expect(gateway.errors).toContain(
      'msg="backend disabled" tenant=main backend=a evidence="by ci from 127.0.0.1" operator=ci',
    );
  });

  test('are not needed at the own address of the admin API, and the order says where it came from', async () => {
    using a = new Origin('a');
    await using gateway = await GatewayProcess.start(pathTenant('/', [a]));
    await fetch(`${gateway.admin}${DISABLE}?force=true`, { method: 'POST' });
    expect(await eventsOf(gateway)).toContainEqual(
      expect.objectContaining({ kind: 'disabled', detail: 'by an operator from 127.0.0.1' }),
    );
  });
});
