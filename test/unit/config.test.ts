import { describe, expect, test } from 'bun:test';
import { resolveCheck, resolveCompression } from '../../src/config/resolve.ts';
import { bytes } from '../../src/core/units.ts';
import { formatProblem } from '../../src/config/problems.ts';
import { config, parsed, problemsOf, tenant } from '../support/configs.ts';

const HOST = 'domains: [shop.example.com]';

describe('a configuration', () => {
  test('may be an empty map', () => {
    expect(config('{}')).toMatchObject({
      admin: { socket_mode: 0o600, tokens: [], hosts: [], max_body: 4194304, public_health: 'status' },
      compression: { enabled: true, level: 5 },
      limits: {
        header_bytes: 32_768,
        body_bytes: Number.POSITIVE_INFINITY,
        keep_alive_requests: Number.POSITIVE_INFINITY,
      },
      timeouts: { header: 10_000, exchange: 90_000, tunnel_idle: 600_000 },
      tenants: [],
    });
    expect(config('{}').tls).toBeUndefined();
    expect('admin_base_path' in config('{}')).toBe(false);
  });

  test('counts a key without a value, and an empty text where the original did, as absent', () => {
    const written =
      'admin_base_path: ""\ntls:\ncompression:\ntenants:\n  - name: a\n    domains: [a.example.com]\n    path_prefix: ""\n    timeouts:\n      idle:\n';
    const { tls, compression, admin_base_path, tenants } = config(written);
    expect({ tls, admin_base_path, level: compression.level }).toEqual({
      tls: undefined,
      admin_base_path: null,
      level: 5,
    });
    expect(tenants[0].path_prefix).toEqual([]);
    expect('idle' in tenants[0].timeouts).toBe(false);
  });

  test('does not end or help workers that are well: the times for that have least values', () => {
    expect(problemsOf('supervise: { hang: 500ms, help_after: 50ms }')).toEqual([
      expect.stringContaining('supervise.hang: "500ms" is too short, expected a duration of at least 1s'),
      expect.stringContaining('supervise.help_after: "50ms" is too short, expected a duration of at least 100ms'),
    ]);
  });

  test('may have values in anchors', () => {
    const { tenants } = config(
      'tenants:\n  - name: a\n    domains: [a.example.com]\n    pool: &pool { max_idle: 3 }\n  - { name: b, domains: [b.example.com], pool: *pool }\n',
    );
    expect(tenants.map(({ pool }) => pool.max_idle)).toEqual([3, 3]);
  });

  test('may begin with a byte order mark and have line ends of any system', () => {
    expect(config('\uFEFFtimeouts:\r\n  queue: 2s\r\n').timeouts.queue).toBe(2000 as never);
    expect(problemsOf('\uFEFFtimeouts:\r\n  queue: x\r\n')[0]).toStartWith('test.yaml:2:10 timeouts.queue: ');
  });

  test('is JSON as well', () => {
    expect(config('{"timeouts": {"queue": 2}}').timeouts.queue).toBe(2000 as never);
  });

  test('has compression on unless it says otherwise', () => {
    expect(config('compression: { level: 3 }').compression).toMatchObject({ enabled: true, level: 3 });
    expect(config('compression: { enabled: false }').compression.enabled).toBe(false);
  });

  test('ignores the parameters of a content type', () => {
    expect(
      config('compression: { content_types: ["Text/HTML; charset=utf-8", "image/*"] }').compression.content_types,
    ).toEqual(['text/html', 'image/*']);
  });

  test.each([
    ['/ops/', '/ops'],
    ['/ops/gateway/', '/ops/gateway'],
    ['/ops', '/ops'],
  ])('may have its admin API at %p', (written, path) => {
    expect(config(`admin_base_path: ${written}`).admin_base_path).toBe(path);
    const below = `admin_base_path: ${written}\ntenants: [{ name: a, path_prefix: /ops/gateway/x/ }]`;
    expect(problemsOf(below)[0]).toContain('lies below admin_base_path');
  });

  test.each([
    ['/'],
    ['admin'],
    ['/admin//'],
    ['//admin'],
    ['/a//b'],
    ['/a/../b'],
    ['/a?b'],
    ['/a#b'],
    ['/a%20b'],
    ['/a b'],
    ['/a\\b'],
  ])('cannot have its admin API at %p', (path) => {
    expect(problemsOf(`admin_base_path: ${JSON.stringify(path)}`)).toHaveLength(1);
  });

  test('keeps the long token and says nothing about it', () => {
    expect(config('admin: { tokens: ["0123456789abcdef"] }').admin.tokens).toEqual([
      { token: '0123456789abcdef', scope: 'admin' },
    ]);
  });
});

