// What many tenants have in common: merge keys, `defaults`, and secrets in files.
import { describe, expect, test } from 'bun:test';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { shownUrl } from '../../src/config/backend-url.ts';
import { loadConfig } from '../../src/config/load.ts';
import { formatProblem } from '../../src/config/problems.ts';
import { compile } from '../../src/plan/compile.ts';
import { readFile } from '../../src/world/read-file.ts';
import { onlyFiles } from '../support/config-files.ts';
import { config, problemsOf } from '../support/configs.ts';

describe('a merge key', () => {
  test('puts in what a map does not have itself, the first of several maps first', () => {
    const { tenants } = config(`x-site: &site
  pool: &pool { max_idle: 3, warm: 1 }
  balance: p2c
  timeouts: { queue: 2s }
x-slow: &slow { timeouts: { queue: 9s }, retry: { attempts: 1 } }
tenants:
  - { <<: *site, name: a, domains: [a.test], balance: random }
  - { <<: [*site, *slow], name: b, domains: [b.test], pool: { <<: *pool, max_idle: 9 } }
  - { <<: { balance: first }, name: c, domains: [c.test] }
  - { <<: *site, name: d, domains: [d.test], timeouts: }
`);
    const [a, b, c, d] = tenants;
    expect([a, b, c].map((one) => one?.balance.type)).toEqual(['random', 'p2c', 'first']);
    expect([a?.pool.max_idle, b?.pool.max_idle, b?.pool.warm, c?.pool.max_idle]).toEqual([3, 9, 1, 50]);
    expect([Number(a?.timeouts.queue), Number(b?.timeouts.queue), b?.retry.attempts]).toEqual([2000, 2000, 1]);
    expect(d?.timeouts.queue).toBeUndefined();
  });

  test('counts as a copy, so that a small file stands for no large one', () => {
    const rows = Array.from(
      { length: 30 },
      (_, n) => `x-${n + 1}: &m${n + 1} { a: { <<: *m${n} }, b: { <<: *m${n} } }`,
    );
    expect(problemsOf(`x-0: &m0 { c: 1 }\n${rows.join('\n')}\n`)[0]).toContain('stand for more than 100000 values');
  });
});

describe('defaults', () => {
  const read = (defaults: string, ...tenants: readonly string[]) =>
    config(
      `defaults:\n  ${defaults}\ntenants:\n${tenants.map((more, n) => `  - { name: t${n}, domains: [t${n}.test], services: [{ name: s, url: "http://a.test" }]${more} }\n`).join('')}`,
    );

  test('are merged key by key with what a tenant says itself', () => {
    const { tenants } = read(
      'health_check: { path: /up, interval: 9s }\n  retry: { attempts: 1, on: ["503"] }',
      '',
      ', health_check: { interval: 2s }, retry: { on: [connect] }',
      ', health_check: { type: tcp }',
      ', health_check: { type: http, path: /own }',
    );
    expect(tenants.map((one) => ('path' in one.health_check ? one.health_check.path : null))).toEqual([
      '/up',
      '/up',
      null,
      '/own',
    ]);
    expect(tenants.map((one) => Number(one.health_check.interval))).toEqual([9000, 2000, 9000, 9000]);
    expect(tenants.map((one) => [one.retry.attempts, one.retry.on])).toEqual([
      [1, [503]],
      [1, ['connect']],
      [1, [503]],
      [1, [503]],
    ]);
  });

  test('come before what is said at the top level, for every kind of setting', () => {
    const { tenants, timeouts } = read(
      'timeouts: { idle: 7s }\n  limits: { body_bytes: 1MiB }\n  compression: { enabled: false }\n  pool: { max_idle: 7 }\n  outlier_ejection: { enabled: false }',
      ', compression: { enabled: true }',
    );
    expect(tenants[0]).toMatchObject({
      timeouts: { idle: 7000 },
      limits: { body_bytes: 1024 * 1024 },
      compression: { enabled: true },
      pool: { max_idle: 7 },
      outlier_ejection: { enabled: false },
    });
    expect(Number(timeouts.idle)).toBe(60_000);
  });

  test('are made once for the tenants that say nothing themselves', () => {
    const { tenants } = compile(
      read('retry: { attempts: 1 }\n  pool: { max_idle: 3 }', '', '', ', retry: { attempts: 2 }'),
    );
    expect(tenants[1]?.retry).toBe(tenants[0]?.retry as never);
    expect(tenants[2]?.retry.attempts).toBe(3);
  });

  test('are told of once, where they stand', () => {
    const [problem, ...others] = problemsOf(
      'defaults: { retry: { attempts: many } }\ntenants: [{ name: a, domains: [a.test] }, { name: b, domains: [b.test] }]\n',
    );
    expect(problem).toStartWith('test.yaml:1:32 defaults.retry.attempts: "many" is not a whole number');
    expect(others).toEqual([]);
  });

  test('give each tenant the fingerprint that it would have with settings of its own', () => {
    const [common] = compile(read('pool: { max_idle: 3 }', '')).tenants;
    const [own] = compile(read('pool: { warm: 0 }', ', pool: { max_idle: 3 }')).tenants;
    expect(common?.fingerprint).toBe(own?.fingerprint ?? '');
  });
});

