import { describe, expect, test } from 'bun:test';
import { stringify } from 'yaml';
import { annotatedSchema } from '../../src/config/json-schema.ts';
import { atOnce } from '../../src/core/slices.ts';
import { compile } from '../../src/plan/compile.ts';
import { allLines, planChanges } from '../../src/plan/difference-in-words.ts';
import { difference } from '../../src/plan/difference.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { config } from '../support/configs.ts';

type Settings = Readonly<Record<string, unknown>>;

const SERVICE: Settings = { name: 'a', url: 'http://a.test:8080', health: '/health' };
const TENANT: Settings = { name: 'shop', domains: ['shop.test'], services: [SERVICE] };
const LISTENERS = [{ name: 'inside', address: ':8081' }];
const BASE: Settings = { listeners: LISTENERS, tenants: [TENANT] };

type Change = readonly [key: string, value: unknown];

// One other value for each setting of a tenant; where a setting is a map, one for each of its keys.
const CHANGES: readonly Change[] = [
  ['name', 'other'],
  ['domains', ['shop.test', 'www.shop.test']],
  ['path_prefix', '/shop/'],
  ['path_prefix', ['/shop/', '/other/']],
  ['weight', 2],
  ['path', '/ws'],
  ['listeners', ['inside']],
  ['services.name', 'b'],
  ['services.url', 'http://10.0.0.2:8080'],
  ['services.url', 'https://a.test:8080'],
  ['services.url', 'http://user:secret@10.0.0.1:8080'],
  ['services.url', 'http://a.test:8080/base'],
  ['services.url', 'http://a.test:8080?key=1'],
  ['services.protocol', 'h2'],
  ['services.health', '/other'],
  ['services.health', ''],
  ['services.tls', { server_name: 'other.test' }],
  ['services.tls', { insecure_skip_verify: true }],
  ['services.tls', { pins: ['hyACEPCe5UjGiFBzAQydPQ2v8WRzY3F/5P2K2e4cCHs='] }],
  ['services.discover', 'addresses'],
  ['services.weight', 2],
  ['services.backup', true],
  ['services.max_requests', 7],
  ['balance', 'p2c'],
  ['balance', { type: 'consistent_hash', key: 'path' }],
  ['balance', { type: 'consistent_hash', key: 'header:x-user' }],
  ['health_check', { type: 'http', method: 'HEAD' }],
  ['health_check.interval', '7s'],
  ['health_check.timeout', '1s'],
  ['health_check.fast_interval', '500ms'],
  ['health_check.down_interval', '9s'],
  ['health_check.rise', 5],
  ['health_check.fall', 5],
  ['health_check.expect_status', ['200', '204']],
  ['health_check.expect_body', { matches: '^ok$' }],
  ['health_check.expect_body', { matches: '^OK$' }],
  ['health_check.headers', { 'X-Secret': 'one' }],
  ['health_interval', 17],
  ['outlier_ejection.enabled', false],
  ['outlier_ejection.consecutive', 9],
  ['outlier_ejection.failure_share', '40%'],
  ['outlier_ejection.min_requests', 30],
  ['outlier_ejection.window', '5s'],
  ['outlier_ejection.base_time', '5s'],
  ['outlier_ejection.max_time', '1m'],
  ['outlier_ejection.quiet_time', '90s'],
  ['outlier_ejection.max_share', '30%'],
  ['outlier_ejection.max_latency', '4s'],
  ['outlier_ejection.ignore_statuses', [501]],
  ['outlier_ejection.on', ['connect']],
  ['affinity.cookie', 'stay'],
  ['affinity.secret', 'a secret of many letters'.replaceAll(' ', '-')],
  ['affinity.max_age', '1h'],
  ['slow_start.time', '20s'],
  ['slow_start.min_share', '20%'],
  ['when_none_eligible', 'any'],
  ['retry.attempts', 4],
  ['retry.on', ['connect', 503]],
  ['retry.budget', '30%'],
  ['retry.budget_per_second', 9],
  ['retry.back_off', '50ms'],
  ['retry.max_back_off', '2s'],
  ['retry.per_try_timeout', '2s'],
  ['retry.hedge_after', '95%'],
  ['retry.idempotency_key', true],
  ['retry.replay_bytes', '1KiB'],
  ['pool.max_connections', 33],
  ['pool.max_tunnels', 33],
  ['pool.stream_after', '33s'],
  ['pool.ping_after', '33s'],
  ['pool.max_idle', 33],
  ['pool.warm', 3],
  ['pool.idle_timeout', '33s'],
  ['pool.surplus_timeout', '3s'],
  ['pool.request_buffer', '33KiB'],
  ['pool.max_queue', 33],
  ['pools', { canary: { services: [{ name: 'c', url: 'http://10.0.0.9:1' }] } }],
  ['pools', { canary: { services: [{ name: 'c', url: 'http://10.0.0.9:2' }] } }],
  ['pools', { canary: { services: [{ name: 'c', url: 'http://10.0.0.9:1' }], retry: { attempts: 7 } } }],
  ['routes.match', { path: '/x' }],
  ['routes.match', { path: '/y' }],
  ['routes.match', { path: '/y', query: { a: 'secret-of' } }],
  ['routes.name', 'first'],
  ['routes.pool', 'default'],
  ['routes.strip_prefix', false],
  ['routes.policies', [{ headers: { request: { set: { 'X-A': '1' } } } }]],
  ['strip_prefix', false],
  ['map_back', false],
  ['pass_host_header', false],
  ['allow_trace', true],
  ['request_trailers', true],
  ['allow_claims', ['Remote-User']],
  ['timeouts.connect', '4s'],
  ['timeouts.first_byte', '4s'],
  ['timeouts.idle', '4s'],
  ['timeouts.exchange', '44s'],
  ['timeouts.queue', '4s'],
  ['timeouts.tunnel_idle', '4s'],
  ['timeouts.removed', '4m'],
  ['access_log.enabled', false],
  ['access_log.format', 'common'],
  ['access_log.output', '/var/log/shop.log'],
  ['access_log.query', false],
  ['access_log.request_fields', ['Accept']],
  ['access_log.response_fields', ['Content-Type']],
  ['access_log.redact', ['key']],
  ['access_log.sample', '5%'],
  ['access_log.slow_after', '2s'],
  ['compression.enabled', false],
  ['compression.level', 9],
  ['compression.min_bytes', '1KiB'],
  ['compression.content_types', ['text/*']],
  ['limits.body_bytes', '1MiB'],
  ['limits.requests_in_flight', 4],
  ['limits.connections', 4],
  ['limits.request_rate', 4],
  ['limits.bandwidth', '4MiB'],
  ['limits.buffered_bytes', '4MiB'],
  ['policies', [{ headers: { request: { set: { 'X-A': '1' } } } }]],
  ['policies', [{ headers: { request: { set: { 'X-A': '2' } } } }]],
  ['tls', { cert_file: 'a.crt', key_file: 'a.key' }],
  ['tls', { cert_file: 'b.crt', key_file: 'b.key' }],
  ['tls.acme', false],
  ['tls.policy', 'modern'],
  ['tls.min_version', '1.2'],
  ['tls.ciphers', ['ECDHE-RSA-AES128-GCM-SHA256']],
  ['tls.client_auth', { mode: 'none' }],
  ['hsts', {}],
  ['hsts.enabled', false],
  ['hsts.max_age', '1d'],
  ['hsts.include_subdomains', true],
  ['hsts', { include_subdomains: true, preload: true }],
];

