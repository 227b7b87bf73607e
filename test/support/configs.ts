// Configurations for tests.
import { type ParsedConfig, parseConfig } from '../../src/config/parse.ts';
import { formatProblem } from '../../src/config/problems.ts';
import type { Config, TenantConfig } from '../../src/config/schema.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Parses a text; throws if it is not valid. */
export function parsed(text: string, env: Environment = {}): ParsedConfig {
  const result = parseConfig({ file: 'test.yaml', text, env });
  if (!result.ok) throw new Error(result.error.map(formatProblem).join('\n'));
  return result.value;
}

export function config(text: string, env: Environment = {}): Config {
  return parsed(text, env).config;
}

/** The first tenant of a configuration, from the lines of its map. */
export function tenant(...lines: readonly string[]): TenantConfig {
  const [first] = config(['tenants:', '  - name: shop', ...lines.map((line) => `    ${line}`)].join('\n')).tenants;
  return first;
}

/** A configuration of many tenants like the first of another one: `t0` and so on, each with a host of its name. */
export function manyTenants(
  base: Config,
  count: number,
  change: (tenant: TenantConfig, at: number) => TenantConfig = (same) => same,
): Config {
  const [first] = base.tenants;
  const tenants = Array.from({ length: count }, (_, at) =>
    change({ ...first, name: `t${at}`, domains: [`t${at}.test`] }, at),
  );
  return { ...base, tenants };
}

/** The problems of an invalid text, as they are printed. */
export function problemsOf(text: string | Uint8Array, env: Environment = {}): readonly string[] {
  const result = parseConfig({ file: 'test.yaml', text, env });
  return result.ok ? [] : result.error.map(formatProblem);
}
