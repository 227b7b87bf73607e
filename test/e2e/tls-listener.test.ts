// TLS towards clients: the handshake, the facts that records tell of it, and the protocol that it selects.
import { describe, expect, test } from 'bun:test';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CertificateSource, INTERMEDIATE, type ServedCertificate } from '../../src/core/certificate-source.ts';
import { millis } from '../../src/core/units.ts';
import type { AcceptProtocol, ClientSocket } from '../../src/listen/contract.ts';
import { Listener } from '../../src/listen/listener.ts';
import { protocols } from '../../src/listen/registry.ts';
import { SocketTlsFacts } from '../../src/listen/tls-facts.ts';
import type { ClientCertificate, TlsFacts } from '../../src/message/contract.ts';
import type { ExchangeObserver, ExchangeRecord } from '../../src/message/record.ts';
import { compile } from '../../src/plan/compile.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { assemble } from '../../src/runtime/assemble.ts';
import { Gateway } from '../../src/runtime/gateway.ts';
import { realWorld } from '../../src/world.ts';
import { FIRST, SECOND } from '../support/certificates.ts';
import { config } from '../support/configs.ts';
import { curl } from '../support/curl.ts';
import { RawClient } from '../support/raw-client.ts';
import { until } from '../support/until.ts';

const BOUND = 10_000;
const LOCAL = { hostname: '127.0.0.1', port: 0 };
const PEMS: Readonly<Record<string, string>> = { cert: FIRST.certificate, key: FIRST.key };
const WORLD = {
  ...realWorld(),
  writeLog: () => undefined,
  readFile: (path: string) => Promise.resolve(new TextEncoder().encode(PEMS[path])),
};

const SERVED: ServedCertificate = {
  pairs: [{ cert: FIRST.certificate, key: FIRST.key }],
  policy: INTERMEDIATE,
  clientAuth: null,
};

const ASKING: ServedCertificate = { ...SERVED, clientAuth: { mode: 'request', ca: SECOND.certificate } };

function planOf(settings: string): Plan {
  return compile(config(`tenants: []\ntls: { enabled: true, cert_file: cert, key_file: key }\n${settings}`));
}

/** Keeps the facts about the clients whose exchanges have ended. */
class Keeper implements ExchangeObserver {
  readonly wantsAttempts = false;
  readonly kept: (Pick<ExchangeRecord, 'failure'> & { readonly tls: TlsFacts | null })[] = [];

  exchangeEnded({ failure, client }: ExchangeRecord): void {
    this.kept.push({ failure, tls: client.tls });
  }

  attemptEnded(): void {}
}

/** A gateway without tenants that speaks TLS. */
async function withGateway(settings: string, use: (port: number, keeper: Keeper) => Promise<void>): Promise<void> {
  const keeper = new Keeper();
  const started = await Gateway.start({ plan: planOf(settings), address: LOCAL, world: WORLD, observers: [keeper] });
  if (!started.ok) throw new Error(started.error);
  try {
    await use(started.value.address.port, keeper);
  } finally {
    started.value.stop();
  }
}

