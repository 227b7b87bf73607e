// What a service's `discover` comes to.
import { describe, expect, test } from 'bun:test';
import { resolveDiscovery } from '../../src/config/resolve.ts';
import type { DiscoverySpec } from '../../src/discovery/contract.ts';
import { config } from '../support/configs.ts';

function specOf(service: string, dns = '{}'): DiscoverySpec | null {
  const text = `dns: ${dns}\ntenants:\n  - { name: shop, path_prefix: "/", services: [{ name: a, ${service} }] }\n`;
  const accepted = config(text);
  return resolveDiscovery(accepted, accepted.tenants[0].services[0]);
}

const DEFAULTS = { family: 'prefer_ipv4', minTtl: 1000, maxTtl: 60_000 };

describe('the discovery of a service', () => {
  test('of addresses takes name and port from the URL', () => {
    const spec = specOf('url: "https://App.internal:3000/v1", discover: addresses');
    expect(spec as unknown).toEqual({ kind: 'addresses', name: 'app.internal', port: 3000, ...DEFAULTS });
  });

  test('of SRV records takes the name only', () => {
    const spec = specOf('url: "http://_http._tcp.app.internal", discover: srv');
    expect(spec as unknown).toEqual({ kind: 'srv', name: '_http._tcp.app.internal', ...DEFAULTS });
  });

  test('has the bounds and the family of `dns`', () => {
    const spec = specOf('url: "http://app", discover: addresses', '{ min_ttl: 5s, max_ttl: 5s, family: both }');
    expect(spec).toMatchObject({ minTtl: 5000, maxTtl: 5000, family: 'both' });
  });

  test.each([
    ['without it', 'url: "http://app.internal"'],
    ['with none', 'url: "http://app.internal", discover: none'],
    ['of an IPv4 address', 'url: "http://10.0.0.1", discover: addresses'],
    ['of an IPv6 address', 'url: "http://[::1]:3000", discover: addresses'],
  ])('is nothing to watch %s', (_, service) => {
    expect(specOf(service)).toBeNull();
  });
});

describe('the servers of `dns`', () => {
  test('are addresses with a port', () => {
    const { dns } = config('dns: { servers: [10.0.0.53, "10.0.0.54:5353", "fd00::53", "[fd00::54]:5353"] }\n');
    expect(dns.servers).toEqual(['10.0.0.53:53', '10.0.0.54:5353', '[fd00::53]:53', '[fd00::54]:5353']);
  });
});
