// The files whose texts policies have as options.
import { type Result, err, ok } from '../core/result.ts';
import { type FileRules, type TextFile, rulesOfFile } from '../core/text-file.ts';
import { decode } from './decode.ts';
import type { Finding } from './finding.ts';
import type { Path } from './problems.ts';
import { type ReadFile, readLimited } from './read-file.ts';
import type { Config } from './schema.ts';

type Naming = { readonly path: Path; readonly file: TextFile; readonly rules: FileRules };

/** The configuration with the texts of these files. The error has a finding for each that cannot be read. */
export async function readTextFiles(config: Config, readFile: ReadFile): Promise<Result<Config, readonly Finding[]>> {
  const all = namingsIn(config);
  if (all.length === 0) return ok(config);
  const texts = new Map<TextFile, string>();
  const findings: Finding[] = [];
  await Promise.all(
    all.map(async ({ path, file, rules }) => {
      const text = await readText(file.path, rules, readFile);
      if (text.ok) texts.set(file, text.value);
      else findings.push({ path, message: `{value} ${text.error}` });
    }),
  );
  if (findings.length > 0) return err(findings);
  const filled = <T>(value: T): T => withTexts(value, texts);
  const tenants = config.tenants.map((tenant) =>
    tenant.policies.length === 0 && tenant.routes.length === 0
      ? tenant
      : { ...tenant, policies: filled(tenant.policies), routes: filled(tenant.routes) },
  );
  return ok({ ...config, policy_sets: filled(config.policy_sets), tenants });
}

function namingsIn({ policy_sets: sets, tenants }: Config): readonly Naming[] {
  return [
    ...namings(sets, ['policy_sets']),
    ...tenants.flatMap(({ policies, routes }, at) => [
      ...namings(policies, ['tenants', at, 'policies']),
      ...namings(routes, ['tenants', at, 'routes']),
    ]),
  ];
}

function namings(value: unknown, path: Path): readonly Naming[] {
  if (!isMap(value)) return [];
  const rules = rulesOfFile(value);
  if (isFile(value) && rules !== null) return [{ path, file: value, rules }];
  const isList = Array.isArray(value);
  return Object.entries(value).flatMap(([key, item]) => namings(item, [...path, isList ? Number(key) : key]));
}

async function readText(
  file: string,
  { largest, read }: FileRules,
  readFile: ReadFile,
): Promise<Result<string, string>> {
  const content = await readLimited(file, largest, readFile);
  if (!content.ok) return content;
  const text = decode(content.value);
  if (!text.ok) return err(`is no text: ${text.error.message}`);
  const converted = read(text.value);
  return converted.ok ? converted : err(`cannot be used: ${converted.error}`);
}

function withTexts<T>(value: T, texts: ReadonlyMap<TextFile, string>): T {
  const changed: unknown = changedBy(value, texts);
  return isLike(value, changed) ? changed : value;
}

// Only the texts of files differ.
function isLike<T>(value: T, changed: unknown): changed is T {
  return Array.isArray(value) === Array.isArray(changed);
}

function changedBy(value: unknown, texts: ReadonlyMap<TextFile, string>): unknown {
  if (!isMap(value)) return value;
  const text = isFile(value) ? texts.get(value) : undefined;
  if (text !== undefined) return { ...value, text };
  if (Array.isArray(value)) return value.map((item) => changedBy(item, texts));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, changedBy(item, texts)]));
}

function isFile(value: object): value is TextFile {
  return 'path' in value && 'text' in value && rulesOfFile(value) !== null;
}

function isMap(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
