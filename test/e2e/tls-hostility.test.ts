// Clients that mean no handshake: garbage, stalls at every byte, thousands that never go on. Others are served meanwhile.
import { expect, test } from 'bun:test';
import { type Server, type Socket, connect, createServer } from 'node:net';
import { curl } from '../support/curl.ts';
import type { GatewayProcess } from '../support/gateway-process.ts';
import { listen } from '../support/ports.ts';
import { RawClient } from '../support/raw-client.ts';
import { withTls } from '../support/tls-gateway.ts';
import { until } from '../support/until.ts';

type Door = {
  readonly open: number;
  readonly handshaking: number;
  readonly accepted: number;
  readonly refused: Readonly<Record<string, number>>;
  readonly handshakes_late: number;
  readonly handshakes_failed: number;
};

async function doorOf(gateway: GatewayProcess): Promise<Door> {
  const found: { readonly listeners: readonly Door[] } = JSON.parse((await curl(`${gateway.admin}/connections`)).body);
  const [door] = found.listeners;
  if (door === undefined) throw new Error('there is no listener');
  return door;
}

async function isServed(gateway: GatewayProcess): Promise<boolean> {
  return (await curl('-k', `https://127.0.0.1:${gateway.port}/`)).status === 404;
}

/** What a client of openssl says first. */
async function realHello(): Promise<string> {
  const heard = Promise.withResolvers<string>();
  using server = Bun.listen({
    hostname: '127.0.0.1',
    port: 0,
    socket: {
      data(socket, bytes) {
        heard.resolve(bytes.toString('latin1'));
        socket.terminate();
      },
    },
  });
  const target = `127.0.0.1:${server.port}`;
  const child = Bun.spawn(['openssl', 's_client', '-connect', target], {
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'ignore',
  });
  const hello = await heard.promise;
  await child.exited;
  return hello;
}

test('a client that stalls at any byte of its beginning, or leaves there, is ended in time and counted', async () => {
  const hello = await realHello();
  await withTls('timeouts: { handshake: 1s }\n', async (gateway) => {
    const clients: RawClient[] = [];
    for (let length = 0; length <= hello.length; length++) {
      const client = await RawClient.open(gateway.port);
      await client.send(hello.slice(0, length));
      if (length % 2 === 1) client.endSending();
      clients.push(client);
    }
    expect(await isServed(gateway)).toBe(true);
    await until(() => clients.every(({ peer }) => peer !== 'open'), 'all are ended');
    await until(async () => (await doorOf(gateway)).open === 0, 'none is left');
    const door = await doorOf(gateway);
    // Who leaves while nothing has failed is counted nowhere.
    expect(door.handshakes_late).toBe(Math.floor(hello.length / 2) + 1);
    expect(door.handshaking).toBe(0);
    expect(gateway.errors).not.toContain(' error ');
  });
});

/** Between a client and the gateway: passes on so many bytes of the client, then nothing more. */
class Valve implements Disposable {
  passed = 0;
  private readonly sockets = new Set<Socket>();
  private readonly server: Server;

  private constructor(target: number, most: number) {
    this.server = createServer((client) => {
      const gateway = connect({ port: target, host: '127.0.0.1' });
      for (const socket of [client, gateway]) {
        this.sockets.add(socket);
        socket.on('error', () => undefined);
        // Neither of the two outlives the other.
        socket.on('close', () => {
          client.destroy();
          gateway.destroy();
        });
      }
      client.on('data', (bytes: Buffer) => {
        const part = bytes.subarray(0, Math.max(0, most - this.passed));
        this.passed += bytes.length;
        if (part.length > 0) gateway.write(part);
      });
      gateway.pipe(client);
    });
  }

  static async open(target: number, most: number): Promise<[Valve, number]> {
    const valve = new Valve(target, most);
    return [valve, await listen(valve.server)];
  }

  [Symbol.dispose](): void {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }
}

/** Resolves when the handshake is over, or the connection. */
function shakeThrough(port: number, version: number): Promise<'done' | 'closed'> {
  return new Promise((resolve) => {
    const tls = { rejectUnauthorized: false, minVersion: version, maxVersion: version };
    const connected = Bun.connect({
      hostname: '127.0.0.1',
      port,
      tls,
      socket: { data: () => undefined, handshake: () => resolve('done'), close: () => resolve('closed') },
    });
    connected.catch(() => resolve('closed'));
  });
}

