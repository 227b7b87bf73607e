// Connections that never become clients: reset before they are accepted, handshakes that are never finished, too many.
import { describe, expect, test } from 'bun:test';
import { curl } from '../support/curl.ts';
import { GatewayProcess, WORKERS } from '../support/gateway-process.ts';
import { RawClient } from '../support/raw-client.ts';
import { withTls } from '../support/tls-gateway.ts';
import { until } from '../support/until.ts';

const BOUND = 10_000;

type Doors = {
  readonly listeners: readonly {
    readonly open: number;
    readonly handshaking: number;
    readonly refused: Readonly<Record<string, number>>;
    readonly handshakes_late: number;
    readonly handshakes_failed: number;
    readonly reset_before_accept: number;
  }[];
};

/** Opens connections and says how many of them the gateway has left open. */
class Crowd implements Disposable {
  readonly clients: RawClient[] = [];

  async enter(port: number, count: number): Promise<void> {
    for (let n = 0; n < count; n++) this.clients.push(await RawClient.open(port));
  }

  get open(): number {
    return this.clients.filter(({ peer }) => peer === 'open').length;
  }

  [Symbol.dispose](): void {
    for (const client of this.clients) client[Symbol.dispose]();
  }
}

/** The first line that a TLS client is answered. */
async function shake(port: number): Promise<string> {
  const answered = Promise.withResolvers<string>();
  const socket = await Bun.connect({
    hostname: '127.0.0.1',
    port,
    tls: { rejectUnauthorized: false },
    socket: {
      handshake: (own) => void own.write('GET / HTTP/1.1\r\nHost: x.test\r\nConnection: close\r\n\r\n'),
      data: (_, bytes) => answered.resolve(bytes.toString('latin1').split('\r\n', 1)[0]),
      close: () => answered.resolve('closed'),
    },
  });
  const line = await answered.promise;
  socket.end();
  return line;
}

async function doors(gateway: GatewayProcess): Promise<Doors['listeners'][number]> {
  const { body } = await curl(`${gateway.admin}/connections`);
  const found: Doors = JSON.parse(body);
  return found.listeners[0];
}

test('connections that are reset before they are accepted are counted and leave no line in the log', async () => {
  await using gateway = await GatewayProcess.start('tenants: []\n');
  await gateway.signalAll('SIGSTOP');
  try {
    const clients = await Promise.all(Array.from({ length: 300 }, () => RawClient.open(gateway.port)));
    for (const client of clients) client.reset();
    await until(() => clients.every(({ peer }) => peer !== 'open'), 'all are reset');
  } finally {
    await gateway.signalAll('SIGCONT');
  }
  await until(async () => (await doors(gateway)).reset_before_accept === 300, 'all are counted');
  expect((await doors(gateway)).open).toBe(0);
  expect(gateway.errors).not.toMatch(/ (warn|error) /);
});