// Accepted for the sake of the original's files, and without any effect.
const WITHOUT_EFFECT = ['lua_routes'];

// None of them can stand alone: they are tried together.
const TOGETHER = ['tls.cert_file', 'tls.key_file', 'hsts.preload'];

describe('the fingerprint of a tenant', () => {
  test.each(CHANGES.map(([key, value]) => [key, JSON.stringify(value), value] as const))(
    'is another one where %s is %s',
    (key, _, value) => {
      expect(fingerprint(changed(key, value))).not.toBe(fingerprint(BASE));
    },
  );

  test('is another one for each of these', () => {
    const all = new Set(CHANGES.map(([key, value]) => fingerprint(changed(key, value))));
    expect(all.size).toBe(CHANGES.length);
  });

  test('goes with a plan that has in common what tenants leave out', () => {
    const { tenants } = plan({ tenants: [TENANT, { name: 'other', domains: ['other.test'] }] });
    expect(tenants[1].retry).toBe(tenants[0].retry);
    expect(tenants[1].policies).toBe(tenants[0].policies);
    expect(structuredClone(tenants)).toEqual([...tenants]);
  });

  test('knows every setting that a tenant can have', () => {
    const tried = new Set(CHANGES.map(([key]) => key));
    const missing = tenantKeys().filter((key) => !tried.has(key) && ![...WITHOUT_EFFECT, ...TOGETHER].includes(key));
    expect(missing).toEqual([]);
  });

  test('is another one where a default of the whole gateway has changed that it goes by', () => {
    const others = [
      { timeouts: { first_byte: '3s' } },
      { limits: { body_bytes: '1MiB' } },
      { limits: { buffered_bytes: '1MiB' } },
      { compression: { level: 9 } },
    ].map((defaults) => fingerprint({ ...BASE, ...defaults }));
    expect(new Set([...others, fingerprint(BASE)]).size).toBe(5);
  });

  test('does not depend on how a setting is written, nor on what is the default anyway', () => {
    const written = [
      ['balance', { type: 'round_robin' }],
      ['timeouts.queue', '1000ms'],
      ['pass_host_header', true],
      ['retry.on', [504, 'connect', 503, 502, 'reset']],
      ['domains', ['SHOP.test']],
      ['lua_routes', [1]],
    ] as const;
    for (const [key, value] of written) expect(fingerprint(changed(key, value))).toBe(fingerprint(BASE));
    // Whoever says 2s for all and 1s here says 1s.
    const own = changed('timeouts.queue', '1s');
    expect(fingerprint({ ...own, timeouts: { queue: '2s' } })).toBe(fingerprint(BASE));
  });

  test('does not depend on other tenants, nor on settings that are not its own', () => {
    const other = { name: 'other', domains: ['other.test'] };
    const more = { tenants: [TENANT, other], listeners: [{ address: ':8443' }], limits: { connections: 5 } };
    expect(fingerprint(more)).toBe(fingerprint(BASE));
  });
});

