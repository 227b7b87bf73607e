// Turns a text into a configuration, typed and complete, or into everything that is wrong with it.
import type { Converted } from './convert.ts';
import { type Combined, combine, conversionFindings, sourceOf, valueOf } from './combine.ts';
import { crossCheck, routesOfKept } from './cross-checks.ts';
import { type Result, err, ok } from '../core/result.ts';
import { convertDocument, readDocument } from './document.ts';
import type { Environment } from './environment.ts';
import { check, explainIssue } from './explain.ts';
import type { Finding } from './finding.ts';
import { outline } from './outline.ts';
import type { LastGoodTenant } from './last-good.ts';
import { NAMES_NO_POLICY } from './policies.ts';
import { checkPolicies } from './policy-checks.ts';
import type { Path, Problem } from './problems.ts';
import { type Config, configSchema } from './schema.ts';
import { markSecrets } from './secrets.ts';
import type { Source } from './source.ts';
import { checkPolicyPools } from './policy-pools.ts';
import { withPools } from './pool-inheritance.ts';
import { checkRoutes } from './route-checks.ts';
import { checkAcme, warnOfChallenges } from './acme-checks.ts';
import { checkTenantTls, warnOfPlainWays } from './tls-checks.ts';
import { warnOfPolicies } from './policy-warnings.ts';
import { warnOfRoutes } from './route-warnings.ts';
import { shareCommon, withDefaults } from './tenant-defaults.ts';
import { warnOfPlainTokens } from './token-warnings.ts';
import { warn } from './warnings.ts';

export type ConfigText = {
  /** Its name in messages. */
  readonly file: string;
  readonly text: string | Uint8Array;
  /** The values of `${NAME}`. */
  readonly env: Environment;
};

export type Understood = {
  readonly config: Config;
  readonly warnings: readonly Finding[];
};

/** What has come of reading a configuration. */
export type Reading = {
  /** Gives findings their place. */
  readonly source: Source;
  /** All that is wrong with it. */
  readonly findings: readonly Finding[];
  /** Null: its settings cannot be understood. Otherwise they may still contradict each other. */
  readonly parsed: Understood | null;
};

/** Reads a configuration that refers to no files. Pure. The error has every problem, in the order of the file. */
export function parseConfig({ file, text, env }: ConfigText): Result<ParsedConfig, readonly Problem[]> {
  const document = readDocument(file, text);
  return accepted(parseCombined(combine([convertDocument(document, { environment: env, files: new Map() })])));
}

/** A configuration without problems. */
export type ParsedConfig = {
  readonly config: Config;
  readonly warnings: readonly Problem[];
  readonly source: Source;
};

/** A reading without findings; or all problems, in the order of the files. */
export function accepted({ source, findings, parsed }: Reading): Result<ParsedConfig, readonly Problem[]> {
  if (parsed === null || findings.length > 0) return err(source.problems(findings));
  return ok({ config: parsed.config, warnings: source.problems(parsed.warnings), source });
}

/** Reads values as a configuration. `kept`: last good versions of tenants that are served besides. */
export function parseCombined(combined: Combined, kept: readonly LastGoodTenant[] = []): Reading {
  const source = sourceOf(combined);
  // Without the main file there is nothing that the others could be a part of.
  if ((combined.documents[0]?.root ?? null) === null) return { source, findings: combined.findings, parsed: null };
  const given = valueOf(combined);
  const value = withPools(withDefaults(combined.hasBlanks ? withoutBlanks(given) : given));
  const parsed = checkWithLists(value);
  const seen = outline(value);
  const issues = (parsed.error?.issues ?? []).flatMap(explainIssue);
  const blanks = combined.hasBlanks ? unknownBlanks(given, issues) : [];
  const conversion = conversionFindings(combined);
  const later = unreported(conversion, [...issues, ...blanks, ...crossCheck(seen, source, kept.map(routesOfKept))]);
  const findings = [...combined.findings, ...withoutConsequences([...conversion, ...later])];
  if (!parsed.success) return { source, findings, parsed: null };
  const config = { ...parsed.data, tenants: [...shareCommon(parsed.data.tenants, value)] };
  findings.push(...checkPolicies(config), ...checkPolicyPools(config), ...checkRoutes(config, source));
  findings.push(...checkTenantTls(config, source), ...checkAcme(config));
  const warnings = [
    ...warn(seen, (one, other) => source.compareKeys(one, other)),
    ...warnOfRoutes(config),
    ...warnOfPolicies(config),
    ...warnOfPlainWays(config),
    ...warnOfPlainTokens(config, source),
    ...warnOfChallenges(config),
  ];
  return { source, findings, parsed: { config: markSecrets(config, source, combined.born), warnings } };
}

