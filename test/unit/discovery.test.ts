// Names under watch: when they are asked for, what is told of them, and what stays when they fail.
import { describe, expect, test } from 'bun:test';
import { millis } from '../../src/core/units.ts';
import type { DiscoverySpec, Endpoint, Lookup, SrvRecord } from '../../src/discovery/contract.ts';
import { Discovery } from '../../src/discovery/discovery.ts';
import { formatEndpoint } from '../../src/discovery/endpoints.ts';
import { ScriptedLookup } from '../support/scripted-lookup.ts';
import { VirtualClock, settle } from '../support/virtual-clock.ts';

const LIMITS = { family: 'prefer_ipv4', minTtl: millis(1000), maxTtl: millis(60_000) } as const;
const APP: DiscoverySpec = { kind: 'addresses', name: 'app.test', port: 3000, ...LIMITS };
const SRV: DiscoverySpec = { kind: 'srv', name: '_http._tcp.app.test', ...LIMITS };

function setup(lookup: ScriptedLookup = new ScriptedLookup()) {
  const clock = new VirtualClock();
  const discovery = new Discovery({ lookup, clock, random: () => 0, timeout: millis(2000) });
  const heard: string[][] = [];
  const listen = (spec: DiscoverySpec) =>
    discovery.subscribe(spec, 'main', (endpoints) => heard.push(places(endpoints)));
  return { lookup, clock, discovery, heard, listen };
}

function places(endpoints: readonly Endpoint[] | null): string[] {
  return (endpoints ?? []).map(formatEndpoint);
}

function record(target: string, overrides: Partial<SrvRecord> = {}): SrvRecord {
  return { target, port: 8080, priority: 0, weight: 1, ...overrides };
}

