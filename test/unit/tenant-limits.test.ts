// What a tenant may have, as its requests meet it.
import { describe, expect, test } from 'bun:test';
import { TenantLimits } from '../../src/admit/tenant-limits.ts';
import { Columns } from '../../src/core/columns.ts';
import { ALL_PLACES, Cells, paceFields, sizeOf, slotOf, usageFields } from '../../src/core/cells.ts';
import { TenantUsage } from '../../src/core/tenant-usage.ts';
import { bytes, millis } from '../../src/core/units.ts';
import { ExchangeRig } from '../support/exchange-rig.ts';

const NONE = Number.POSITIVE_INFINITY;
const KIB = 1024;

const UNLIMITED = {
  requestsInFlight: NONE,
  connections: NONE,
  requestRate: NONE,
  bandwidth: bytes(NONE),
  bufferedBytes: bytes(NONE),
};

/** One tenant as two processes have it. */
function inTwo(settings: Partial<typeof UNLIMITED>): readonly [TenantLimits, TenantLimits] {
  const usage = new Int32Array(ALL_PLACES * 2 * sizeOf(usageFields));
  const paces = new Int32Array(2 * sizeOf(paceFields));
  const inProcess = (place: number): TenantLimits => {
    const cells = {
      usage: new Columns({ place, processes: 2 }, usageFields, usage),
      paces: new Cells(paceFields, paces),
    };
    return new TenantLimits(
      { ...UNLIMITED, ...settings },
      new TenantUsage(cells, { place: slotOf(1), isShared: true, isPublished: true }),
    );
  };
  return [inProcess(0), inProcess(1)];
}

describe('the limits of a tenant in two processes', () => {
  test('let in as many requests as both together may have, and more when some have ended', () => {
    const both = inTwo({ requestsInFlight: 3 });
    const begin = (at: number) => both[at % 2].requestBegins(millis(0));
    expect([0, 1, 2, 3, 4].map(begin)).toEqual([null, null, null, 'requests_in_flight', 'requests_in_flight']);
    both[1].requestEnded();
    expect([0, 1].map(begin)).toEqual([null, 'requests_in_flight']);
    expect(both[0].refused).toBe(3);
  });

  test('count a request that is refused for its rate among those in flight no more', () => {
    const both = inTwo({ requestsInFlight: 10, requestRate: 2 });
    const begin = (at: number) => both[at % 2].requestBegins(millis(5));
    expect([0, 1, 2].map(begin)).toEqual([null, null, 'request_rate']);
    expect(both[0].uses[0]).toEqual({ name: 'requests_in_flight', limit: 10, used: 2 });
    expect(both[1].requestBegins(millis(505))).toBeNull();
  });

  test('let what is kept in both fill one room', () => {
    const both = inTwo({ bufferedBytes: bytes(100) });
    both[0].keeps(60);
    expect(both[1].isFull).toBe(false);
    both[1].keeps(40);
    expect(both.map(({ isFull }) => isFull)).toEqual([true, true]);
    both[0].keeps(-60);
    expect(both[1].isFull).toBe(false);
  });

  test('make the bytes of both go by and by', () => {
    const both = inTwo({ bandwidth: bytes(1000) });
    expect(both[0].passed(100, millis(0))).toBe(millis(0));
    expect(both[1].passed(1000, millis(0))).toBe(millis(1000));
    expect(both[0].restBefore(millis(400))).toBe(millis(600));
    expect(both[0].restBefore(millis(1000))).toBe(millis(0));
  });

  test('may change, and what is there stays', () => {
    const [one] = inTwo({});
    expect({ hasGuard: one.hasGuard, hasDoor: one.hasDoor, hasPace: one.hasPace }).toEqual({
      hasGuard: false,
      hasDoor: false,
      hasPace: false,
    });
    one.reconfigure({ ...UNLIMITED, requestsInFlight: 1 });
    expect([one.requestBegins(millis(0)), one.requestBegins(millis(0))]).toEqual([null, 'requests_in_flight']);
  });
});

const config = (limits: string, more = ''): string => `tenants:
  - name: shop
    domains: [x]
    services: [{ name: a, url: "http://10.0.0.1:1" }]
    limits: { ${limits} }
${more}`;

describe('a request', () => {
  test('has its place in flight until its answer has left, however it ends', () => {
    const rig = new ExchangeRig(config('requests_in_flight: 2'));
    const clients = [1, 2, 3].map((id) => rig.request('GET', id));
    expect(clients.map(({ failure }) => failure?.code)).toEqual([undefined, undefined, 'tenant-full']);
    expect(clients[2].failure?.reason).toBe('the tenant has reached limits.requests_in_flight (2)');
    clients[0].leave();
    expect(rig.request('GET', 4).failure).toBeNull();
    for (const link of rig.network.links) link.accept();
    for (const link of rig.network.links) if (link.request !== null) link.answer(200);
    expect(rig.status()[0].limits.requests_in_flight).toEqual({ limit: 2, used: 0 });
  });

  test('over the rate is refused with 429, and operators are told', () => {
    const rig = new ExchangeRig(config('request_rate: 2'));
    const codes = [1, 2, 3].map((id) => rig.request('GET', id).failure?.code);
    expect(codes).toEqual([undefined, undefined, 'tenant-rate-limited']);
    expect(rig.events.map(({ kind, detail }) => [kind, detail])).toEqual([
      ['limit_reached', 'the tenant has reached limits.request_rate (2)'],
    ]);
  });

  test('waits while the bandwidth is used up, and is refused when it has waited for too long', async () => {
    const rig = new ExchangeRig(config('bandwidth: 16KiB', '    timeouts: { queue: 2s }\n'));
    const answer = (size: number): void => {
      const [link] = rig.network.links;
      link.accept();
      link.reply(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n${'x'.repeat(size)}`);
    };
    rig.request('GET', 1);
    answer(24 * KIB);
    const client = rig.request('GET', 2);
    expect(rig.network.links[0].request).toBeNull();
    await rig.clock.advance(1000);
    expect(rig.network.links[0].request).toBeNull();
    await rig.clock.advance(600);
    expect(rig.network.links[0].request?.id).toBe('2');
    answer(64 * KIB);
    expect(client.outcome).toBe(200);
    const late = rig.request('GET', 3);
    expect(late.failure?.reason).toBe('the tenant has reached limits.bandwidth (16384)');
  });
});

describe('a body', () => {
  test('is not kept to be sent again where the tenant keeps as much as it may', () => {
    const rig = new ExchangeRig(config('buffered_bytes: 64KiB'));
    const clients = [1, 2, 3].map((id) => rig.request('PUT', id, '', 100 * KIB));
    for (const link of rig.network.links) link.accept();
    for (const client of clients) client.sendMore(40 * KIB);
    expect(rig.status()[0].limits.buffered_bytes.used).toBeGreaterThan(64 * KIB);
    for (const client of clients) client.sendMore(10 * KIB);
    const kept = rig.status()[0].limits.buffered_bytes.used;
    expect(kept).toBeLessThanOrEqual(128 * KIB);
    for (const client of clients) client.leave();
    expect(rig.status()[0].limits.buffered_bytes.used).toBe(0);
  });
});
