// What a tenant may have of the whole gateway, all of its processes together.
import { describe, expect, test } from 'bun:test';
import { GatewayProcess } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { RawClient } from '../support/raw-client.ts';
import { until } from '../support/until.ts';

const KIB = 1024;

function tenants(limits: string, { url }: Origin): string {
  const one = (name: string, more: string): string =>
    `  - { name: ${name}, domains: [${name}.test], services: [{ name: only, url: "${url}", health: "" }]${more} }\n`;
  return `tenants:\n${one('limited', `, limits: { ${limits} }`)}${one('other', '')}`;
}

/** Each over a connection of its own. */
function ask(gateway: GatewayProcess, host = 'limited.test', init: RequestInit = {}): Promise<Response> {
  return fetch(gateway.url, { ...init, keepalive: false, headers: { host } });
}

type Listed = {
  readonly tenants: readonly {
    readonly name: string;
    readonly limits: { readonly refused: number } & Readonly<Record<string, unknown>>;
  }[];
};

async function limitsOf(gateway: GatewayProcess): Promise<Listed['tenants'][number]['limits'] | undefined> {
  const { tenants: all } = (await (await fetch(`${gateway.admin}/tenants`)).json()) as Listed;
  return all.find(({ name }) => name === 'limited')?.limits;
}

describe('a tenant that may have so many', () => {
  test('requests in flight has no more in all processes together, and others go on', async () => {
    const held: (() => void)[] = [];
    using origin = new Origin('held', async ({ headers }) => {
      if (headers.get('host') !== 'other.test') await new Promise<void>((resolve) => held.push(resolve));
      return new Response('ok');
    });
    await using gateway = await GatewayProcess.start(tenants('requests_in_flight: 4', origin));
    const answers: number[] = [];
    const asked = Array.from({ length: 16 }, async () => {
      const { status, headers } = await ask(gateway);
      if (status === 503) expect(headers.get('retry-after')).toBe('1');
      answers.push(status);
    });
    await until(() => answers.length === 12, 'those beyond the limit are refused');
    expect(answers.every((status) => status === 503)).toBe(true);
    await until(() => held.length === 4, 'the others are under way');
    expect((await ask(gateway, 'other.test')).status).toBe(200);
    expect(await limitsOf(gateway)).toMatchObject({ requests_in_flight: { limit: 4, used: 4 }, refused: 12 });
    for (const release of held.splice(0)) release();
    await Promise.all(asked);
    expect(answers.filter((status) => status === 200).length).toBe(4);
    const again = ask(gateway);
    await until(() => held.length === 1, 'there is room again');
    held[0]();
    expect((await again).status).toBe(200);
  });

  test('connections is answered 503 on a further one, which is closed, and has room again when one ends', async () => {
    using origin = new Origin('a', () => new Response('ok'));
    await using gateway = await GatewayProcess.start(tenants('connections: 3', origin));
    const open = async (): Promise<RawClient> => {
      const client = await RawClient.open(gateway.port);
      await client.send('GET / HTTP/1.1\r\nHost: limited.test\r\n\r\n');
      await until(() => client.received.includes('\r\n\r\n'), 'it is answered');
      return client;
    };
    const clients: RawClient[] = [];
    for (let at = 0; at < 3; at++) clients.push(await open());
    expect(clients.every(({ received }) => received.startsWith('HTTP/1.1 200'))).toBe(true);
    const further = await open();
    expect(further.received).toStartWith('HTTP/1.1 503');
    await until(() => further.peer !== 'open', 'the further one is closed');
    expect(await limitsOf(gateway)).toMatchObject({ connections: { limit: 3, used: 3 } });
    expect((await ask(gateway, 'other.test')).status).toBe(200);
    clients[0][Symbol.dispose]();
    await until(async () => (await ask(gateway)).status === 200, 'there is room again');
    for (const client of clients) client[Symbol.dispose]();
  });

  test('requests in a second has no more in all processes together, and is told when to come again', async () => {
    using origin = new Origin('a', () => new Response('ok'));
    await using gateway = await GatewayProcess.start(tenants('request_rate: 20', origin));
    const began = performance.now();
    const answers = await Promise.all(Array.from({ length: 80 }, () => ask(gateway)));
    const seconds = (performance.now() - began) / 1000;
    const passed = answers.filter(({ status }) => status === 200).length;
    expect(passed).toBeGreaterThanOrEqual(20);
    expect(passed).toBeLessThanOrEqual(21 + 20 * seconds);
    const refused = answers.find(({ status }) => status === 429);
    expect(refused?.headers.get('retry-after')).toBe('1');
    expect((await ask(gateway, 'other.test')).status).toBe(200);
    const events = await (await fetch(`${gateway.admin}/events`)).text();
    expect(events).toContain('limits.request_rate (20)');
  });

  test('bytes in a second gets its bodies by and by, whichever way they go, and another one does not wait', async () => {
    const body = new Uint8Array(2048 * KIB);
    using origin = new Origin('a', async (request) => {
      await request.arrayBuffer();
      return new Response(body);
    });
    await using gateway = await GatewayProcess.start(tenants('bandwidth: 2MiB', origin));
    const began = performance.now();
    const [one, other] = await Promise.all([
      ask(gateway).then((response) => response.arrayBuffer()),
      ask(gateway, 'limited.test', { method: 'PUT', body }).then((response) => response.arrayBuffer()),
    ]);
    const took = performance.now() - began;
    expect(one.byteLength + other.byteLength).toBe(2 * body.length);
    // 6 MiB, of which a part may pass at once.
    expect(took).toBeGreaterThan(1500);
    const fast = performance.now();
    await (await ask(gateway, 'other.test')).arrayBuffer();
    expect(performance.now() - fast).toBeLessThan(took);
  });
});