describe('a name', () => {
  test('is asked for at once, and its addresses become endpoints', async () => {
    const { lookup, discovery, heard, listen } = setup();
    lookup.a('app.test', ['10.0.0.2', '10.0.0.1']);
    listen(APP);
    expect(lookup.asked).toEqual([]);
    expect(discovery.status(APP)).toEqual({ state: 'resolving', since: 0, detail: null, nextAt: null });
    await settle();
    expect(heard).toEqual([['10.0.0.1:3000', '10.0.0.2:3000']]);
    expect(discovery.current(APP)?.[0]).toEqual({
      hostname: '10.0.0.1',
      port: 3000,
      weight: 1,
      priority: 0,
      target: 'app.test',
    });
    expect(discovery.status(APP)).toEqual({ state: 'resolved', since: 0, detail: null, nextAt: 10_000 });
  });

  test('is asked for again when its TTL is over, and not sooner', async () => {
    const { lookup, clock, listen } = setup();
    lookup.a('app.test', ['10.0.0.1'], 7);
    listen(APP);
    await clock.advance(6999);
    expect(lookup.asked).toHaveLength(1);
    await clock.advance(1);
    expect(lookup.asked).toHaveLength(2);
  });

  test.each([
    ['a TTL of 0 is raised to the floor', 0, 1000],
    ['a TTL of a day is lowered to the ceiling', 86_400, 60_000 / 1.1],
  ])('%s', async (_, ttl, next) => {
    const { lookup, clock, discovery, listen } = setup();
    lookup.a('app.test', ['10.0.0.1'], ttl);
    listen(APP);
    await clock.advance(0);
    expect(discovery.status(APP)?.nextAt).toBeCloseTo(next);
  });

  test('that answers the same in another order is no news', async () => {
    const { lookup, clock, heard, listen } = setup();
    lookup.a('app.test', ['10.0.0.1', '10.0.0.2'], 1);
    listen(APP);
    await clock.advance(500);
    lookup.a('app.test', ['10.0.0.2', '10.0.0.1', '10.0.0.2'], 1);
    await clock.advance(3000);
    expect(heard).toHaveLength(1);
    lookup.a('app.test', ['10.0.0.2'], 1);
    await clock.advance(1000);
    expect(heard.at(-1)).toEqual(['10.0.0.2:3000']);
  });

  test.each(['not-found', 'timeout', 'refused', 'server-failed', 'silence'] as const)(
    'keeps its last good answer through %s, and says so',
    async (code) => {
      const { lookup, clock, discovery, heard, listen } = setup();
      lookup.a('app.test', ['10.0.0.1'], 1);
      listen(APP);
      await clock.advance(500);
      lookup.answers.set('A app.test', code);
      await clock.advance(4000);
      expect(places(discovery.current(APP))).toEqual(['10.0.0.1:3000']);
      expect(discovery.status(APP)).toMatchObject({ state: 'stale' });
      expect(discovery.status(APP)?.detail).not.toBeNull();
      lookup.a('app.test', ['10.0.0.1'], 1);
      await clock.advance(60_000);
      expect(discovery.status(APP)).toMatchObject({ state: 'resolved', detail: null });
      expect(heard).toHaveLength(1);
    },
  );

  test('keeps its last good answer when the answer is empty', async () => {
    const { lookup, clock, discovery, listen } = setup();
    lookup.a('app.test', ['10.0.0.1'], 1);
    listen(APP);
    await clock.advance(500);
    lookup.a('app.test', [], 1);
    lookup.aaaa('app.test', [], 1);
    await clock.advance(1000);
    expect(places(discovery.current(APP))).toEqual(['10.0.0.1:3000']);
    expect(discovery.status(APP)).toMatchObject({ state: 'stale', detail: 'an empty answer' });
  });

  test('that never resolved has failed, and is tried again more and more seldom', async () => {
    const { lookup, clock, discovery, heard, listen } = setup();
    const times: number[] = [];
    listen(APP);
    for (let at = 0; at < 130_000; at += 500) {
      const before = lookup.asked.length;
      await clock.advance(500);
      if (lookup.asked.length > before) times.push(at);
    }
    expect(discovery.status(APP)).toMatchObject({ state: 'failed', detail: 'not-found', since: 0 });
    expect(discovery.current(APP)).toBeNull();
    expect(times.slice(0, 6)).toEqual([0, 500, 2500, 6500, 14_500, 30_500]);
    expect(times.slice(6)).toEqual([62_500, 117_500]);
    expect(heard).toEqual([]);
  });

  test('is asked for IPv6 only where it has no IPv4', async () => {
    const { lookup, clock, discovery, listen } = setup();
    lookup.a('app.test', ['10.0.0.1'], 1);
    lookup.aaaa('app.test', ['2001:db8::1'], 1);
    listen(APP);
    await clock.advance(500);
    expect(lookup.asked).toEqual(['A app.test']);
    lookup.answers.set('A app.test', 'timeout');
    await clock.advance(1000);
    expect(places(discovery.current(APP))).toEqual(['10.0.0.1:3000']);
    lookup.answers.delete('A app.test');
    await clock.advance(5000);
    expect(places(discovery.current(APP))).toEqual(['[2001:db8::1]:3000']);
  });

  test('with both kinds loses neither to a failure of the other', async () => {
    const { lookup, clock, discovery, listen } = setup();
    const spec: DiscoverySpec = { ...APP, family: 'both' };
    lookup.a('app.test', ['10.0.0.1'], 1);
    lookup.aaaa('app.test', ['2001:db8::1'], 1);
    listen(spec);
    await clock.advance(500);
    lookup.answers.set('AAAA app.test', 'timeout');
    lookup.a('app.test', ['10.0.0.2'], 1);
    await clock.advance(1000);
    expect(places(discovery.current(spec))).toEqual(['10.0.0.2:3000', '[2001:db8::1]:3000']);
    expect(discovery.status(spec)).toMatchObject({ state: 'stale', detail: 'timeout' });
    lookup.answers.delete('AAAA app.test');
    await clock.advance(5000);
    expect(places(discovery.current(spec))).toEqual(['10.0.0.2:3000']);
    expect(discovery.status(spec)).toMatchObject({ state: 'resolved' });
  });
});

