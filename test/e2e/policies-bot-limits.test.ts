// Programs that say who they are, in a gateway that asks a real DNS server.
import { describe, expect, test } from 'bun:test';
import { DnsServer } from '../support/dns-server.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { guardedTenant } from '../support/guarded-tenant.ts';
import { Origin } from '../support/origin.ts';
import { until } from '../support/until.ts';

const GOOGLE = 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)';
const NAME = 'crawl-203-0-113-7.googlebot.com';
const NAME_OF_IPV6 = 'crawl-v6.googlebot.com';
const LIMIT = 'bot_limits: { known_bots: { requests: 1, per: 1h, burst: 1 }, verified: [googlebot] }';
const ttl = 60;

async function start(origin: Origin, dns: DnsServer): Promise<GatewayProcess> {
  const top = `trusted_proxies: ["127.0.0.1"]\ndns: { servers: ["${dns.address}"], timeout: 10s }\n`;
  return GatewayProcess.start(`${top}${guardedTenant(origin, [LIMIT])}`);
}

function asker(gateway: GatewayProcess, userAgent: string): (client: string) => Promise<Response> {
  return (client) =>
    fetch(gateway.url, { headers: { 'User-Agent': userAgent, 'X-Forwarded-For': client, Connection: 'close' } });
}

async function statusesOf(ask: (client: string) => Promise<Response>, client: string, count: number): Promise<string> {
  const answers = await Promise.all(Array.from({ length: count }, () => ask(client)));
  return answers.map(({ status }) => status).join();
}

describe('bot_limits', () => {
  test('limits who says it is a crawler and is not, and lets the crawler through, by IPv4 and IPv6', async () => {
    using origin = new Origin('a');
    await using dns = await DnsServer.start();
    dns.zones.set('7.113.0.203.in-addr.arpa', [{ type: 'PTR', ttl, target: NAME }]);
    dns.zones.set(NAME, [{ type: 'A', ttl, address: '203.0.113.7' }]);
    dns.zones.set(`1.${'0.'.repeat(23)}8.b.d.0.1.0.0.2.ip6.arpa`, [{ type: 'PTR', ttl, target: NAME_OF_IPV6 }]);
    dns.zones.set(NAME_OF_IPV6, [{ type: 'AAAA', ttl, address: '2001:db8::1' }]);
    // It has a name that it has given itself.
    dns.zones.set('8.113.0.203.in-addr.arpa', [{ type: 'PTR', ttl, target: NAME }]);
    await using gateway = await start(origin, dns);
    const ask = asker(gateway, GOOGLE);
    for (const client of ['203.0.113.7', '2001:db8::1'])
      await until(async () => (await statusesOf(ask, client, 8)) === '200,200,200,200,200,200,200,200', 'it is known');
    expect((await ask('203.0.113.8')).status).toBe(200);
    await until(() => dns.asked.filter((question) => question === `A ${NAME}`).length > 1, 'it is asked about');
    const refused = await ask('203.0.113.8');
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(3000);
    expect(await refused.text()).toStartWith('429 rate-limited: The program has sent too many requests.');
  });

  test('keeps nobody waiting for a DNS server that says nothing', async () => {
    using origin = new Origin('a');
    await using dns = await DnsServer.start();
    dns.zones.set('9.113.0.203.in-addr.arpa', 'silence');
    await using gateway = await start(origin, dns);
    const began = performance.now();
    const ask = asker(gateway, GOOGLE);
    expect([(await ask('203.0.113.9')).status, (await ask('203.0.113.9')).status]).toEqual([200, 429]);
    expect(performance.now() - began).toBeLessThan(3000);
    expect((await asker(gateway, 'Firefox')('203.0.113.9')).status).toBe(200);
  });
});
