// Clients that leave before they have their response: their requests end everywhere, and nobody is blamed for them.
import { describe, expect, test } from 'bun:test';
import { type Socket, connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ExchangeObserver, ExchangeRecord } from '../../src/message/record.ts';
import { compile } from '../../src/plan/compile.ts';
import { Gateway } from '../../src/runtime/gateway.ts';
import { realWorld } from '../../src/world.ts';
import { FIRST } from '../support/certificates.ts';
import { config } from '../support/configs.ts';
import { Origin } from '../support/origin.ts';
import { RawClient } from '../support/raw-client.ts';
import { RawOrigin } from '../support/raw-origin.ts';
import { until } from '../support/until.ts';
import { uncheckedTenant } from '../support/yaml.ts';

const BOUND = 10_000;
const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n';
const PEMS: Readonly<Record<string, string>> = { cert: FIRST.certificate, key: FIRST.key };
const TLS = 'tls: { cert_file: cert, key_file: key }\n';

type Ended = Pick<ExchangeRecord, 'failure' | 'status' | 'attemptCount'>;

/** A gateway in this process, and how each of its exchanges has ended. */
class Stage implements ExchangeObserver, AsyncDisposable {
  readonly wantsAttempts = false;
  readonly ended: Ended[] = [];
  private gateway: Gateway | null = null;

  static async start(yaml: string): Promise<Stage> {
    const stage = new Stage();
    const world = {
      ...realWorld(),
      writeLog: () => undefined,
      readFile: (path: string) => Promise.resolve(new TextEncoder().encode(PEMS[path])),
    };
    const plan = compile(config(yaml));
    const address = { hostname: '127.0.0.1', port: 0 };
    const started = await Gateway.start({ plan, address, world, observers: [stage] });
    if (!started.ok) throw new Error(started.error);
    stage.gateway = started.value;
    return stage;
  }

  exchangeEnded({ failure, status, attemptCount }: ExchangeRecord): void {
    if (attemptCount > 0 || failure !== null) this.ended.push({ failure, status, attemptCount });
  }

  attemptEnded(): void {}

  get running(): Gateway {
    if (this.gateway === null) throw new Error('not started');
    return this.gateway;
  }