describe('a service name (SRV)', () => {
  test('becomes the addresses of its targets, with their ports, weights and priorities', async () => {
    const { lookup, discovery, listen } = setup();
    lookup.services(SRV.name, [
      record('a.test', { weight: 30 }),
      record('b.test', { weight: 0, port: 9090 }),
      record('c.test', { priority: 5, weight: 65_535 }),
    ]);
    lookup.a('a.test', ['10.0.0.1', '10.0.0.2']);
    lookup.a('b.test', ['10.0.0.3']);
    lookup.a('c.test', ['10.0.0.4']);
    listen(SRV);
    await settle();
    expect(discovery.current(SRV)?.map((one) => [formatEndpoint(one), one.weight, one.priority, one.target])).toEqual([
      ['10.0.0.1:8080', 15, 0, 'a.test'],
      ['10.0.0.2:8080', 15, 0, 'a.test'],
      ['10.0.0.3:9090', 1, 0, 'b.test'],
      ['10.0.0.4:8080', 256, 5, 'c.test'],
    ]);
  });

  test('without a TTL of its own is asked for again when the first address is too old', async () => {
    const { lookup, discovery, listen } = setup();
    lookup.services(SRV.name, [record('a.test'), record('b.test')]);
    lookup.a('a.test', ['10.0.0.1'], 30);
    lookup.a('b.test', ['10.0.0.2'], 20);
    listen(SRV);
    await settle();
    expect(discovery.status(SRV)?.nextAt).toBe(20_000);
  });

  test('keeps the addresses of a target that does not resolve any more', async () => {
    const { lookup, clock, discovery, listen } = setup();
    lookup.services(SRV.name, [record('a.test'), record('b.test')], 1);
    lookup.a('a.test', ['10.0.0.1'], 1);
    lookup.a('b.test', ['10.0.0.2'], 1);
    listen(SRV);
    await clock.advance(500);
    lookup.a('a.test', ['10.0.0.9'], 1);
    lookup.answers.delete('A b.test');
    await clock.advance(1000);
    expect(places(discovery.current(SRV))).toEqual(['10.0.0.2:8080', '10.0.0.9:8080']);
    expect(discovery.status(SRV)).toMatchObject({ state: 'stale', detail: 'b.test: not-found' });
  });

  test('that says "not offered here" keeps the last good answer', async () => {
    const { lookup, clock, discovery, listen } = setup();
    lookup.services(SRV.name, [record('10.0.0.1')], 1);
    listen(SRV);
    await clock.advance(500);
    lookup.services(SRV.name, [record('.')], 1);
    await clock.advance(1000);
    expect(places(discovery.current(SRV))).toEqual(['10.0.0.1:8080']);
    expect(discovery.status(SRV)).toMatchObject({ state: 'stale', detail: 'an empty answer' });
  });
});