test.each([
  ['TLS 1.2', 0x0303],
  ['TLS 1.3', 0x0304],
])(
  'a client of %s that stalls at any byte after its beginning is ended in time, and gets no request through',
  async (_, version) => {
    await withTls('timeouts: { handshake: 1s }\n', async (gateway) => {
      const [whole, port] = await Valve.open(gateway.port, Number.POSITIVE_INFINITY);
      expect(await shakeThrough(port, version)).toBe('done');
      await until(async () => (await doorOf(gateway)).accepted === 1, 'the gateway has heard the end of it');
      const { passed } = whole;
      whole[Symbol.dispose]();
      const valves: Valve[] = [];
      const clients: Promise<unknown>[] = [];
      try {
        for (let most = passed - 1; most > passed - 100; most -= 3) {
          const [valve, through] = await Valve.open(gateway.port, most);
          valves.push(valve);
          clients.push(shakeThrough(through, version));
        }
        expect(await isServed(gateway)).toBe(true);
        await Promise.all(clients);
        await until(async () => (await doorOf(gateway)).open === 0, 'none is left');
        const { accepted, handshakes_late, handshaking } = await doorOf(gateway);
        expect([accepted, handshaking]).toEqual([2, 0]);
        expect(handshakes_late).toBe(valves.length);
      } finally {
        for (const valve of valves) valve[Symbol.dispose]();
      }
    });
  },
);

test('garbage in the place of a handshake, or in the middle of it, ends its connection and nothing else', async () => {
  const hello = await realHello();
  await withTls('timeouts: { handshake: 1s }\n', async (gateway) => {
    const clients: RawClient[] = [];
    for (let round = 0; round < 300; round++) {
      const bytes = Array.from(hello);
      // Spread over all of it, the lengths of its parts among them.
      for (let bend = 0; bend <= round % 3; bend++)
        bytes[(round * 7 + bend * 41) % bytes.length] = String.fromCharCode((round * 37 + bend * 11) % 256);
      const client = await RawClient.open(gateway.port);
      await client.send(bytes.join(''));
      await client.send('\x17\x03\x03\x00\x05wrong');
      clients.push(client);
      if (round % 50 === 0) expect(await isServed(gateway)).toBe(true);
    }
    await until(() => clients.every(({ peer }) => peer !== 'open'), 'all are ended');
    await until(async () => (await doorOf(gateway)).open === 0, 'none is left');
    const { handshakes_late, handshakes_failed, accepted } = await doorOf(gateway);
    expect(handshakes_failed + handshakes_late).toBe(300);
    expect(accepted).toBe(6);
    expect(gateway.errors).not.toContain(' error ');
  });
});

test('ten thousand handshakes that never go on keep nobody out', async () => {
  const hello = Buffer.from(await realHello(), 'latin1');
  await withTls('', async (gateway) => {
    const open = new Set<Socket>();
    try {
      for (let batch = 0; batch < 20; batch++) {
        const opened = Array.from({ length: 500 }, (_, at) =>
          halfOpen(gateway.port, at % 2 === 0 ? null : hello, open),
        );
        await Promise.all(opened);
        expect(await isServed(gateway)).toBe(true);
      }
      const door = await doorOf(gateway);
      expect(door.handshaking).toBeLessThanOrEqual(1000);
      expect(door.open).toBeLessThanOrEqual(1000);
      expect(door.refused['handshakes']).toBeGreaterThan(0);
    } finally {
      for (const socket of open) socket.destroy();
    }
    await until(async () => (await doorOf(gateway)).open === 0, 'none is left');
  });
});

/** Resolves when the connection is there, or has given way already. It stays until the gateway ends it. */
function halfOpen(port: number, beginning: Uint8Array | null, open: Set<Socket>): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    open.add(socket);
    socket.once('connect', () => {
      if (beginning !== null) socket.write(beginning);
      resolve();
    });
    socket.on('error', () => resolve());
    socket.on('close', () => open.delete(socket));
    socket.resume();
  });
}