describe('a tenant', () => {
  test('may compress in another way, or not at all', () => {
    const resolved = (own: string, all = '{ level: 3, content_types: [text/html] }') => {
      const read = config(`compression: ${all}\ntenants: [{ name: a, ${HOST}, compression: ${own} }]`);
      return resolveCompression(read.compression, read.tenants[0].compression);
    };
    const common = { content_types: ['text/html'] };
    expect(resolved('{}')).toEqual({ level: 3, min_bytes: bytes(256), ...common });
    expect(resolved('{ level: 9, min_bytes: 1KiB }')).toEqual({ level: 9, min_bytes: bytes(1024), ...common });
    expect(resolved('{ content_types: ["image/*"] }')?.content_types).toEqual(['image/*']);
    expect(resolved('{ enabled: false }')).toBeNull();
    expect(resolved('{}', '{ enabled: false }')).toBeNull();
    expect(resolved('{ enabled: true }', '{ enabled: false }')).toMatchObject({ level: 5 });
  });

  test('has hosts in their one spelling', () => {
    expect(tenant('domains: [Shop.Example.com., "[0:0::1]", "*.Shop.example"]').domains).toEqual([
      'shop.example.com',
      '[::1]',
      '*.shop.example',
    ]);
  });

  test('may have several prefixes and whole paths, or one without a list', () => {
    expect(tenant('path_prefix: [/a/, /b/]')).toMatchObject({ path_prefix: ['/a/', '/b/'], path: [] });
    expect(tenant('path: /ws')).toMatchObject({ path_prefix: [], path: ['/ws'] });
    expect(tenant('path: [/ws, /, /a/]')).toMatchObject({ path: ['/ws', '/', '/a/'] });
    expect(tenant('domains: [a.test]', 'path_prefix: ""')).toMatchObject({ path_prefix: [] });
  });

  test('may be found by the beginning of a name', () => {
    expect(tenant('domains: [Shop.*, "a.b.*"]').domains).toEqual(['shop.*', 'a.b.*']);
  });

  test('may share host and path with another that is served elsewhere', () => {
    const listeners = 'listeners: [{ name: in, address: ":8081" }, { name: out, address: ":8080" }]';
    const both = 'domains: [a.test], path: /x, listeners';
    const { tenants } = config(`${listeners}\ntenants: [{ name: a, ${both}: [in] }, { name: b, ${both}: out }]`);
    expect(tenants.map((one) => one.listeners)).toEqual([['in'], ['out']]);
  });

  test('may have the whole of a path', () => {
    expect(tenant('path_prefix: /').path_prefix).toEqual(['/']);
  });

  test('may share a host with another, below another prefix', () => {
    const rest = 'domains: [a.example.com], path_prefix';
    expect(
      config(`tenants: [{ name: a, ${rest}: /a/ }, { name: b, ${rest}: /b/ }, { name: c, domains: [a.example.com] }]`)
        .tenants,
    ).toHaveLength(3);
  });

  test('may lie beside the admin API', () => {
    expect(tenant('path_prefix: /administration/').path_prefix).toEqual(['/administration/']);
  });

  test.each([
    ['30', 30_000],
    ['"30"', 30_000],
    ['30s', 30_000],
    ['0.5', 500],
    ['0', 30_000],
    ['-5', 30_000],
    ['"-5s"', 30_000],
  ])('understands health_interval: %s', (text, interval) => {
    expect<number | undefined>(tenant(HOST, `health_interval: ${text}`).health_interval).toBe(interval);
  });

  test('may name its balancer alone', () => {
    expect(tenant(HOST, 'balance: round_robin').balance).toEqual({ type: 'round_robin' });
    expect(tenant(HOST, 'balance: { type: round_robin }').balance).toEqual({ type: 'round_robin' });
  });
});

