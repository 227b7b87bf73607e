// When a request is tried again, and when not.
import { describe, expect, test } from 'bun:test';
import { backendOf, command, tenantOf, untilEligible } from '../support/admin.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { RawOrigin } from '../support/raw-origin.ts';
import { until } from '../support/until.ts';
import { pathTenant, uncheckedTenant } from '../support/yaml.ts';

const FIRST = '    balance: first\n    outlier_ejection: { enabled: false }\n';

function busy(name: string, status = 503): Origin {
  return new Origin(name, () => new Response('busy', { status }));
}

function silent(name: string): Origin {
  return new Origin(name, () => new Promise<Response>(() => {}));
}

describe('a response that another backend may do better', () => {
  test.each([502, 503, 504])('%d is left aside for it, and nothing of it is seen', async (status) => {
    using a = busy('a', status);
    using b = new Origin('b');
    await using gateway = await GatewayProcess.start(uncheckedTenant('/', [a, b], FIRST));
    const response = await fetch(`${gateway.url}/x`);
    expect([response.status, await response.json()]).toMatchObject([200, { origin: 'b' }]);
    expect([a.requests, b.requests]).toEqual([1, 1]);
  });

  test('is what the client gets when there is none better', async () => {
    using a = busy('a');
    using b = busy('b');
    await using gateway = await GatewayProcess.start(uncheckedTenant('/', [a, b], FIRST));
    const response = await fetch(`${gateway.url}/x`);
    expect([response.status, await response.text()]).toEqual([503, 'busy']);
    expect([a.requests, b.requests]).toEqual([1, 1]);
  });

  test.each([
    ['500 is not among them', 'GET', 500],
    ['nor is any when the request must not be done twice', 'POST', 503],
  ])('%s', async (_, method, status) => {
    using a = busy('a', status);
    using b = new Origin('b');
    await using gateway = await GatewayProcess.start(uncheckedTenant('/', [a, b], FIRST));
    expect((await fetch(`${gateway.url}/x`, { method })).status).toBe(status);
    expect(b.requests).toBe(0);
  });

  test('is chosen by the tenant, and an Idempotency-Key counts where the tenant says so', async () => {
    using a = busy('a', 500);
    using b = new Origin('b');
    const retry = '    retry: { on: [500], idempotency_key: true }\n';
    await using gateway = await GatewayProcess.start(uncheckedTenant('/', [a, b], FIRST + retry));
    const post = async (headers: Record<string, string>) =>
      await fetch(`${gateway.url}/x`, { method: 'POST', body: 'order', headers });
    expect((await post({})).status).toBe(500);
    const keyed = await post({ 'idempotency-key': 'k1' });
    expect([keyed.status, await keyed.json()]).toMatchObject([200, { origin: 'b', body: 'order' }]);
  });

  test('leaves its connection in use', async () => {
    using a = busy('a');
    using b = new Origin('b');
    await using gateway = await GatewayProcess.start(uncheckedTenant('/', [a, b], FIRST));
    for (let request = 0; request < 5; request++) await (await fetch(`${gateway.url}/x`)).text();
    expect(a.requests).toBe(5);
    expect(await backendOf(gateway, 'a')).toMatchObject({ idle_connections: 1, failures: 5 });
  });
});

describe('a response whose first chunk is broken', () => {
  const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
  const broken = (name: string, rest: string) =>
    RawOrigin.start(name, (socket) => socket.once('data', () => socket.end(`${head}${rest}`)));

  test.each(['zz\r\n', '5;=\r\nhello\r\n', '\r\n', '5\n'])(
    'is tried elsewhere where the tenant wants that: %j',
    async (rest) => {
      await using a = await broken('a', rest);
      using b = new Origin('b');
      const retry = '    retry: { on: [malformed] }\n';
      await using gateway = await GatewayProcess.start(uncheckedTenant('/', [a, b], FIRST + retry));
      expect(await (await fetch(`${gateway.url}/x`)).json()).toMatchObject({ origin: 'b' });
      const posted = await fetch(`${gateway.url}/x`, { method: 'POST', body: 'order' });
      expect([posted.status, await posted.text()]).toEqual([502, expect.stringContaining('response-malformed')]);
      expect(b.requests).toBe(1);
    },
  );

  test('is a 502 otherwise', async () => {
    await using a = await broken('a', 'zz\r\n');
    using b = new Origin('b');
    await using gateway = await GatewayProcess.start(uncheckedTenant('/', [a, b], FIRST));
    const response = await fetch(`${gateway.url}/x`);
    expect([response.status, await response.text()]).toEqual([502, expect.stringContaining('response-malformed')]);
    expect(b.requests).toBe(0);
  });

  test('is judged by its status first where that is an error', async () => {
    await using a = await RawOrigin.start('a', (socket) =>
      socket.once('data', () => socket.end(`${head.replace('200 OK', '503 Busy')}zz\r\n`)),
    );
    using b = new Origin('b');
    await using gateway = await GatewayProcess.start(uncheckedTenant('/', [a, b], FIRST));
    expect(await (await fetch(`${gateway.url}/x`)).json()).toMatchObject({ origin: 'b' });
  });
});

