// Backends by name: the addresses of a name become the pool, and a failed lookup never removes them.
import { describe, expect, test } from 'bun:test';
import { tenantOf, untilEligible } from '../support/admin.ts';
import { type DnsRecord, DnsServer } from '../support/dns-server.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { until } from '../support/until.ts';

function address(ip: string): DnsRecord {
  return { type: 'A', ttl: 1, address: ip };
}

function srv(port: number, priority = 0, weight = 1): DnsRecord {
  return { type: 'SRV', ttl: 1, priority, weight, port, target: 'host.test' };
}

function config(dns: DnsServer, url: string, discover: string, more = ''): string {
  return `dns: { servers: ["${dns.address}"], max_ttl: 1s }
tenants:
  - name: main
    path_prefix: "/"
    health_interval: 1
${more}    services: [{ name: app, url: "${url}", health: /health, discover: ${discover} }]
  - name: other
    domains: ["other.test"]
    services: [{ name: fixed, url: "http://127.0.0.1:1" }]
`;
}

async function names(gateway: GatewayProcess): Promise<string[]> {
  return (await tenantOf(gateway)).backends.map(({ name }) => name);
}

describe('a service that is discovered', () => {
  test('has a backend for each address of its name, which come and go with it', async () => {
    await using dns = await DnsServer.start();
    using a = new Origin('a');
    dns.zones.set('app.test', [address('127.0.0.1')]);
    await using gateway = await GatewayProcess.start(config(dns, `http://app.test:${a.port}`, 'addresses'));
    // The very first request waits for the name and for the first probe.
    const first = await fetch(`${gateway.url}/x`);
    expect([first.status, await first.json()]).toMatchObject([200, { headers: { host: `127.0.0.1:${gateway.port}` } }]);
    expect(await names(gateway)).toEqual([`app@127.0.0.1:${a.port}`]);
    dns.zones.set('app.test', [address('127.0.0.1'), address('127.0.0.2')]);
    await until(async () => (await names(gateway)).length === 2, 'the second address is a backend');
    expect((await tenantOf(gateway)).backends.find(({ name }) => name.includes('127.0.0.1'))?.requests).toBe(1);
    dns.zones.set('app.test', [address('127.0.0.1')]);
    await until(async () => (await names(gateway)).length === 1, 'it is gone again');
  });

  test('keeps its backends when the name is lost, and says so', async () => {
    await using dns = await DnsServer.start();
    using a = new Origin('a');
    dns.zones.set('app.test', [address('127.0.0.1')]);
    await using gateway = await GatewayProcess.start(config(dns, `http://app.test:${a.port}`, 'addresses'));
    await untilEligible(gateway, 1);
    dns.zones.set('app.test', 'nxdomain');
    await until(async () => (await tenantOf(gateway)).names[0]?.state === 'stale', 'the loss is noticed');
    expect((await fetch(`${gateway.url}/x`)).status).toBe(200);
    expect((await tenantOf(gateway)).names).toMatchObject([{ service: 'app', name: 'app.test', endpoints: 1 }]);
  });

  test('that has never been resolved is a 503 that says why; the others are served', async () => {
    await using dns = await DnsServer.start();
    using a = new Origin('a');
    const yaml = config(dns, 'http://app.test:1', 'addresses').replace('http://127.0.0.1:1', a.url);
    await using gateway = await GatewayProcess.start(yaml);
    await until(async () => (await tenantOf(gateway)).names[0]?.state === 'failed', 'it has failed');
    const response = await fetch(`${gateway.url}/x`);
    expect([response.status, await response.text()]).toEqual([
      503,
      expect.stringContaining('app: app.test is not resolved: '),
    ]);
    const other = await fetch(`${gateway.url}/x`, { headers: { host: 'other.test' } });
    expect(other.status).toBe(200);
  });

  test('by SRV has their ports, weights and priorities', async () => {
    await using dns = await DnsServer.start();
    using a = new Origin('a');
    using b = new Origin('b');
    using c = new Origin('c');
    dns.zones.set('host.test', [address('127.0.0.1')]);
    dns.zones.set('_http._tcp.app.test', [srv(a.port, 0, 3), srv(b.port, 0, 1), srv(c.port, 5)]);
    await using gateway = await GatewayProcess.start(config(dns, 'http://_http._tcp.app.test', 'srv'));
    await untilEligible(gateway, 3);
    for (let request = 0; request < 40; request++) await (await fetch(`${gateway.url}/x`)).text();
    expect([a.requests, b.requests, c.requests]).toEqual([30, 10, 0]);
    await a.stop();
    await b.stop();
    await untilEligible(gateway, 1);
    expect(await (await fetch(`${gateway.url}/x`)).json()).toMatchObject({ origin: 'c' });
  });

  test('goes on over a reload without asking anew', async () => {
    await using dns = await DnsServer.start();
    using a = new Origin('a');
    dns.zones.set('app.test', [address('127.0.0.1')]);
    const url = `http://app.test:${a.port}`;
    await using gateway = await GatewayProcess.start(config(dns, url, 'addresses'));
    await untilEligible(gateway, 1);
    dns.zones.set('app.test', 'silence');
    await gateway.rewrite(config(dns, url, 'addresses', '    balance: random\n'));
    gateway.signal('SIGHUP');
    await until(() => gateway.output.includes('reloaded') || gateway.errors.includes('reloaded'), 'it is reloaded');
    expect((await fetch(`${gateway.url}/x`)).status).toBe(200);
    expect(await names(gateway)).toEqual([`app@127.0.0.1:${a.port}`]);
  });
});
