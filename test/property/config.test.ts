import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { parse, stringify } from 'yaml';
import { resolvePlain } from '../../src/config/environment.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { type Problem, formatProblem } from '../../src/config/problems.ts';

const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,20}$/);
const host = fc.stringMatching(/^[a-z][a-z0-9]{0,10}(\.[a-z][a-z0-9]{0,5}){0,3}$/);
const prefix = fc.stringMatching(/^\/([a-z0-9_-]{1,8}\/){0,3}$/).filter((path) => !path.startsWith('/admin/'));
const duration = fc.oneof(fc.integer({ min: 1, max: 3600 }), fc.constantFrom('250ms', '5s', '2m', '1h', '1.5s', '10'));
const size = fc.oneof(fc.integer({ min: 0, max: 1e12 }), fc.constantFrom('none', '32KiB', '10MB', '1B'));

const service = fc.record(
  {
    name,
    url: fc
      .tuple(fc.constantFrom('http', 'https'), host, fc.integer({ min: 1, max: 65_535 }))
      .map(([scheme, at, port]) => `${scheme}://${at}:${port}/x`),
    health: fc.constantFrom('', '/', '/health', '/health?full=1'),
    weight: fc.integer({ min: 1, max: 256 }),
  },
  { requiredKeys: ['name', 'url'] },
);

const tenant = fc.record(
  {
    name,
    domains: fc.uniqueArray(host, { minLength: 1, maxLength: 3 }),
    path_prefix: prefix,
    services: fc.uniqueArray(service, { maxLength: 4, selector: (one) => one.name }),
    balance: fc.constantFrom('round_robin', { type: 'round_robin' }),
    health_interval: duration,
    health_check: fc.record(
      { path: fc.constant('/ready'), rise: fc.integer({ min: 1, max: 9 }) },
      { requiredKeys: [] },
    ),
    pass_host_header: fc.boolean(),
    timeouts: fc.record({ connect: duration, idle: duration }, { requiredKeys: [] }),
    limits: fc.record({ body_bytes: size }, { requiredKeys: [] }),
  },
  { requiredKeys: ['name', 'domains'] },
);

/** Valid, since no two tenants share a name or a host. */
const validConfig = fc.record(
  {
    admin_base_path: fc.constantFrom('/admin', '/admin/gateway'),
    compression: fc.record({ enabled: fc.boolean(), level: fc.integer({ min: 1, max: 9 }) }, { requiredKeys: [] }),
    timeouts: fc.record({ header: duration, queue: duration }, { requiredKeys: [] }),
    limits: fc.record({ body_bytes: size, connections: fc.integer({ min: 1, max: 9999 }) }, { requiredKeys: [] }),
    tenants: fc
      .uniqueArray(tenant, { maxLength: 5, selector: (one) => one.name })
      .map((tenants) =>
        tenants.map((one, at) => ({ ...one, domains: one.domains.map((domain) => `t${at}.${domain}`) })),
      ),
  },
  { requiredKeys: ['tenants'] },
);

const style = fc.record({
  collectionStyle: fc.constantFrom('any' as const, 'block' as const, 'flow' as const),
  indent: fc.integer({ min: 1, max: 6 }),
  defaultStringType: fc.constantFrom('PLAIN' as const, 'QUOTE_DOUBLE' as const, 'QUOTE_SINGLE' as const),
});

function problemsOf(text: string | Uint8Array, env: Readonly<Record<string, string>> = {}): readonly Problem[] {
  const parsed = parseConfig({ file: 'test.yaml', text, env });
  return parsed.ok ? [] : parsed.error;
}