describe('a change of a tenant in words', () => {
  test.each(
    CHANGES.filter(([key]) => key !== 'name').map(([key, value]) => [key, JSON.stringify(value), value] as const),
  )('has the name of the setting, and no secret, where %s is %s', (key, _, value) => {
    const lines = words(BASE, changed(key, value));
    expect(lines.join('\n')).toMatch(new RegExp(`\\b(${wordOf(key)})\\b`));
    expect(lines.join('\n')).not.toMatch(/secret-of|:secret@|key=1|not shown/);
  });
});

// Its last part, or the setting that a short form stands for.
function wordOf(key: string): string {
  if (/^services\.(health|tls|name)/.test(key)) return 'health_check|tls|backend';
  if (key.startsWith('access_log')) return 'access_log';
  if (key.startsWith('compression')) return 'compression';
  return key === 'health_interval' ? 'interval' : key === 'pool.max_connections' ? 'max_requests' : lastOf(key);
}

function lastOf(key: string): string {
  const first = key.split('.')[0] ?? '';
  return `${first}|${key.split('.').at(-1) ?? ''}`;
}

function words(before: Settings, after: Settings): readonly string[] {
  const [old, next] = [plan(before), plan(after)];
  return allLines(atOnce(planChanges(old, atOnce(difference(old, next)))));
}

describe('the key of a listener', () => {
  const keys = (text: string): readonly string[] => compile(config(text)).gateway.listeners.map(({ key }) => key);

  test('is its address, and its turn among those of the same address', () => {
    expect(keys('listeners: [{ address: ":80", name: a }, { address: "[::1]:0" }, { address: "[::1]:0" }]')).toEqual([
      ':80',
      '[::1]:0',
      '[::1]:0 2',
    ]);
  });
});

function plan(value: unknown): Plan {
  return compile(config(stringify(value)));
}

function fingerprint(value: unknown): string {
  return plan(value).tenants[0].fingerprint;
}

/** The base with one setting of its tenant changed: `services.weight` is that of its one service. */
function changed(key: string, value: unknown): Settings {
  const [first = '', second] = key.split('.');
  const url = second === 'tls' ? { url: 'https://a.test:8080' } : {};
  if (first === 'services') return withTenant({ services: [{ ...SERVICE, ...url, [second ?? '']: value }] });
  if (first === 'routes') return withTenant({ routes: [{ [second ?? '']: value }] });
  return withTenant({ [first]: second === undefined ? value : { [second]: value } });
}

function withTenant(settings: Settings): Settings {
  return { ...BASE, tenants: [{ ...TENANT, ...settings }] };
}

function tenantKeys(): string[] {
  const tenant = annotatedSchema().properties?.['tenants']?.items ?? {};
  return Object.entries(tenant.properties ?? {}).flatMap(([key, node]) => {
    // Each kind of policy has tests of its own.
    const inner = key === 'policies' ? [] : Object.entries((node.items ?? node).properties ?? {});
    const own = inner.filter(([, { 'x-same-as': place = '' }]) => !place.startsWith('tenants[].policies[]'));
    return own.length === 0 ? [key] : own.map(([one]) => `${key}.${one}`);
  });
}