// A single text where a list belongs is a list of one. A list may be meant by a text with spaces or commas.
function checkWithLists(value: unknown): ReturnType<typeof check<typeof configSchema>> {
  const parsed = check(configSchema, value);
  const singles = (parsed.error?.issues ?? []).filter(
    ({ code, input, ...issue }) =>
      code === 'invalid_type' && 'expected' in issue && issue.expected === 'array' && isSingle(input),
  );
  if (singles.length === 0) return parsed;
  for (const { path } of singles) wrap(value, path);
  return check(configSchema, value);
}

function isSingle(value: unknown): boolean {
  return typeof value === 'number' || (typeof value === 'string' && /^[^\s,]+$/.test(value));
}

// In place: the value was made for this. An alias shares its map, so that it may have been done already.
function wrap(root: unknown, path: readonly PropertyKey[]): void {
  let above = root;
  for (const part of path.slice(0, -1)) above = isMap(above) ? above[part] : undefined;
  const key = path.at(-1);
  if (isMap(above) && key !== undefined && isSingle(above[key])) above[key] = [above[key]];
}

function isMap(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === 'object' && value !== null;
}

/** The findings without those that merely follow from a key with a wrong name: one mistake, one problem. */
function withoutConsequences(findings: readonly Finding[]): readonly Finding[] {
  const meant = new Set<string>();
  const mistyped = new Set<string>();
  for (const { path, isKey, suggest } of findings) {
    const word = isKey === true ? (suggest?.(String(path.at(-1))) ?? null) : null;
    if (word === null) continue;
    meant.add(pathKey([...path.slice(0, -1), word]));
    mistyped.add(pathKey(path.slice(0, -1)));
  }
  return findings.filter(
    (finding) =>
      !lacksOf(finding).some((path) => meant.has(pathKey(path))) &&
      !(finding.message === NAMES_NO_POLICY && mistyped.has(pathKey(finding.path))),
  );
}

function lacksOf({ path, message, lacks }: Finding): readonly Path[] {
  return lacks ?? (message === 'is missing' ? [path] : []);
}

/** The findings that do not merely follow from a value that could not be read. */
function unreported(conversion: Converted['findings'], later: readonly Finding[]): readonly Finding[] {
  const broken = new Set(
    conversion.filter((finding) => finding.isKey !== true).map((finding) => pathKey(finding.path)),
  );
  if (broken.size === 0) return later;
  return later.filter(({ path }) => !path.some((_, at) => broken.has(pathKey(path.slice(0, at + 1)))));
}

function pathKey(path: Path): string {
  return JSON.stringify(path);
}

// A key without a value counts as absent, as in the original; yet its name must be known.
function unknownBlanks(withBlanks: unknown, known: readonly Finding[]): readonly Finding[] {
  const reported = new Set(known.filter((finding) => finding.isKey).map((finding) => pathKey(finding.path)));
  const issues = check(configSchema, withBlanks).error?.issues ?? [];
  const unknown = issues.filter((issue) => issue.code === 'unrecognized_keys').flatMap(explainIssue);
  return unknown.filter((finding) => !reported.has(pathKey(finding.path)));
}

function withoutBlanks(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutBlanks);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  const map: Record<string, unknown> = { __proto__: null };
  for (const [key, item] of entries) map[key] = withoutBlanks(item);
  return map;
}