  /** The port of the command line, or of the listener at that place. */
  port(place = 0): number {
    return this.running.addresses[place].port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port()}`;
  }

  /** Requests at backends, and those in line. */
  get held(): readonly [number, number] {
    const [{ backends, waiting }] = this.running.status();
    return [backends.reduce((sum, { in_flight }) => sum + in_flight, 0), waiting];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.resolve();
    this.running.stop();
  }
}

type Leaving = 'FIN' | 'RST' | 'close_notify';

/** A client that has asked, and leaves in that way when it is told to. */
async function asking(port: number, how: Leaving, text = GET): Promise<{ leave(): void }> {
  const isTls = how === 'close_notify';
  const socket: Socket = isTls
    ? connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
    : connect({ port, host: '127.0.0.1' });
  socket.on('error', () => undefined);
  await new Promise((resolve) => socket.once(isTls ? 'secureConnect' : 'connect', resolve));
  socket.write(text);
  return { leave: () => void (how === 'RST' ? socket.resetAndDestroy() : socket.end()) };
}

const ONE_PLACE =
  '    retry: { attempts: 3, on: [connect, reset, timeout, "503"] }\n    pool: { max_connections: 1 }\n';
const SLOW = 'timeouts: { first_byte: 20s, queue: 20s }\n';

describe('clients that leave while they wait', () => {
  test.each<Leaving>(['FIN', 'RST', 'close_notify'])('by %s: their requests end, and nobody is blamed', async (how) => {
    using origin = new Origin('slow', (request) =>
      request.url.endsWith('/quick') ? new Response('quick') : new Promise(() => undefined),
    );
    const tls = how === 'close_notify' ? TLS : '';
    await using stage = await Stage.start(tls + SLOW + uncheckedTenant('/', [origin], ONE_PLACE));
    const clients = await Promise.all(Array.from({ length: 20 }, () => asking(stage.port(), how)));
    await until(() => stage.held.join() === '1,19', 'one request is at the origin, the others are in line');
    await until(() => origin.requests === 1, 'the origin has the one');
    for (const client of clients) client.leave();
    await until(() => stage.held.join() === '0,0', 'all have ended', 2000);
    // A place that comes free belongs to the next in line, who may leave only a moment later.
    expect(origin.requests).toBeLessThan(5);
    expect(stage.ended.map(({ failure }) => failure)).toEqual(Array.from({ length: 20 }, () => 'client-gone'));
    const [{ backends }] = stage.running.status();
    expect(backends[0]).toMatchObject({ eligible: true, failures: 0 });
    if (how !== 'close_notify') expect(await (await fetch(`${stage.url}/quick`)).text()).toBe('quick');
  });

  test('while the response comes: the backend is told', async () => {
    await using origin = await RawOrigin.start('endless');
    await using stage = await Stage.start(uncheckedTenant('/', [origin]));
    using client = await RawClient.open(stage.port());
    await client.send(GET);
    const backend = await origin.asked();
    await backend.send('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello');
    await client.until(({ received }) => received.endsWith('hello'), BOUND);
    client.endSending();
    expect(await backend.until(({ peer }) => peer !== 'open', BOUND)).toBe(true);
    expect(await client.until(({ peer }) => peer === 'reset', BOUND)).toBe(true);
    expect(stage.ended).toMatchObject([{ failure: 'client-gone', status: 200 }]);
  });

  test('in the same packet as their requests: none is answered', async () => {
    await using origin = await RawOrigin.start('slow');
    await using stage = await Stage.start(uncheckedTenant('/', [origin]));
    using client = await RawClient.open(stage.port());
    const sent = client.send(GET + GET);
    client.endSending();
    await sent;
    await client.until(({ peer }) => peer !== 'open', BOUND);
    expect(client.received).toBe('');
    expect(stage.held).toEqual([0, 0]);
    expect(stage.ended).toMatchObject([{ failure: 'client-gone' }]);
  });

  test('after the response has come whole: nothing has failed', async () => {
    using origin = new Origin('quick');
    await using stage = await Stage.start(uncheckedTenant('/', [origin]));
    using client = await RawClient.open(stage.port());
    await client.send(GET);
    await client.until(({ received }) => received.endsWith('}'), BOUND);
    client.endSending();
    expect(await client.until(({ peer }) => peer === 'ended', BOUND)).toBe(true);
    expect(stage.ended).toMatchObject([{ failure: null, status: 200 }]);
  });
});

// The runtime does not tell of a FIN on a socket that is not read; Linux is asked.
describe.if(process.platform === 'linux')('clients that leave while they are not read', () => {
  test('because their bodies must wait for a place: they leave the line', async () => {
    await using origin = await RawOrigin.start('busy');
    await using stage = await Stage.start(SLOW + uncheckedTenant('/', [origin], ONE_PLACE));
    using first = await RawClient.open(stage.port());
    await first.send(GET);
    await origin.asked();
    using second = await RawClient.open(stage.port());
    await second.send('POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 100000\r\n\r\nhello');
    await until(() => stage.held.join() === '1,1', 'it is in line');
    second.endSending();
    await until(() => stage.held.join() === '1,0', 'it has left the line', 3000);
    expect(stage.ended).toMatchObject([{ failure: 'client-gone', attemptCount: 0 }]);
  });

  test('because they have sent a further request: both end', async () => {
    await using origin = await RawOrigin.start('slow');
    await using stage = await Stage.start(uncheckedTenant('/', [origin]));
    using client = await RawClient.open(stage.port());
    await client.send(GET);
    const backend = await origin.asked();
    await client.send(GET);
    client.endSending();
    expect(await backend.until(({ peer }) => peer !== 'open', 3000)).toBe(true);
    expect(origin.connections).toHaveLength(1);
    expect(stage.held).toEqual([0, 0]);
  });

  test('others are read again when the backend has answered', async () => {
    await using origin = await RawOrigin.start('slow');
    await using stage = await Stage.start(uncheckedTenant('/', [origin]));
    using client = await RawClient.open(stage.port());
    await client.send(GET);
    const backend = await origin.asked();
    await client.send(GET);
    // Longer than the time between two looks at the client.
    expect(await backend.until(({ peer }) => peer !== 'open', 1500)).toBe(false);
    await backend.send('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst');
    await backend.until(({ received }) => received.split('GET ').length === 3, BOUND);
    expect(await backend.until(({ peer }) => peer !== 'open', 1500)).toBe(false);
    await backend.send('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond');
    expect(await client.until(({ received }) => received.endsWith('second'), BOUND)).toBe(true);
    expect(client.peer).toBe('open');
  });
});

describe('a listener with half_close', () => {
  const HALF = 'listeners: [{ address: "127.0.0.1:0", half_close: true }]\n';

  test.each([
    ['together', (client: RawClient) => client.send(GET + GET + GET)],
    [
      'one by one',
      async (client: RawClient) => {
        for (let n = 0; n < 3; n++) await client.send(GET);
      },
    ],
  ])('answers all requests that came before the FIN, %s', async (_, send) => {
    using origin = new Origin('slow', async () => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      return new Response('answer');
    });
    await using stage = await Stage.start(HALF + uncheckedTenant('/', [origin]));
    using client = await RawClient.open(stage.port(1));
    await send(client);
    client.endSending();
    expect(await client.until(({ peer }) => peer !== 'open', BOUND)).toBe(true);
    expect(client.peer).toBe('ended');
    expect(client.received.split('HTTP/1.1 200 OK').length - 1).toBe(3);
    expect(stage.ended.map(({ failure }) => failure)).toEqual([null, null, null]);
  });

  test('sends a large response whole to a client that reads late', async () => {
    const size = 32 * 1024 * 1024;
    using origin = new Origin('large', () => new Response(new Uint8Array(size)));
    await using stage = await Stage.start(HALF + uncheckedTenant('/', [origin]));
    const socket = connect({ port: stage.port(1), host: '127.0.0.1', allowHalfOpen: true });
    let bytes = 0;
    let isWhole = false;
    socket.pause();
    socket.end(GET);
    await until(() => origin.requests === 1, 'the origin has the request');
    socket.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    socket.once('end', () => {
      isWhole = true;
    });
    socket.resume();
    await until(() => isWhole, 'all has come');
    socket.destroy();
    expect(bytes).toBeGreaterThan(size);
  });

  test('has no answer for a request that never came whole', async () => {
    await using origin = await RawOrigin.start('slow');
    await using stage = await Stage.start(HALF + uncheckedTenant('/', [origin]));
    using client = await RawClient.open(stage.port(1));
    await client.send(`${GET}GET / HTTP/1.1\r\nHo`);
    client.endSending();
    await (await origin.asked()).send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    expect(await client.until(({ peer }) => peer !== 'open', BOUND)).toBe(true);
    expect(client.received).toEndWith('\r\n\r\nok');
    expect(stage.ended).toHaveLength(1);
  });
});