test('refused connections leave one line with the limit, and how many more there were', async () => {
  await using gateway = await GatewayProcess.start('limits: { connections: 3 }\ntenants: []\n');
  {
    using crowd = new Crowd();
    await crowd.enter(gateway.port, 20);
    await until(() => crowd.open === 3, 'the others are refused');
  }
  await until(async () => (await doors(gateway)).refused['connections'] === 17, 'they are counted');
  gateway.signal('SIGTERM');
  await gateway.exited;
  const lines = gateway.errors.split('\n').filter((line) => line.includes('connection refused'));
  const named = lines.filter((line) => line.endsWith(` listener=127.0.0.1:${gateway.port} limit=3`));
  const leftOut = lines.flatMap((line) => /limits\.connections" repeated=(\d+)/.exec(line)?.[1] ?? []).map(Number);
  // Each process tells of its own.
  expect(named.length).toBeWithin(1, WORKERS + 1);
  expect(leftOut.length).toBeWithin(1, WORKERS + 1);
  expect(named.length + leftOut.reduce((sum, count) => sum + count, 0)).toBe(17);
});

describe('a TLS handshake', () => {
  test('that is never finished ends after timeouts.handshake, however its bytes drip', async () => {
    await withTls('timeouts: { handshake: 1s }\n', async (gateway) => {
      using silent = await RawClient.open(gateway.port);
      using dripping = await RawClient.open(gateway.port);
      await dripping.send('\x16\x03\x01\x02\x00\x01');
      const drip = setInterval(() => void dripping.send('\x00'), 100);
      try {
        expect(await silent.until(({ peer }) => peer !== 'open', BOUND)).toBe(true);
        expect(await dripping.until(({ peer }) => peer !== 'open', BOUND)).toBe(true);
      } finally {
        clearInterval(drip);
      }
      expect(await doors(gateway)).toMatchObject({ handshaking: 0, handshakes_late: 2, handshakes_failed: 0 });
    });
  });

  test('waits for its turn when many come at a time: all succeed, and those whose clients leave are forgotten', async () => {
    await withTls('', async (gateway) => {
      await gateway.signalAll('SIGSTOP');
      const shaken: Promise<string>[] = [];
      try {
        for (let at = 0; at < 100; at++) shaken.push(shake(gateway.port));
        const leaving = await Promise.all(Array.from({ length: 30 }, () => RawClient.open(gateway.port)));
        for (const client of leaving) await client.send('\x16\x03\x01');
        for (const client of leaving.slice(0, 15)) client.reset();
        for (const client of leaving.slice(15)) client[Symbol.dispose]();
      } finally {
        await gateway.signalAll('SIGCONT');
      }
      expect(new Set(await Promise.all(shaken))).toEqual(new Set(['HTTP/1.1 404 Not Found']));
      await until(async () => (await doors(gateway)).handshaking === 0, 'none is left');
      await until(async () => (await doors(gateway)).open === 0, 'nor a connection');
    });
  });

  test('is one of a bounded number, and old ones give way to new clients', async () => {
    await withTls('limits: { handshakes: 10 }\n', async (gateway) => {
      using crowd = new Crowd();
      await crowd.enter(gateway.port, 30);
      await until(() => crowd.open === 10, 'the others are closed');
      await until(
        async () => (await curl('-k', `https://127.0.0.1:${gateway.port}/`)).status === 404,
        'a client that means it is served',
      );
      expect(crowd.open).toBe(9);
      expect((await doors(gateway)).refused['handshakes']).toBeGreaterThan(20);
      // Each process tells of its own.
      expect(gateway.errors.match(/limits\.handshakes/g)?.length).toBeWithin(1, WORKERS + 1);
    });
  });

  test('counts among the connections from its first moment', async () => {
    await withTls('limits: { connections: 50, connections_per_client: 5 }\n', async (gateway) => {
      using crowd = new Crowd();
      await crowd.enter(gateway.port, 40);
      await until(() => crowd.open === 5, 'its client has five');
    });
    await withTls('limits: { connections: 7 }\n', async (gateway) => {
      using crowd = new Crowd();
      await crowd.enter(gateway.port, 40);
      await until(() => crowd.open === 7, 'there are seven in all');
    });
  });

  test('may have another clock on another listener', async () => {
    const listener =
      'listeners: [{ address: "127.0.0.1:0", tls: true, timeouts: { handshake: 300ms }, limits: { handshakes: 4 } }]\n';
    await withTls(listener, async (gateway) => {
      const port = Number(/listening on https:\/\/127\.0\.0\.1:(\d+)/g.exec(gateway.output.split('\n')[1] ?? '')?.[1]);
      using crowd = new Crowd();
      // So many that each process gets its part of the four at least.
      await crowd.enter(port, 8 * WORKERS ** 2);
      await until(() => crowd.open <= 4, 'there are four');
      await until(() => crowd.open === 0, 'and none after a while');
    });
  });
});