describe('a watch', () => {
  test('is shared by all who ask for the same, and ends with the last of them', async () => {
    const { lookup, clock, discovery, heard, listen } = setup();
    lookup.a('app.test', ['10.0.0.1'], 1);
    const leaves = [listen(APP), listen({ ...APP }), listen({ ...APP, port: 4000 })];
    await settle();
    expect(lookup.asked).toHaveLength(2);
    expect(heard).toEqual([['10.0.0.1:3000'], ['10.0.0.1:3000'], ['10.0.0.1:4000']]);
    leaves[0]();
    leaves[0]();
    expect(places(discovery.current(APP))).toEqual(['10.0.0.1:3000']);
    leaves[1]();
    leaves[2]();
    expect(discovery.current(APP)).toBeNull();
    expect(clock.pending).toBe(0);
    await clock.advance(10_000);
    expect(lookup.asked).toHaveLength(2);
  });

  test('that is left while it asks reports nothing', async () => {
    const { lookup, clock, heard, discovery, listen } = setup();
    lookup.isHolding = true;
    lookup.a('app.test', ['10.0.0.1']);
    listen(APP);
    await settle();
    discovery.close();
    lookup.release();
    await clock.advance(100_000);
    expect(heard).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  test('survives a lookup that throws', async () => {
    const clock = new VirtualClock();
    const broken: Lookup = {
      spellings: (name) => Promise.resolve([name]),
      addresses: () => Promise.reject(new Error('a bug')),
      srv: () => Promise.reject(new Error('a bug')),
      names: () => Promise.reject(new Error('a bug')),
    };
    const discovery = new Discovery({ lookup: broken, clock, random: () => 0, timeout: millis(2000) });
    discovery.subscribe(APP, 'main', () => undefined);
    await settle();
    expect(discovery.status(APP)).toMatchObject({ state: 'failed', detail: expect.stringContaining('a bug') });
  });
});

describe('a host that is one backend', () => {
  const HOST: DiscoverySpec = { kind: 'host', name: 'app.test', ...LIMITS };

  function addresses(endpoints: readonly Endpoint[] | null): string[] {
    return (endpoints ?? []).map(({ hostname }) => hostname);
  }

  test('has the addresses of both kinds, the preferred ones first', async () => {
    const { lookup, discovery, listen } = setup();
    lookup.a('app.test', ['10.0.0.2', '10.0.0.1']);
    lookup.aaaa('app.test', ['2001:db8::1']);
    const turned: DiscoverySpec = { ...HOST, family: 'prefer_ipv6' };
    const only: DiscoverySpec = { ...HOST, family: 'ipv6' };
    for (const spec of [HOST, turned, only]) listen(spec);
    await settle();
    expect(addresses(discovery.current(HOST))).toEqual(['10.0.0.1', '10.0.0.2', '2001:db8::1']);
    expect(addresses(discovery.current(turned))).toEqual(['2001:db8::1', '10.0.0.1', '10.0.0.2']);
    expect(addresses(discovery.current(only))).toEqual(['2001:db8::1']);
  });

  test('is known as soon as one kind is, and not spoiled by a server that never says the other', async () => {
    const { lookup, clock, discovery, listen } = setup();
    lookup.a('app.test', ['10.0.0.1'], 7);
    lookup.answers.set('AAAA app.test', 'silence');
    listen(HOST);
    await settle();
    expect(addresses(discovery.current(HOST))).toEqual(['10.0.0.1']);
    await clock.advance(2000);
    expect(discovery.status(HOST)).toMatchObject({ state: 'resolved', nextAt: 9000 });
  });

  test('keeps the addresses of a kind whose question fails', async () => {
    const { lookup, clock, discovery, listen } = setup();
    lookup.a('app.test', ['10.0.0.1'], 1);
    lookup.aaaa('app.test', ['2001:db8::1'], 1);
    listen(HOST);
    await settle();
    lookup.answers.set('AAAA app.test', 'server-failed');
    await clock.advance(1000);
    expect(addresses(discovery.current(HOST))).toEqual(['10.0.0.1', '2001:db8::1']);
    expect(discovery.status(HOST)).toMatchObject({ state: 'stale' });
  });

  test('is looked for in one domain after the other, and has all its addresses from one of them', async () => {
    const { lookup, discovery, listen } = setup();
    lookup.spelt.set('app.test', ['app.test.a.', 'app.test.b.', 'app.test']);
    lookup.a('app.test.b.', ['10.0.0.1']);
    lookup.aaaa('app.test', ['2001:db8::bad']);
    listen(HOST);
    await settle();
    expect(addresses(discovery.current(HOST))).toEqual(['10.0.0.1']);
  });

  test('is not looked for elsewhere while a server fails', async () => {
    const { lookup, discovery, listen } = setup();
    lookup.spelt.set('app.test', ['app.test.a.', 'app.test']);
    lookup.answers.set('A app.test.a.', 'server-failed');
    lookup.answers.set('AAAA app.test.a.', 'server-failed');
    lookup.a('app.test', ['10.0.0.1']);
    listen(HOST);
    await settle();
    expect(discovery.current(HOST)).toBeNull();
    expect(discovery.status(HOST)?.detail).toBe('server-failed');
  });
});