describe('the body of a request', () => {
  /** Reads a whole body; `seen`: how much of it has come. */
  class Reader implements Disposable {
    seen = 0;
    readonly origin = new Origin('a', async (request) => {
      for await (const chunk of request.body ?? []) this.seen += chunk.length;
      return new Response('busy', { status: 503 });
    });

    [Symbol.dispose](): void {
      this.origin[Symbol.dispose]();
    }
  }

  // Each chunk goes when the one before has arrived.
  const chunks = (count: number, size: number, reader: Reader): ReadableStream<Uint8Array> =>
    new ReadableStream({
      async start(controller) {
        for (let chunk = 0; chunk < count; chunk++) {
          controller.enqueue(new Uint8Array(size).fill(97 + chunk));
          await until(() => reader.seen >= (chunk + 1) * size, 'the chunk has arrived');
        }
        controller.close();
      },
    });
  const send = async (gateway: GatewayProcess, reader: Reader) =>
    await fetch(`${gateway.url}/x`, { method: 'PUT', body: chunks(4, 1000, reader) });

  test('is sent again, all of it', async () => {
    using a = new Reader();
    using b = new Origin('b');
    await using gateway = await GatewayProcess.start(uncheckedTenant('/', [a.origin, b], FIRST));
    const response = await send(gateway, a);
    expect(await response.json()).toMatchObject({ origin: 'b', body: 'abcd'.replaceAll(/./g, (c) => c.repeat(1000)) });
  });

  test('is not kept beyond the limit', async () => {
    using a = new Reader();
    using b = new Origin('b');
    const retry = '    retry: { replay_bytes: 2KiB }\n';
    await using gateway = await GatewayProcess.start(uncheckedTenant('/', [a.origin, b], FIRST + retry));
    expect((await send(gateway, a)).status).toBe(503);
    expect(b.requests).toBe(0);
  });
});

