// Names that the gateway resolves by a real DNS server.
import { describe, expect, test } from 'bun:test';
import { millis } from '../../src/core/units.ts';
import type { DiscoverySpec, Lookup } from '../../src/discovery/contract.ts';
import { Discovery } from '../../src/discovery/discovery.ts';
import { formatEndpoint } from '../../src/discovery/endpoints.ts';
import { realWorld } from '../../src/world.ts';
import { createLookup } from '../../src/world/dns.ts';
import { type ResolverFiles, parseHosts } from '../../src/world/resolver-files.ts';
import { DnsServer } from '../support/dns-server.ts';
import { until } from '../support/until.ts';

const TIMEOUT = millis(2000);
const never = new AbortController().signal;

function lookupAt(server: DnsServer, hosts = ''): Lookup {
  return createLookup({ servers: [server.address], timeout: TIMEOUT }, filesWith(hosts));
}

function filesWith(hosts: string): ResolverFiles {
  return {
    hosts: () => Promise.resolve(parseHosts(hosts)),
    search: () => Promise.resolve({ domains: [], dots: 1 }),
    hasOtherSources: () => Promise.resolve(false),
  };
}

describe('the real lookup', () => {
  test('brings addresses of both kinds, with the shortest of their TTLs', async () => {
    await using server = await DnsServer.start();
    server.zones.set('app.test', [
      { type: 'A', ttl: 30, address: '10.0.0.1' },
      { type: 'A', ttl: 20, address: '10.0.0.2' },
      { type: 'AAAA', ttl: 7, address: '2001:db8::1' },
    ]);
    const lookup = lookupAt(server);
    const [v4, v6] = [await lookup.addresses('app.test', 4, never), await lookup.addresses('app.test', 6, never)];
    expect(v4).toEqual({ ok: true, value: { records: ['10.0.0.1', '10.0.0.2'], ttl: millis(20_000) } });
    expect(v6).toEqual({ ok: true, value: { records: ['2001:db8::1'], ttl: millis(7000) } });
    expect(server.asked).toEqual(['A app.test', 'AAAA app.test']);
  });

  test('brings an answer that is too large for UDP whole', async () => {
    await using server = await DnsServer.start();
    const addresses = Array.from({ length: 100 }, (_, at) => `10.0.0.${at}`);
    server.zones.set(
      'app.test',
      addresses.map((address) => ({ type: 'A', ttl: 5, address })),
    );
    expect(await lookupAt(server).addresses('app.test', 4, never)).toMatchObject({ value: { records: addresses } });
    expect(server.asked).toHaveLength(2);
  });

  test('brings SRV records', async () => {
    await using server = await DnsServer.start();
    const record = { type: 'SRV', ttl: 5, priority: 10, weight: 60, port: 8080, target: 'a.test' } as const;
    server.zones.set('_http._tcp.app.test', [record]);
    const answer = await lookupAt(server).srv('_http._tcp.app.test', never);
    const records = [{ priority: 10, weight: 60, port: 8080, target: 'a.test' }];
    expect(answer).toEqual({ ok: true, value: { records, ttl: null } });
  });

  test('asks anew each time: no cache of the runtime stands between', async () => {
    await using server = await DnsServer.start();
    const lookup = lookupAt(server);
    for (const address of ['10.0.0.1', '10.0.0.2']) {
      server.zones.set('app.test', [{ type: 'A', ttl: 600, address }]);
      expect(await lookup.addresses('app.test', 4, never)).toMatchObject({ value: { records: [address] } });
    }
  });

  test.each([
    ['nxdomain', 'not-found'],
    ['servfail', 'server-failed'],
    ['refused', 'refused'],
  ] as const)('tells %s as %s', async (zone, code) => {
    await using server = await DnsServer.start();
    server.zones.set('app.test', zone);
    expect(await lookupAt(server).addresses('app.test', 4, never)).toMatchObject({ ok: false, error: { code } });
  });

  test('tells a name without such records as not found', async () => {
    await using server = await DnsServer.start();
    server.zones.set('app.test', []);
    expect(await lookupAt(server).addresses('app.test', 4, never)).toMatchObject({ error: { code: 'not-found' } });
    expect(await lookupAt(server).srv('app.test', never)).toMatchObject({ error: { code: 'not-found' } });
  });

  test('ends when it is called off, though nobody answers', async () => {
    await using server = await DnsServer.start();
    server.zones.set('app.test', 'silence');
    const abort = new AbortController();
    const answer = lookupAt(server).addresses('app.test', 4, abort.signal);
    await until(() => server.asked.length > 0, 'the question has come');
    abort.abort();
    expect(await answer).toMatchObject({ ok: false, error: { code: 'cancelled' } });
  });

  test('goes on to the next server when the first is dead', async () => {
    await using dead = await DnsServer.start();
    await using server = await DnsServer.start();
    dead.zones.set('app.test', 'silence');
    server.zones.set('app.test', [{ type: 'A', ttl: 1, address: '10.0.0.1' }]);
    const servers = [dead.address, server.address];
    const lookup = createLookup({ servers, timeout: TIMEOUT }, filesWith(''));
    expect(await lookup.addresses('app.test', 4, never)).toMatchObject({ value: { records: ['10.0.0.1'] } });
  });

  test('reads the hosts file before it asks', async () => {
    await using server = await DnsServer.start();
    const lookup = lookupAt(server, '127.0.0.1\tlocalhost App.test # here\n::1 localhost\n#127.0.0.2 app.test\n');
    expect(await lookup.addresses('app.test', 4, never)).toMatchObject({ value: { records: ['127.0.0.1'] } });
    expect(await lookup.addresses('localhost', 6, never)).toMatchObject({ value: { records: ['::1'] } });
    expect(server.asked).toEqual([]);
    expect(await lookup.addresses('app.test', 6, never)).toMatchObject({ error: { code: 'not-found' } });
  });

  test('knows localhost on this machine', async () => {
    const lookup = realWorld().lookup({ servers: [], timeout: TIMEOUT });
    expect(await lookup.addresses('localhost', 4, never)).toMatchObject({ ok: true });
  });
});

