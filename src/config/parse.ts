// Turns a text into a configuration, typed and complete, or into everything that is wrong with it.
import { type LineCounter, type ParsedNode, isScalar } from 'yaml';
import { type Result, err, ok } from '../core/result.ts';
import { type Converted, convert } from './convert.ts';
import { crossCheck } from './cross-checks.ts';
import { decode } from './decode.ts';
import type { Environment } from './environment.ts';
import { check, explainIssue } from './explain.ts';
import type { Finding } from './finding.ts';
import { outline } from './outline.ts';
import { type Path, type Problem, fileProblem } from './problems.ts';
import { type Config, configSchema } from './schema.ts';
import { markSecrets } from './secrets.ts';
import { Source } from './source.ts';
import { parseSyntax } from './syntax.ts';
import { warn } from './warnings.ts';

export type ConfigText = {
  /** Its name in messages. */
  readonly file: string;
  readonly text: string | Uint8Array;
  /** The values of `${NAME}`. */
  readonly env: Environment;
};

export type ParsedConfig = {
  readonly config: Config;
  readonly warnings: readonly Problem[];
  /** Gives later findings their place. */
  readonly source: Source;
};

/** Reads a configuration. Pure. The error has every problem, in the order of the file. */
export function parseConfig({ file, text, env }: ConfigText): Result<ParsedConfig, readonly Problem[]> {
  const decoded = decode(text);
  if (!decoded.ok) return err([{ ...fileProblem(file, decoded.error.message), ...endOf(decoded.error.before) }]);
  const { root, findings, lines } = parseSyntax(decoded.value);
  if (findings.length > 0) return err(new Source(file, lines).problems(findings));
  if (root === null || (isScalar(root) && root.value === null))
    return err([fileProblem(file, 'is empty', 'settings, such as "tenants:"')]);
  return parseRoot(root, { file, env, lines });
}

type Known = { readonly file: string; readonly env: Environment; readonly lines: LineCounter };

function parseRoot(root: ParsedNode, { file, env, lines }: Known): Result<ParsedConfig, readonly Problem[]> {
  const converted = convert(root, env);
  const source = new Source(file, lines, root, converted.targets);
  if (converted.isCutShort) return err(source.problems(converted.findings));
  const value = converted.hasBlanks ? withoutBlanks(converted.value) : converted.value;
  const parsed = check(configSchema, value);
  const seen = outline(value);
  const issues = (parsed.error?.issues ?? []).flatMap(explainIssue);
  const blanks = converted.hasBlanks ? unknownBlanks(converted.value, issues) : [];
  const findings = [
    ...converted.findings,
    ...unreported(converted, [...issues, ...blanks, ...crossCheck(seen, source)]),
  ];
  if (!parsed.success || findings.length > 0) return err(source.problems(findings));
  const warnings = source.problems(warn(seen, (path) => source.offsetOf({ path, isKey: true })));
  return ok({ config: markSecrets(parsed.data, source, converted.born), warnings, source });
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
