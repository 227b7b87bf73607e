// Configurations for tests.
import { type ParsedConfig, parseConfig } from '../../src/config/parse.ts';
import { formatProblem } from '../../src/config/problems.ts';
import type { Config, TenantConfig } from '../../src/config/schema.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** What a text that must be accepted comes to. */
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

/** The problems of a text that must be refused, as they are printed. */
export function problemsOf(text: string | Uint8Array, env: Environment = {}): readonly string[] {
  const result = parseConfig({ file: 'test.yaml', text, env });
  return result.ok ? [] : result.error.map(formatProblem);
}
