import { expect, test } from 'bun:test';
import { atOnce } from '../../src/core/slices.ts';
import { compile } from '../../src/plan/compile.ts';
import { MOST_LINES, allLines, planChanges } from '../../src/plan/difference-in-words.ts';
import { difference } from '../../src/plan/difference.ts';
import { config, manyTenants } from '../support/configs.ts';

const SERVICES = 'services: [{ name: b1, url: "http://10.0.0.1:80" }, { name: b2, url: "http://10.0.0.2:80" }]';
const API = `{ name: api, path_prefix: /api/, ${SERVICES} }`;

test.each<[string, string, string, string[]]>([
  ['nothing', `tenants: [${API}]`, `tenants: [${API}]`, []],
  [
    'tenants that come and go',
    'tenants: [{ name: old, domains: [old.test] }]',
    'tenants: [{ name: shop, domains: [shop.test] }]',
    ['+ tenant shop', '- tenant old'],
  ],
  [
    'a weight',
    `tenants: [${API}]`,
    `tenants: [${API.replace('.2:80"', '.2:80", weight: 3')}]`,
    ['api/b2 weight 1 → 3'],
  ],
  [
    'a backend that comes and one that goes',
    `tenants: [${API}]`,
    `tenants: [${API.replace('name: b2', 'name: b3')}]`,
    ['api - backend b2 http://10.0.0.2', 'api + backend b3 http://10.0.0.2'],
  ],
  [
    'what all backends of a tenant have in common, once',
    `tenants: [${API}]`,
    `tenants: [${API.replace('services', 'pool: { max_connections: 7 }, services')}]`,
    ['api pool.max_connections 100 → 7', 'api max_requests 100 → 7'],
  ],
  [
    'settings of the gateway',
    'limits: { connections: 10000 }\ntimeouts: { shutdown: 10s }',
    'limits: { connections: 5000, header_bytes: 64KiB }\ntimeouts: { shutdown: 1m }',
    ['limits.header_bytes 32KiB → 64KiB', 'limits.connections 10000 → 5000', 'timeouts.shutdown 10s → 1m'],
  ],
  [
    'a setting of the gateway that tenants go by, once',
    `tenants: [${API}]`,
    `timeouts: { exchange: 30s }\ntenants: [${API}]`,
    ['timeouts.exchange 90s → 30s'],
  ],
  [
    'items of lists',
    'trusted_proxies: [10.0.0.0/8, "fd00::/8"]\ntenants: [{ name: shop, domains: [a.test, b.test] }]',
    'trusted_proxies: ["fd00::/8", 192.0.2.7]\ntenants: [{ name: shop, domains: [a.test, c.test] }]',
    ['trusted_proxies + 192.0.2.7, - 10.0.0.0/8', 'shop domains + c.test, - b.test'],
  ],
  [
    'listeners',
    'listeners: [{ address: ":8080" }]',
    'listeners: [{ address: ":8080", half_close: true }, { address: ":8081" }]',
    ['listeners + :8081', 'listeners[:8080].half_close false → true'],
  ],
  [
    'secrets, without showing them',
    'admin: { tokens: [a-secret-of-an-operator] }\ntenants: [{ name: a, domains: [a.test], affinity: { secret: the-old-secret-of-cookies } }]',
    'admin: { tokens: [another-secret-of-one] }\ntenants: [{ name: a, domains: [a.test], affinity: { secret: the-new-secret-of-cookies } }]',
    ['admin.tokens has changed', 'a affinity.secret has changed'],
  ],
  [
    'where traces go, and not by what token',
    'tracing: { otlp_endpoint: "http://a.test", headers: { X-Pass: hush-hush } }\ntenants: []',
    'tracing: { otlp_endpoint: "http://b.test", headers: { X-Pass: hush-hush-2 }, sample: 5% }\ntenants: []',
    [
      'tracing.otlp_endpoint http://a.test/v1/traces → http://b.test/v1/traces',
      'tracing.sample 1% → 5%',
      'tracing.headers.X-Pass has changed',
    ],
  ],
  [
    'what is there at once',
    'tenants: [{ name: a, domains: [a.test] }]',
    'tenants: [{ name: a, domains: [a.test], affinity: { secret: the-new-secret-of-cookies } }]',
    ['a affinity none → on', 'a affinity.cookie none → ', 'a affinity.secret none → ***'],
  ],
])('tells %s', (_, before, after, expected) => {
  const lines = told(before, after);
  expect(
    lines.map((line, at) => (expected[at]?.endsWith(' ') === true ? line.slice(0, expected[at].length) : line)),
  ).toEqual(expected);
});

test('tells what many tenants have in common in one line', () => {
  const base = config(`tenants: [${API}]`);
  const other = config(
    `tenants: [${API.replace('path_prefix: /api/', 'path_prefix: /api/, when_none_eligible: any')}]`,
  );
  const [before, after] = [compile(manyTenants(base, 200)), compile(manyTenants(other, 200))];
  expect(allLines(atOnce(planChanges(before, atOnce(difference(before, after)))))).toEqual([
    't0, t1, t2 and 197 more: when_none_eligible fail → any',
  ]);
});

test('tells no more than people read', () => {
  const base = compile(config('tenants: []'));
  const many = compile(manyTenants(config(`tenants: [${API}]`), 300));
  const lines = allLines(atOnce(planChanges(base, atOnce(difference(base, many)))));
  expect(lines).toHaveLength(MOST_LINES + 1);
  expect(lines.at(-1)).toBe('and 250 more');
});

function told(before: string, after: string): readonly string[] {
  const [old, next] = [compile(config(before)), compile(config(after))];
  return allLines(atOnce(planChanges(old, atOnce(difference(old, next)))));
}