/** How openssl describes its handshake, and what the gateway then sends. */
async function handshake(port: number, ...words: readonly string[]): Promise<string> {
  const command = ['openssl', 's_client', '-connect', `127.0.0.1:${port}`, ...words];
  const child = Bun.spawn(command, { stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' });
  const texts = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  await child.exited;
  return texts.join('');
}

describe('a TLS listener', () => {
  test('agrees on the latest protocol that the client speaks, and refuses one that only speaks something else', async () => {
    await withGateway('', async (port) => {
      expect((await curl('-k', '--http2', `https://127.0.0.1:${port}/`)).status).toBe(404);
      expect((await curl('-k', '--no-alpn', `https://127.0.0.1:${port}/`)).status).toBe(404);
      expect(await handshake(port, '-alpn', 'http/1.1,h2')).toContain('ALPN protocol: h2');
      expect(await handshake(port, '-alpn', 'http/1.1')).toContain('ALPN protocol: http/1.1');
      expect(await handshake(port, '-alpn', 'h3')).toContain('alert no application protocol');
    });
  });

  test('does not wait for ever for a handshake', async () => {
    await withGateway('timeouts: { handshake: 300ms }\n', async (port) => {
      using silent = await RawClient.open(port);
      expect(await silent.until(({ peer }) => peer !== 'open', BOUND)).toBe(true);
      expect(silent.received).toBe('');
    });
  });

  test('counts connections whose handshake is not over', async () => {
    await withGateway('limits: { connections_per_client: 1 }\n', async (port) => {
      using silent = await RawClient.open(port);
      using second = await RawClient.open(port);
      expect(await second.until(({ peer }) => peer !== 'open', BOUND)).toBe(true);
      expect(silent.peer).toBe('open');
      silent.reset();
      await until(
        async () => (await curl('-k', `https://127.0.0.1:${port}/`)).status === 404,
        'its place is free again',
      );
    });
  });

  test('tells what the handshake has agreed on', async () => {
    await withGateway('', async (port, keeper) => {
      const name = ['--resolve', `shop.test:${port}:127.0.0.1`, `https://shop.test:${port}/`];
      await curl('-k', '--tlsv1.3', ...name);
      await curl('-k', '--tls-max', '1.2', '--no-alpn', ...name);
      await curl('-k', `https://127.0.0.1:${port}/`);
      await until(() => keeper.kept.length === 3, 'all are recorded');
      const [newest, older, nameless] = keeper.kept.map(({ tls }) => tls);
      expect(newest).toMatchObject({ version: 'TLSv1.3', serverName: 'shop.test', alpn: 'h2' });
      expect(older).toMatchObject({ version: 'TLSv1.2', serverName: 'shop.test', alpn: null });
      expect([nameless?.serverName, nameless?.clientCertificate]).toEqual([null, null]);
    });
  });

  test('has nothing of the kind for a plain connection', async () => {
    const keeper = new Keeper();
    const plan = compile(config('tenants: []\n'));
    const started = await Gateway.start({ plan, address: LOCAL, world: WORLD, observers: [keeper] });
    if (!started.ok) throw new Error(started.error);
    await curl(`http://127.0.0.1:${started.value.address.port}/`);
    started.value.stop();
    expect(keeper.kept).toMatchObject([{ failure: 'no-route', tls: null }]);
  });

  test('hands a connection to the protocol that was agreed on, and to the first one where none was', async () => {
    const plan = planOf('');
    const { typed } = plan.gateway;
    const rules = { ...typed, timeouts: { ...typed.timeouts, linger: millis(1000) } };
    const parts = assemble({ plan, world: WORLD });
    const certificates: CertificateSource = { find: () => SERVED, awaits: () => null, challenge: () => null };
    const address = { kind: 'tcp' as const, ...LOCAL };
    const options = { address, certificates, proxyProtocol: 'off' as const, rules, share: 'clients' as const };
    const listener = new Listener(options, parts.listening, [...protocols, greeting]);
    const started = listener.start();
    if (!started.ok) throw new Error(started.error);
    const port = started.value.kind === 'tcp' ? started.value.port : 0;
    try {
      expect(await handshake(port, '-quiet', '-alpn', 'greeting/1')).toContain('hello 127.0.0.1 over greeting/1');
      expect((await curl('-k', `https://127.0.0.1:${port}/`)).status).toBe(404);
      expect((await curl('-k', '--no-alpn', `https://127.0.0.1:${port}/`)).status).toBe(404);
    } finally {
      listener.stop();
      parts.stop();
    }
  });
});

/** A protocol other than HTTP, of a single line. */
const greeting: AcceptProtocol = {
  alpn: ['greeting/1'],
  version: '2.0',
  refusal: () => new Uint8Array(),
  accept(socket: ClientSocket, { facts }) {
    socket.write(`hello ${facts.address} over ${facts.tls?.alpn ?? 'nothing'}\n`);
    socket.end();
    const cut = (): void => socket.terminate();
    const nothing = (): void => undefined;
    return {
      countedFor: facts.address,
      carries: 'nothing' as const,
      received: nothing,
      drained: nothing,
      ended: cut,
      closed: nothing,
      drain: cut,
      cut,
    };
  },
};

describe('what a TLS socket tells', () => {
  test('names a client certificate, and whether its issuer is known', async () => {
    const certificates: (ClientCertificate | null)[] = [];
    const open = new Map<object, TlsFacts>();
    const versions: string[] = [];
    const server = Bun.listen({
      ...LOCAL,
      tls: {
        cert: FIRST.certificate,
        key: FIRST.key,
        requestCert: true,
        rejectUnauthorized: false,
        ca: [SECOND.certificate],
      },
      socket: {
        data: () => undefined,
        handshake(socket) {
          const facts = new SocketTlsFacts(socket, ASKING);
          certificates.push(facts.clientCertificate);
          open.set(socket, facts);
          socket.end();
        },
        close(socket) {
          versions.push(open.get(socket)?.version ?? '');
        },
      },
    });
    const directory = await mkdtemp(join(tmpdir(), 'keystone-test-'));
    try {
      for (const [name, { certificate, key }] of Object.entries({ first: FIRST, second: SECOND })) {
        const [cert = '', keyFile = ''] = ['pem', 'key'].map((end) => join(directory, `${name}.${end}`));
        await writeFile(cert, certificate);
        await writeFile(keyFile, key);
        await handshake(server.port, '-cert', cert, '-key', keyFile);
      }
      await handshake(server.port);
      await until(() => versions.length === 3, 'all are gone');
    } finally {
      server.stop(true);
      await rm(directory, { recursive: true });
    }
    expect(versions).toEqual(['TLSv1.3', 'TLSv1.3', 'TLSv1.3']);
    expect(certificates).toMatchObject([
      { subject: 'CN=a.example.com', isTrusted: false, fingerprint: expect.stringMatching(/^(?:[0-9A-F]{2}:){31}/) },
      { subject: 'CN=b.example.com', isTrusted: true },
      null,
    ]);
  });
});
