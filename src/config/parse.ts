// Turns a text into a configuration, typed and complete, or into everything that is wrong with it.
import { type LineCounter, type ParsedNode, isScalar } from 'yaml';
import { type Result, err, ok } from '../core/result.ts';
import { type Converted, convert } from './convert.ts';
import { crossCheck } from './cross-checks.ts';
import { decode } from './decode.ts';
import type { Environment, References } from './environment.ts';
import { check, explainIssue } from './explain.ts';
import type { Finding } from './finding.ts';
import { outline } from './outline.ts';
import { type Path, type Problem, fileProblem } from './problems.ts';
import { type Config, configSchema } from './schema.ts';
import { markSecrets } from './secrets.ts';
import { Source } from './source.ts';
import { parseSyntax } from './syntax.ts';
import { shareCommon, withDefaults } from './tenant-defaults.ts';
import { warn } from './warnings.ts';

export type ConfigText = {
  /** Its name in messages. */
  readonly file: string;
  readonly text: string | Uint8Array;
  /** The values of `${NAME}`. */
  readonly env: Environment;
};

/** A text that is YAML. */
export type ConfigDocument = {
  readonly file: string;
  readonly root: ParsedNode;
  readonly lines: LineCounter;
};

export type ParsedConfig = {
  readonly config: Config;
  readonly warnings: readonly Problem[];
  /** Gives later findings their place. */
  readonly source: Source;
};

/** Reads a configuration that refers to no files. Pure. The error has every problem, in the order of the file. */
export function parseConfig({ file, text, env }: ConfigText): Result<ParsedConfig, readonly Problem[]> {
  const document = readDocument(file, text);
  return document.ok ? parseDocument(document.value, { environment: env, files: new Map() }) : document;
}

/** Reads a text as YAML. */
export function readDocument(file: string, text: string | Uint8Array): Result<ConfigDocument, readonly Problem[]> {
  const decoded = decode(text);
  if (!decoded.ok) return err([{ ...fileProblem(file, decoded.error.message), ...endOf(decoded.error.before) }]);
  const { root, findings, lines } = parseSyntax(decoded.value);
  if (findings.length > 0) return err(new Source(file, lines).problems(findings));
  if (root === null || (isScalar(root) && root.value === null))
    return err([fileProblem(file, 'is empty', 'settings, such as "tenants:"')]);
  return ok({ file, root, lines });
}

/** Reads YAML as a configuration. The error has every problem, in the order of the file. */
export function parseDocument(
  { file, root, lines }: ConfigDocument,
  references: References,
): Result<ParsedConfig, readonly Problem[]> {
  const converted = convert(root, references);
  const source = new Source(file, lines, root, converted.targets);
  if (converted.isCutShort) return err(source.problems(converted.findings));
  const given = withoutFragments(converted.value);
  const value = withDefaults(converted.hasBlanks ? withoutBlanks(given) : given);
  const parsed = checkWithLists(value);
  const seen = outline(value);
  const issues = (parsed.error?.issues ?? []).flatMap(explainIssue);
  const blanks = converted.hasBlanks ? unknownBlanks(given, issues) : [];
  const findings = [
    ...converted.findings,
    ...unreported(converted, [...issues, ...blanks, ...crossCheck(seen, source)]),
  ];
  if (!parsed.success || findings.length > 0) return err(source.problems(withoutConsequences(findings)));
  const warnings = source.problems(warn(seen, (path) => source.offsetOf({ path, isKey: true })));
  const config = { ...parsed.data, tenants: [...shareCommon(parsed.data.tenants, value)] };
  return ok({ config: markSecrets(config, source, converted.born), warnings, source });
}

// Keys such as `x-common` hold what is used by aliases, as in files of Docker Compose.
function withoutFragments(value: unknown): unknown {
  if (!isMap(value) || Array.isArray(value) || !Object.keys(value).some(isFragment)) return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => !isFragment(key)));
}

function isFragment(key: string): boolean {
  return key.startsWith('x-');
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
  for (const { path, isKey, suggest } of findings) {
    const word = isKey === true ? (suggest?.(String(path.at(-1))) ?? null) : null;
    if (word !== null) meant.add(pathKey([...path.slice(0, -1), word]));
  }
  return findings.filter((finding) => !lacksOf(finding).some((path) => meant.has(pathKey(path))));
}

function lacksOf({ path, message, lacks }: Finding): readonly Path[] {
  return lacks ?? (message === 'is missing' ? [path] : []);
}

/** The findings that do not merely follow from a value that could not be read. */
function unreported({ findings }: Converted, later: readonly Finding[]): readonly Finding[] {
  const broken = new Set(findings.filter((finding) => finding.isKey !== true).map((finding) => pathKey(finding.path)));
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

function endOf(text: string): Pick<Problem, 'line' | 'column'> {
  const lines = text.split('\n');
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}
