// Tunnels and answers that go on and on hold no place at their backend.
import { describe, expect, test } from 'bun:test';
import type { TenantStatus } from '../../src/admin/shapes/tenant.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { RawClient } from '../support/raw-client.ts';
import { until } from '../support/until.ts';
import { WebSocketClient } from '../support/web-socket-client.ts';
import { WebSocketOrigin } from '../support/web-socket-origin.ts';
import { uncheckedTenant } from '../support/yaml.ts';

// So few places and so short a wait that whatever holds a place keeps the next request out.
const TIGHT = '    pool: { max_connections: 1 }\n    timeouts: { queue: 50ms }\n';

async function counts(gateway: GatewayProcess) {
  const { tenants } = (await (await fetch(`${gateway.admin}/tenants`)).json()) as { tenants: [TenantStatus] };
  const { in_flight, tunnels, streams } = tenants[0].backends[0];
  return { in_flight, tunnels, streams };
}

/** An origin whose answers to /TYPE never end: a piece each time that `more` is called. */
class EndlessOrigin implements Disposable {
  private readonly pens = new Set<ReadableStreamDefaultController<Uint8Array>>();
  private readonly origin = new Origin('a', (request) => {
    const type = new URL(request.url).searchParams.get('type');
    if (type === null) return new Response('short');
    return new Response(new ReadableStream({ start: (pen) => void this.pens.add(pen) }), {
      headers: { 'content-type': type },
    });
  });
  readonly name = 'a';
  readonly url = this.origin.url;

  more(): void {
    for (const pen of this.pens) pen.enqueue(new TextEncoder().encode('data: x\n\n'));
  }

  [Symbol.dispose](): void {
    this.origin[Symbol.dispose]();
  }
}

async function listen(gateway: GatewayProcess, origin: EndlessOrigin, type: string): Promise<RawClient> {
  const client = await RawClient.open(gateway.port);
  await client.send(`GET /?type=${type} HTTP/1.1\r\nHost: a.test\r\n\r\n`);
  await until(() => {
    origin.more();
    return client.received.includes('data: x');
  }, 'the stream has begun');
  return client;
}

async function statusOf(gateway: GatewayProcess): Promise<number> {
  return (await fetch(gateway.url)).status;
}

describe('a backend with one place', () => {
  test('serves beside WebSockets, as many as max_tunnels', async () => {
    using origin = new WebSocketOrigin();
    const settings = '    pool: { max_connections: 1, max_tunnels: 2 }\n    timeouts: { queue: 50ms }\n';
    await using gateway = await GatewayProcess.start(uncheckedTenant('/', [origin], settings));
    using first = await WebSocketClient.open(`${gateway.url}/`);
    using second = await WebSocketClient.open(`${gateway.url}/`);
    expect(await counts(gateway)).toEqual({ in_flight: 2, tunnels: 2, streams: 2 });
    expect(await statusOf(gateway)).toBeLessThan(500);
    // One more is a request like others.
    using third = await WebSocketClient.open(`${gateway.url}/`);
    expect(await counts(gateway)).toEqual({ in_flight: 3, tunnels: 3, streams: 2 });
    expect(await statusOf(gateway)).toBe(503);
    third.socket.close();
    await until(async () => (await counts(gateway)).in_flight === 2, 'it has gone');
    expect(await statusOf(gateway)).toBeLessThan(500);
    first.socket.close();
    second.socket.close();
    await until(async () => (await counts(gateway)).in_flight === 0, 'all have gone');
    expect(await counts(gateway)).toEqual({ in_flight: 0, tunnels: 0, streams: 0 });
    expect(await statusOf(gateway)).toBeLessThan(500);
  });

  test('serves beside event streams', async () => {
    using origin = new EndlessOrigin();
    await using gateway = await GatewayProcess.start(uncheckedTenant('/', [origin], TIGHT));
    using first = await listen(gateway, origin, 'text/event-stream');
    using second = await listen(gateway, origin, 'Text/Event-Stream;charset=utf-8');
    expect(await counts(gateway)).toEqual({ in_flight: 2, tunnels: 0, streams: 2 });
    expect(await statusOf(gateway)).toBe(200);
    first.reset();
    second.reset();
    await until(async () => (await counts(gateway)).in_flight === 0, 'both have gone');
    expect(await counts(gateway)).toEqual({ in_flight: 0, tunnels: 0, streams: 0 });
  });

  test('has no other place while an answer of another type flows, until stream_after', async () => {
    using origin = new EndlessOrigin();
    const settings = '    pool: { max_connections: 1, stream_after: 1s }\n    timeouts: { queue: 50ms }\n';
    await using gateway = await GatewayProcess.start(uncheckedTenant('/', [origin], settings));
    using client = await listen(gateway, origin, 'video/mp4');
    expect(await statusOf(gateway)).toBe(503);
    await until(async () => {
      origin.more();
      return (await counts(gateway)).streams === 1;
    }, 'it is a stream');
    expect(await statusOf(gateway)).toBe(200);
    expect(client.peer).toBe('open');
  });

  test('admits the request that waits when the one before it becomes a tunnel', async () => {
    using origin = new WebSocketOrigin();
    const settings = '    pool: { max_connections: 1 }\n    timeouts: { queue: 10s }\n';
    await using gateway = await GatewayProcess.start(uncheckedTenant('/', [origin], settings));
    const sockets = await Promise.all(Array.from({ length: 20 }, () => WebSocketClient.open(`${gateway.url}/`)));
    expect(await counts(gateway)).toEqual({ in_flight: 20, tunnels: 20, streams: 20 });
    for (const socket of sockets) socket[Symbol.dispose]();
  });
});
