// Clients that mean no handshake: garbage, stalls at every byte, thousands that never go on. Others are served meanwhile.
import { expect, test } from 'bun:test';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type Socket, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FIRST } from '../support/certificates.ts';
import { curl } from '../support/curl.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { RawClient } from '../support/raw-client.ts';
import { until } from '../support/until.ts';

const LONG = 60_000;

type Door = {
  readonly open: number;
  readonly handshaking: number;
  readonly accepted: number;
  readonly refused: Readonly<Record<string, number>>;
  readonly handshakes_late: number;
  readonly handshakes_failed: number;
};

async function withTls(settings: string, use: (gateway: GatewayProcess) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'keystone-test-'));
  try {
    await writeFile(join(directory, 'c.pem'), FIRST.certificate);
    await writeFile(join(directory, 'k.pem'), FIRST.key);
    const tls = `tls: { cert_file: ${directory}/c.pem, key_file: ${directory}/k.pem }\n`;
    await using gateway = await GatewayProcess.start(`${tls}${settings}tenants: []\n`);
    await use(gateway);
  } finally {
    await rm(directory, { recursive: true });
  }
}

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

test(
  'a client that stalls at any byte of its beginning, or leaves there, is ended in time and counted',
  async () => {
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
  },
  LONG,
);

test(
  'garbage in the place of a handshake, or in the middle of it, ends its connection and nothing else',
  async () => {
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
  },
  LONG,
);

test(
  'ten thousand handshakes that never go on keep nobody out',
  async () => {
    const hello = Buffer.from(await realHello(), 'latin1');
    await withTls('', async (gateway) => {
      const open = new Set<Socket>();
      try {
        for (let batch = 0; batch < 20; batch++) {
          const opened = Array.from({ length: 500 }, (_, at) =>
            halfOpen(gateway.port, at % 2 === 0 ? null : hello, open),
          );
          await Promise.all(opened);
          const begun = performance.now();
          expect(await isServed(gateway)).toBe(true);
          expect(performance.now() - begun).toBeLessThan(5000);
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
  },
  LONG,
);

/** Resolves when the connection is there. It stays until the gateway ends it. */
function halfOpen(port: number, beginning: Uint8Array | null, open: Set<Socket>): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' });
    open.add(socket);
    socket.once('connect', () => {
      if (beginning !== null) socket.write(beginning);
      resolve();
    });
    socket.on('error', reject);
    socket.on('close', () => open.delete(socket));
    socket.resume();
  });
}
