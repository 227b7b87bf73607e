// The files of a configuration become one: the main file says everything, and the others add tenants.
import type { Alias, ParsedNode } from 'yaml';
import type { ConvertedDocument } from './document.ts';
import type { Part } from './environment.ts';
import type { Finding } from './finding.ts';
import type { Path } from './problems.ts';
import { Source, type TenantPlace } from './source.ts';

/** A tenant as its file has it. */
export type TenantEntry = TenantPlace & { readonly value: unknown };

/** All that the files say, before it is checked. */
export type Combined = {
  readonly documents: readonly ConvertedDocument[];
  /** The main file without `tenants`, unless these are no list at all. */
  readonly root: unknown;
  readonly entries: readonly TenantEntry[];
  /** What is wrong with files as such: they cannot be read, or have what belongs into the main file alone. */
  readonly findings: readonly Finding[];
  readonly targets: ReadonlyMap<Alias, ParsedNode>;
  readonly born: ReadonlyMap<ParsedNode, readonly Part[]>;
  readonly hasBlanks: boolean;
};

/** Combines the documents, the main one first. */
export function combine(documents: readonly ConvertedDocument[]): Combined {
  const [main] = documents;
  const value = main === undefined ? undefined : withoutFragments(main.converted.value);
  const root =
    isMap(value) && isListOrAbsent(value['tenants']) ? { __proto__: null, ...value, tenants: undefined } : value;
  const findings = documents.flatMap(fileFindings);
  const broken = new Set(findings.map(({ breaks }) => breaks));
  const usable = documents.map((document, part) => (part === 0 || !broken.has(part) ? tenantsIn(document) : []));
  return {
    documents,
    root,
    entries: usable.flatMap((tenants, part) => tenants.map((tenant, at) => ({ part, at, value: tenant }))),
    findings,
    targets: new Map(documents.flatMap(({ converted }) => [...converted.targets])),
    born: new Map(documents.flatMap(({ converted }) => [...converted.born])),
    hasBlanks: documents.some(({ converted }) => converted.hasBlanks),
  };
}

/** The same without some of its tenants, and without the files that are broken. */
export function combineRest(combined: Combined, out: ReadonlySet<TenantEntry>): Combined {
  const findings = combined.findings.filter(({ breaks = 0 }) => breaks === 0);
  return { ...combined, findings, entries: combined.entries.filter((entry) => !out.has(entry)) };
}

/** The whole as one value. */
export function valueOf({ root, entries }: Combined): unknown {
  if (!isMap(root) || entries.length === 0) return root;
  return { __proto__: null, ...root, tenants: entries.map(({ value }) => value) };
}

export function sourceOf({ documents, entries, targets }: Combined): Source {
  return new Source(documents, targets, entries);
}

/** What was found wrong when the values were made, with paths of the whole. */
export function conversionFindings({ documents, entries }: Combined): readonly Finding[] {
  // Most configurations have none, and some have ten thousand tenants.
  if (documents.every(({ converted }) => converted.findings.length === 0)) return [];
  const numbers = new Map(entries.map(({ part, at }, number) => [`${part} ${at}`, number]));
  return documents.flatMap(({ converted }, part) =>
    converted.findings.flatMap((finding) => {
      const path = pathInWhole(finding.path, part, numbers);
      return path === null ? [] : [{ ...finding, ...path }];
    }),
  );
}

// Null: of a tenant that is left out.
function pathInWhole(
  path: Path,
  part: number,
  numbers: ReadonlyMap<string, number>,
): { readonly path: Path; readonly part?: number } | null {
  const [root, at, ...rest] = path;
  if (root !== 'tenants' || typeof at !== 'number') return part === 0 ? { path } : { path, part };
  const number = numbers.get(`${part} ${at}`);
  return number === undefined ? null : { path: ['tenants', number, ...rest] };
}

function fileFindings(document: ConvertedDocument, part: number): readonly Finding[] {
  const own = document.findings.map((finding) => ({ part, ...finding, breaks: part }));
  if (part === 0 || document.root === null) return own;
  return [...own, ...misplaced(document).map((finding) => ({ ...finding, part, breaks: part }))];
}

// Of an included file, which has tenants and nothing else.
function misplaced({ converted: { value } }: ConvertedDocument): readonly Finding[] {
  const expected = 'a map with "tenants:" alone, as in a file of its own';
  if (!isMap(value)) return [{ path: [], message: '{value} does not belong here', expected }];
  const others = Object.keys(value).filter((key) => key !== 'tenants' && !isFragment(key));
  const findings: Finding[] = others.map((key) => ({ path: [key], isKey: true, ...refusalOf(key) }));
  if (!isListOrAbsent(value['tenants']))
    findings.push({ path: ['tenants'], message: '{value} does not belong here', expected: 'a list of tenants' });
  return findings;
}

function refusalOf(key: string): Pick<Finding, 'message' | 'expected'> {
  if (key === 'include')
    return {
      message: 'an included file cannot include others',
      expected: 'this glob in "include" of the main file',
    };
  return {
    message: 'an included file has "tenants" alone',
    expected: 'this key in the main file, for all tenants, or inside of a tenant',
  };
}

function tenantsIn({ converted: { value } }: ConvertedDocument): readonly unknown[] {
  const tenants: unknown = isMap(value) ? value['tenants'] : undefined;
  return Array.isArray(tenants) ? tenants : [];
}

// Keys such as `x-common` hold what is used by aliases, as in files of Docker Compose.
function withoutFragments(value: unknown): unknown {
  if (!isMap(value) || !Object.keys(value).some(isFragment)) return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => !isFragment(key)));
}

function isFragment(key: string): boolean {
  return key.startsWith('x-');
}

function isListOrAbsent(value: unknown): boolean {
  return value === undefined || Array.isArray(value);
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
