// What a gateway that serves real sockets tells its observer.
import { describe, expect, test } from 'bun:test';
import { latin1 } from '../../src/message/bytes.ts';
import type { ExchangeObserver, ExchangeRecord } from '../../src/message/record.ts';
import { compile } from '../../src/plan/compile.ts';
import { Gateway } from '../../src/runtime/gateway.ts';
import { realWorld } from '../../src/world.ts';
import { config } from '../support/configs.ts';
import { RawClient } from '../support/raw-client.ts';
import { RawOrigin } from '../support/raw-origin.ts';
import { until } from '../support/until.ts';

const BOUND = 10_000;

type Kept = Pick<ExchangeRecord, 'status' | 'grpcStatus' | 'failure' | 'tenantName' | 'bytesIn' | 'bytesOut'> & {
  readonly line: string | null;
};

/** Keeps what records say. */
class Keeper implements ExchangeObserver {
  readonly wantsAttempts = false;
  readonly kept: Kept[] = [];

  exchangeEnded({ request, status, grpcStatus, failure, tenantName, bytesIn, bytesOut }: ExchangeRecord): void {
    const line = request === null ? null : latin1(request.bytes, request.start, request.targetEnd);
    this.kept.push({ line, status, grpcStatus, failure, tenantName, bytesIn, bytesOut });
  }

  attemptEnded(): void {}
}

class Scene implements AsyncDisposable {
  readonly keeper = new Keeper();

  private constructor(
    readonly origin: RawOrigin & { readonly url: string },
    readonly gateway: Gateway,
    readonly client: RawClient,
  ) {}

  static async open(settings = ''): Promise<Scene> {
    const origin = await RawOrigin.start('origin');
    const yaml = `tenants: [{ name: main, path_prefix: /, ${settings} services: [{ name: a, url: "${origin.url}" }] }]`;
    const keeper = new Keeper();
    const started = await Gateway.start({
      plan: compile(config(yaml)),
      address: { hostname: '127.0.0.1', port: 0 },
      world: { ...realWorld(), writeLog: () => undefined },
      observers: [keeper],
    });
    if (!started.ok) throw new Error(started.error);
    const client = await RawClient.open(started.value.address.port);
    return Object.assign(new Scene(origin, started.value, client), { keeper });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client[Symbol.dispose]();
    this.gateway.stop();
    await this.origin[Symbol.asyncDispose]();
  }
}

describe('the record of an exchange', () => {
  test('has its own request, where the next one of a pipeline is read within the end of the first', async () => {
    await using scene = await Scene.open('retry: { attempts: 0 },');
    const { client, origin, keeper } = scene;
    await client.send('POST /first HTTP/1.1\r\nHost: a.test\r\n\r\nGET /second HTTP/1.1\r\nHost: a.test\r\n\r\n');
    const broken = await origin.asked(0);
    broken.reset(); // the first one is answered 502, and the second begins within that
    const next = await origin.asked(1);
    await next.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    await until(() => keeper.kept.length === 2, 'both are recorded');
    expect(keeper.kept).toMatchObject([
      { line: 'POST /first', status: 502, failure: 'reset' },
      { line: 'GET /second', status: 200, failure: null },
    ]);
  });

  test('is made for what is no request, without one', async () => {
    await using scene = await Scene.open();
    await scene.client.send('GET / HTTP/1.1\r\nHost: a.test\r\nHost: b.test\r\n\r\n');
    await until(() => scene.keeper.kept.length === 1, 'it is recorded');
    expect(scene.keeper.kept).toMatchObject([
      { line: null, status: 400, failure: 'request-malformed', tenantName: null, bytesIn: 0 },
    ]);
  });

  test.each<[string, string, number | null]>([
    ['', 'none', null],
    ['TE: trailers\r\nConnection: TE\r\nContent-Type: application/grpc\r\n', 'a call of gRPC', 14],
  ])('has the status of the call that the gateway itself answers: %#', async (fields, _, status) => {
    for (const policies of ['', 'policies: [{ headers: { response: { set: { X-A: "1" } } } }],']) {
      await using scene = await Scene.open(`retry: { attempts: 0 }, ${policies}`);
      const { client, origin, keeper } = scene;
      await client.send(`POST /a.B/C HTTP/1.1\r\nHost: a.test\r\n${fields}\r\n`);
      (await origin.asked(0)).reset();
      await until(() => keeper.kept.length === 1, 'it is recorded');
      expect(keeper.kept).toMatchObject([
        { status: status === null ? 502 : 200, grpcStatus: status, failure: 'reset' },
      ]);
    }
  });

  test('counts the bytes each way', async () => {
    await using scene = await Scene.open();
    const { client, origin, keeper } = scene;
    const request = 'POST /x HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhello';
    await client.send(request);
    const connection = await origin.asked();
    await connection.send('HTTP/1.1 200 OK\r\nDate: x\r\nContent-Length: 7\r\n\r\ngoodbye');
    await until(() => keeper.kept.length === 1, 'it is recorded');
    await client.until(({ received }) => received.endsWith('goodbye'), BOUND);
    expect(keeper.kept).toMatchObject([{ bytesIn: request.length, bytesOut: client.received.length }]);
  });

  test('comes when the client has taken the last byte, or has gone without', async () => {
    await using scene = await Scene.open('compression: { enabled: false },');
    const { client, origin, keeper } = scene;
    const size = 24 * 1024 * 1024;
    client.pause();
    await client.send('GET /large HTTP/1.1\r\nHost: a.test\r\n\r\n');
    const connection = await origin.asked();
    void connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n${'x'.repeat(size)}`);
    await until(() => scene.gateway.status()[0]?.backends[0]?.in_flight === 1, 'it is under way');
    expect(keeper.kept).toEqual([]);
    client.reset();
    await until(() => keeper.kept.length === 1, 'it is recorded');
    expect(keeper.kept).toMatchObject([{ status: 200, failure: 'client-gone' }]);
    expect(keeper.kept[0].bytesOut).toBeLessThan(size);
  });
});