describe('a name that is watched', () => {
  test('follows what the server says, and outlives its silence', async () => {
    await using server = await DnsServer.start();
    const { clock, random } = realWorld();
    const discovery = new Discovery({ lookup: lookupAt(server), clock, random, timeout: millis(200) });
    const limits = { family: 'prefer_ipv4', minTtl: millis(20), maxTtl: millis(60) } as const;
    const spec: DiscoverySpec = { kind: 'srv', name: '_http._tcp.app.test', ...limits };
    const leave = discovery.subscribe(spec, 'main', () => undefined);
    const places = (): string => (discovery.current(spec) ?? []).map(formatEndpoint).join();
    const srv = { type: 'SRV', ttl: 0, priority: 0, weight: 1, port: 8080, target: 'a.test' } as const;

    await until(() => discovery.status(spec)?.state === 'failed', 'the name is known not to exist');
    server.zones.set('_http._tcp.app.test', [srv]);
    server.zones.set('a.test', [{ type: 'A', ttl: 0, address: '10.0.0.1' }]);
    await until(() => places() === '10.0.0.1:8080', 'the name leads somewhere');
    server.zones.set('_http._tcp.app.test', [srv, { ...srv, target: 'b.test', port: 9090 }]);
    server.zones.set('b.test', [{ type: 'A', ttl: 0, address: '10.0.0.2' }]);
    await until(() => places() === '10.0.0.1:8080,10.0.0.2:9090', 'the second target is there');
    for (const zone of ['silence', 'servfail', 'nxdomain', 'garbage'] as const) {
      server.zones.set('_http._tcp.app.test', zone);
      const before = server.asked.length;
      await until(() => server.asked.length > before + 2, `the server was asked again and said ${zone}`);
      expect(places()).toBe('10.0.0.1:8080,10.0.0.2:9090');
    }
    expect(discovery.status(spec)?.state).toBe('stale');
    server.zones.set('_http._tcp.app.test', [srv]);
    await until(() => places() === '10.0.0.1:8080', 'the server speaks again');
    leave();
  });
});