describe('a configuration', () => {
  test('means the same in every style of YAML, and a second time', () => {
    fc.assert(
      fc.property(validConfig, style, (raw, options) => {
        const first = parseConfig({ file: 'a', text: JSON.stringify(raw), env: {} });
        const second = parseConfig({ file: 'b', text: stringify(raw, options), env: {} });
        expect(first.ok ? [] : first.error.map(formatProblem)).toEqual([]);
        expect(second.ok && second.value.config).toEqual(first.ok && first.value.config);
      }),
    );
  });

  test('shows the exact place of a key that does not belong', () => {
    const maps = fc.constantFrom('top', 'compression', 'tenant', 'service');
    fc.assert(
      fc.property(validConfig, style, maps, (raw, options, where) => {
        const tenants = [
          {
            name: 'extra',
            domains: ['extra'],
            services: [{ name: 'a', url: 'http://a', ...(where === 'service' ? { unheard_of_key: 1 } : {}) }],
            ...(where === 'tenant' ? { unheard_of_key: 1 } : {}),
          },
          ...raw.tenants.filter((one) => one.name !== 'extra'),
        ];
        const compression = { ...raw.compression, ...(where === 'compression' ? { unheard_of_key: 1 } : {}) };
        const text = stringify(
          { ...raw, tenants, compression, ...(where === 'top' ? { unheard_of_key: 1 } : {}) },
          options,
        );
        const [problem, ...others] = problemsOf(text);
        expect(others).toEqual([]);
        const line = text.split('\n')[problem.line - 1].slice(problem.column - 1);
        expect(line).toMatch(/^["']?unheard_of_key/);
        expect(problem.path).toEndWith('unheard_of_key');
      }),
    );
  });

  test('that is any text at all has problems in order, at places that exist, or is one', () => {
    const pieces = fc.constantFrom(
      'tenants',
      ':',
      ' ',
      '\n',
      '- ',
      '[',
      ']',
      '{',
      '}',
      '"',
      "'",
      '&a',
      '*a',
      '!x',
      '#',
      '|',
      '>',
      '?',
      ',',
      '%',
      '${',
      '}',
      '<<',
      'name',
      '1',
      '\t',
      '---',
      '...',
      '~',
      'ü',
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.array(pieces, { maxLength: 60 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(text, (anything) => {
        const problems = problemsOf(anything);
        const lines = anything.split('\n');
        let before = 0;
        for (const { line, column } of problems) {
          if (line === 0) continue;
          expect(line).toBeLessThanOrEqual(lines.length);
          expect(column).toBeLessThanOrEqual((lines[line - 1]?.length ?? 0) + 1);
          expect(line).toBeGreaterThanOrEqual(before);
          before = line;
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('that is any bytes at all is refused or accepted, never thrown at', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (anything) => void problemsOf(anything)));
  });
});

describe('a value from the environment', () => {
  const TEMPLATE = `
admin_base_path: "\${V}"
admin: { tokens: ["\${V}"] }
tls: { enabled: "\${V}", cert_file: "\${V}" }
compression: { level: "\${V}", content_types: ["\${V}"] }
limits: { header_bytes: "\${V}", header_count: "\${V}", body_bytes: "\${V}" }
timeouts: { header: "\${V}" }
tenants:
  - name: \${V}
    domains: ["\${V}", "\${V}", "x\${V}y"]
    path_prefix: "\${V}"
    balance: \${V}
    health_interval: \${V}
    health_check: { type: "\${V}" }
    services: [{ name: "\${V}", url: "http://\${V}@x", health: "\${V}" }, { name: "\${V}", url: "\${V}", weight: "\${V}" }]
  - name: \${V}
    domains: ["\${V}"]
    health_check: { path: "\${V}", method: "\${V}", interval: "\${V}", timeout: "\${V}", expect_status: ["\${V}"] }
  - "\${V}"
  - services: "\${V}"
`;
  // Longer than anything that a message could hold by chance.
  const marked = fc.string({ unit: 'grapheme-ascii', maxLength: 20 }).map((text) => `zqzq7${text}`);
  const numeric = fc.integer({ min: 1e9, max: 2e9 }).map(String);

  test('never stands in a problem', () => {
    fc.assert(
      fc.property(fc.oneof(marked, numeric), (value) => {
        const problems = problemsOf(TEMPLATE, { V: value });
        expect(problems.length).toBeGreaterThan(10);
        for (const problem of problems)
          expect(JSON.stringify(problem)).not.toContain(value.startsWith('zqzq7') ? 'zqzq7' : value);
      }),
    );
  });

  test('comes through unchanged between quotes, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (value) => {
        const parsed = parseConfig({
          file: 'a',
          text: 'tls: { enabled: false, cert_file: "${V}" }',
          env: { V: value },
        });
        expect(parsed.ok && parsed.value.config.tls?.cert_file).toBe(value);
      }),
    );
  });

  test('means without quotes what YAML says it means', () => {
    const words = fc.constantFrom(
      '',
      '~',
      'null',
      'Null',
      'nULL',
      'true',
      'FALSE',
      'yes',
      'no',
      '0o17',
      '0x1F',
      '0b1',
      '1_000',
      '1e3',
      '.5',
      '5.',
      '-.inf',
      '.nan',
      '+1',
      '007',
      '1.2.3',
    );
    const text = fc.oneof(words, fc.stringMatching(/^[-+.0-9a-zA-Z]{1,8}$/));
    fc.assert(
      fc.property(
        text.filter((plain) => !/^-+$|^\.\.\.$|^[-?]$/.test(plain)),
        (plain) => expect(resolvePlain(plain)).toEqual(parse(plain) ?? null),
      ),
      { numRuns: 2000 },
    );
  });
});