describe('resolveCheck', () => {
  const SERVICE = '- { name: a, url: "http://10.0.0.1"';
  const resolve = (service: string, ...lines: readonly string[]) => {
    const owner = tenant(HOST, ...lines, 'services:', `${SERVICE}${service} }`);
    return resolveCheck(owner, owner.services[0]);
  };

  test('finds no check where nothing names a path', () => {
    expect(resolve('')).toBeNull();
    expect(resolve('', 'health_check: { interval: 1s, timeout: 1s }')).toBeNull();
  });

  test('takes the path of the service before that of the tenant', () => {
    expect(resolve(', health: "/a?b=c"', 'health_check: { path: /t }')?.options).toMatchObject({
      path: '/a?b=c',
      method: 'GET',
    });
    expect(resolve('', 'health_check: { path: /t }')?.options).toMatchObject({ path: '/t' });
  });

  test('takes an empty path for "not this one"', () => {
    expect(resolve(', health: ""', 'health_check: { path: /t }')).toBeNull();
  });

  test.each<[string, number, number]>([
    ['rise: 2', 5000, 2000],
    ['interval: 1s', 1000, 1000],
    ['interval: 1m', 60_000, 2000],
    ['timeout: 4s', 5000, 4000],
  ])('with { %s } probes every %p ms and gives up after %p ms', (setting, interval, timeout) => {
    expect(resolve(', health: /h', `health_check: { ${setting} }`)?.schedule).toMatchObject({
      interval,
      timeout,
    });
  });

  test("takes the original's interval where there is no other", () => {
    expect(resolve(', health: /h', 'health_interval: 20')?.schedule.interval).toBe(20_000 as never);
    expect(resolve(', health: /h', 'health_interval: 20', 'health_check: { interval: 7s }')?.schedule.interval).toBe(
      7000 as never,
    );
  });

  test('never probes more slowly while a backend is down', () => {
    expect(resolve(', health: /h', 'health_check: { interval: 1s, fast_interval: 10s }')?.schedule.fast_interval).toBe(
      1000 as never,
    );
  });

  test('hands the options on and keeps the schedule apart', () => {
    const check = resolve(
      ', health: /h',
      'health_check: { expect_status: [204, "301-302"], method: HEAD, rise: 5, fall: 6 }',
    );
    expect(check?.kind.type).toBe('http');
    expect(check?.options).toEqual({
      path: '/h',
      method: 'HEAD',
      headers: {},
      expect_status: [
        { from: 204, to: 204 },
        { from: 301, to: 302 },
      ],
      expect_header: [],
      max_body: 65_536 as never,
      drain_on_404: false,
    });
    expect(check?.schedule).toMatchObject({ rise: 5, fall: 6 });
  });
});

describe('the environment', () => {
  test('fills in values of every kind', () => {
    const text =
      'timeouts: { queue: "${QUEUE}" }\ncompression:\n  enabled: ${ON:-true}\n  level: ${LEVEL:-7}\nadmin_base_path: /${A}/${B:-b}\n';
    expect(config(text, { QUEUE: '2s', A: 'a' })).toMatchObject({
      timeouts: { queue: 2000 as never },
      compression: { enabled: true, level: 7 },
      admin_base_path: '/a/b',
    });
  });

  test('cannot bring structure, references or a meaning of their own', () => {
    const domains = (value: string) => problemsOf('tenants:\n  - name: a\n    domains: ["${V}"]\n', { V: value });
    expect(domains('a.example.com, b.example.com')).toHaveLength(1);
    expect(domains('${V}')).toHaveLength(1);
    const file = config('tls: { enabled: false, cert_file: "${V}" }', { V: '[{"a": "${HOME} # & *' }).tls?.cert_file;
    expect(file).toBe('[{"a": "${HOME} # & *');
  });

  test('counts an empty variable as unset where there is a default', () => {
    expect(config('admin_base_path: "${A:-/a}"', { A: '' }).admin_base_path).toBe('/a');
    expect(config('timeouts:\n  queue: ${A}\n', { A: '' }).timeouts.queue).toBe(1000 as never);
  });

  test('leaves $${ alone, and knows nothing of prototypes', () => {
    expect(config('tls: { enabled: false, cert_file: "$${A}/$B" }').tls?.cert_file).toBe('${A}/$B');
    expect(problemsOf('admin_base_path: ${constructor}')).toHaveLength(1);
  });
});

describe('warnings', () => {
  const warnings = (text: string) => parsed(text).warnings.map(formatProblem);

  test('point at the first script, and only there', () => {
    const lines = [
      'tenants:',
      '  - name: a',
      '    path_prefix: /a/',
      '    lua_routes: x',
      '    services: [{ name: a, url: "http://a" }]',
    ];
    expect(warnings([...lines, 'lua_routing: { scripts: [1, { a: b }] }'].join('\n'))).toEqual([
      'test.yaml:4:5 tenants[0].lua_routes: warning: Lua scripts are not run',
    ]);
  });

  test('tell of tenants without services', () => {
    expect(warnings('tenants: [{ name: a, path_prefix: /a/, services: [] }]')).toEqual([
      'test.yaml:1:11 tenants[0]: warning: the tenant has no services: its requests are answered with 503',
    ]);
  });

  test('are none as a rule', () => {
    expect(warnings('{}')).toEqual([]);
  });
});