describe('a secret in a file', () => {
  const load = async (text: string, files: Readonly<Record<string, string | Uint8Array>>) => {
    const folder = await mkdtemp(join(tmpdir(), 'keystone-'));
    try {
      for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
      const file = join(folder, 'keystone.yaml');
      await writeFile(file, text.replaceAll('DIR', folder));
      return await loadConfig(file, {}, onlyFiles(readFile));
    } finally {
      await rm(folder, { recursive: true });
    }
  };
  const problems = async (text: string, files: Readonly<Record<string, string | Uint8Array>> = {}) => {
    const loaded = await load(text, files);
    return loaded.ok
      ? []
      : loaded.error.map((one) => formatProblem(one).replace(/^\S*keystone\.yaml/, 'keystone.yaml'));
  };

  test('is put in without its last line end, and is never shown', async () => {
    const text = `admin: { tokens: ["\${file:DIR/token}"] }
tenants:
  - name: a
    domains: [a.test]
    services: [{ name: s, url: "http://user:\${file:DIR/password}@a.test/v1/\${file:DIR/key}" }]
# Not read: \${file:DIR/comment}
`;
    const loaded = await load(text, { token: 'a-token-of-16-letters\n', password: 'hunter2\r\n', key: 'swordfish' });
    if (!loaded.ok) throw new Error(loaded.error.map(formatProblem).join('\n'));
    const [service] = loaded.value.config.tenants[0]?.services ?? [];
    if (service === undefined) throw new Error('no service');
    expect(loaded.value.config.admin.tokens[0]?.token).toBe('a-token-of-16-letters');
    expect(service.url.authorization).toBe(`Basic ${btoa('user:hunter2')}`);
    expect(service.url.base_path).toBe('/v1/swordfish');
    expect(shownUrl(service.url)).toBe('http://a.test/v1/***');
    expect(service.url.secrets).toContain('swordfish');
  });

  test('that cannot be read is a problem at its place, without its content', async () => {
    const all =
      'admin: { public_health: "${file:DIR/bad}" }\ntimeouts:\n  queue: ${file:DIR/none}\n  idle: ${file:DIR}\n';
    const found = await problems(all, { bad: 'hunter2-is-the-password' });
    expect(found[0]).toMatch(/^keystone\.yaml:1:25 admin\.public_health: "\$\{file:.*bad\}" is not known/);
    expect(found[1]).toMatch(/^keystone\.yaml:3:10 timeouts\.queue: the file \S+\/none does not exist$/);
    expect(found[2]).toMatch(/^keystone\.yaml:4:9 timeouts\.idle: the file \S+ is a directory$/);
    expect(found.join('\n')).not.toContain('hunter2');
  });

  test('must be a regular file of a bounded size that holds text', async () => {
    const queue = (name: string) => `timeouts: { queue: "\${file:${name}}" }\n`;
    expect((await problems(queue('DIR/large'), { large: 'x'.repeat(65_537) }))[0]).toContain('is larger than 64KiB');
    expect((await problems(queue('DIR/binary'), { binary: Uint8Array.of(0xff, 0xfe, 0x80) }))[0]).toContain(
      'is no text',
    );
    for (const device of ['/dev/stdin', '/dev/zero', '/proc/self/environ'])
      expect((await problems(queue(device)))[0]).toContain('is no regular file');
  });
});