describe('a backend that does not answer', () => {
  test('loses a request that may be repeated to another one after per_try_timeout', async () => {
    using a = silent('a');
    using b = new Origin('b');
    const retry = '    retry: { per_try_timeout: 200ms }\n';
    await using gateway = await GatewayProcess.start(uncheckedTenant('/', [a, b], FIRST + retry));
    expect(await (await fetch(`${gateway.url}/x`)).json()).toMatchObject({ origin: 'b' });
  });

  test('keeps it where there is no other', async () => {
    const gate = Promise.withResolvers<undefined>();
    using a = new Origin('a', async () => {
      await gate.promise;
      return new Response('late');
    });
    using b = new Origin('b');
    const retry = '    retry: { per_try_timeout: 200ms }\n';
    const both = uncheckedTenant('/both/', [a, b], FIRST + retry);
    const alone = uncheckedTenant('/', [a], FIRST + retry)
      .replace('tenants:\n', '')
      .replace('main', 'alone');
    await using gateway = await GatewayProcess.start(both + alone);
    const kept = fetch(`${gateway.url}/x`);
    await until(() => a.requests === 1, 'it is asked');
    // A request that began later has already timed out; so the first one must be beyond that time, too.
    expect(await (await fetch(`${gateway.url}/both/x`)).json()).toMatchObject({ origin: 'b' });
    gate.resolve(undefined);
    expect(await (await kept).text()).toBe('late');
    expect(a.requests).toBe(2);
  });

  test('has no longer than timeouts.exchange, over all attempts', async () => {
    using a = silent('a');
    using b = silent('b');
    const times = '    timeouts: { first_byte: 5s, exchange: 600ms }\n';
    await using gateway = await GatewayProcess.start(uncheckedTenant('/', [a, b], FIRST + times));
    const response = await fetch(`${gateway.url}/x`);
    expect([response.status, await response.text()]).toEqual([504, expect.stringContaining('exchange-timeout')]);
    expect([a.requests, b.requests]).toEqual([1, 0]);
    expect(await backendOf(gateway, 'a')).toMatchObject({ in_flight: 0 });
  });

  test('gives back what waits for it when probes find it dead', async () => {
    let isDead = false;
    using a = new Origin('a', (request) =>
      isDead || new URL(request.url).pathname !== '/health' ? new Promise<Response>(() => {}) : new Response('well'),
    );
    using b = new Origin('b');
    await using gateway = await GatewayProcess.start(pathTenant('/', [a, b], FIRST));
    await untilEligible(gateway, 2);
    const response = fetch(`${gateway.url}/x`);
    await until(() => a.requests === 1, 'it is asked');
    isDead = true;
    expect(await (await response).json()).toMatchObject({ origin: 'b' });
    expect(await backendOf(gateway, 'a')).toMatchObject({ health: 'unhealthy', in_flight: 0 });
  });

  test('is overtaken by a hedge, where the tenant has them', async () => {
    let isSlow = false;
    using a = new Origin('a', () => (isSlow ? new Promise<Response>(() => {}) : Response.json({ origin: 'a' })));
    using b = new Origin('b');
    const retry = '    retry: { hedge_after: 90% }\n';
    await using gateway = await GatewayProcess.start(uncheckedTenant('/', [a, b], FIRST + retry));
    for (let request = 0; request < 10; request++) await (await fetch(`${gateway.url}/x`)).text();
    expect(b.requests).toBe(0);
    isSlow = true;
    expect(await (await fetch(`${gateway.url}/x`)).json()).toMatchObject({ origin: 'b' });
    await until(async () => (await backendOf(gateway, 'a')).in_flight === 0, 'the slow one is let go');
  });
});

test('a budget keeps retries from becoming the load', async () => {
  using a = busy('a');
  using b = busy('b');
  const retry = '    retry: { budget: 20%, budget_per_second: 0 }\n';
  await using gateway = await GatewayProcess.start(uncheckedTenant('/', [a, b], FIRST + retry));
  for (let request = 0; request < 100; request++) await (await fetch(`${gateway.url}/x`)).text();
  expect(a.requests).toBe(100);
  expect(b.requests).toBe(20);
});

describe('when no backend is eligible', () => {
  test.each(['any', 'last_known'])('%s tries those that are left, but none that was taken out', async (mode) => {
    let isWell = true;
    const checked = (name: string): Origin =>
      new Origin(name, (request) =>
        new URL(request.url).pathname === '/health'
          ? new Response('', { status: isWell ? 200 : 500 })
          : Response.json({ origin: name }),
      );
    using a = checked('a');
    using b = checked('b');
    await using gateway = await GatewayProcess.start(pathTenant('/', [a, b], `    when_none_eligible: ${mode}\n`));
    await untilEligible(gateway, 2);
    await command(gateway, 'a', 'disable');
    isWell = false;
    await untilEligible(gateway, 0);
    expect(await (await fetch(`${gateway.url}/x`)).json()).toEqual({ origin: 'b' });
    await command(gateway, 'b', 'disable');
    expect((await fetch(`${gateway.url}/x`)).status).toBe(503);
    expect((await tenantOf(gateway)).status).toBe('unhealthy');
  });
});

test('backups get requests only while all the others are out', async () => {
  using a = new Origin('a');
  using b = new Origin('b');
  const yaml = pathTenant('/', [a, b]).replace(`"${b.url}"`, `"${b.url}", backup: true`);
  await using gateway = await GatewayProcess.start(yaml);
  await untilEligible(gateway, 2);
  for (let request = 0; request < 10; request++) await (await fetch(`${gateway.url}/x`)).text();
  expect([a.requests, b.requests]).toEqual([10, 0]);
  await command(gateway, 'a', 'disable');
  expect(await (await fetch(`${gateway.url}/x`)).json()).toMatchObject({ origin: 'b' });
  await command(gateway, 'a', 'enable');
  expect(await (await fetch(`${gateway.url}/x`)).json()).toMatchObject({ origin: 'a' });
});
