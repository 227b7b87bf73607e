// Knows where each value stands in the files of a configuration, and turns findings into problems with file, line and
// column.
import { type Alias, type LineCounter, type ParsedNode, type Scalar, isAlias, isMap, isScalar, isSeq } from 'yaml';
import { type Finding, KEPT } from './finding.ts';
import { isMerge } from './merge-key.ts';
import { inheritedFrom } from './pool-inheritance.ts';
import { defaultOf } from './tenant-defaults.ts';
import { type Path, type Problem, firstProblems, formatPath, shorten } from './problems.ts';

type Entry = { readonly key: ParsedNode; readonly value: ParsedNode | null };

/** One file of a configuration. */
export type SourceFile = {
  readonly file: string;
  /** Null: a program has made the configuration, so that its settings have no lines. */
  readonly lines: LineCounter | null;
  /** Null: it cannot be read as YAML. */
  readonly root: ParsedNode | null;
};

/** Where a tenant stands: the number of its file, and its number there. */
export type TenantPlace = { readonly part: number; readonly at: number };

/** A place in a file. */
type Position = { readonly part: number; readonly offset: number };

type Place = {
  readonly part: number;
  /** The value, or the innermost value on its path that exists. */
  readonly node: ParsedNode | null;
  /** The key that leads to `node`, where it is in a map. */
  readonly key: ParsedNode | null;
  /** How many parts of the path exist. */
  readonly depth: number;
};

export class Source {
  private readonly entries = new Map<ParsedNode, ReadonlyMap<string, Entry>>();

  /** `files`: the main one first. `tenants`: where each tenant of the configuration stands; absent: all in the main file. */
  constructor(
    private readonly files: readonly SourceFile[],
    private readonly targets: ReadonlyMap<Alias, ParsedNode> = new Map(),
    private readonly tenants: readonly TenantPlace[] | null = null,
  ) {}

  /** The problems in the order of the files; if there are many, only the first. */
  problems(findings: readonly Finding[]): readonly Problem[] {
    const placed = findings.map((finding) => ({ finding, position: this.positionOf(finding) }));
    placed.sort((a, b) => byPosition(a.position, b.position));
    const each = withoutRepeats(placed);
    // Where a long list of words was first printed, by the list.
    const printed = new Map<string, Problem>();
    return firstProblems(each, ({ finding, position }) => once(this.problem(finding, position), printed));
  }

  /** Whether one key stands before another. */
  compareKeys(one: Path, other: Path): number {
    return byPosition(this.positionOf({ path: one, isKey: true }), this.positionOf({ path: other, isKey: true }));
  }

  private positionOf(finding: Pick<Finding, 'path' | 'offset' | 'isKey' | 'part'>): Position {
    const { part, node, key, depth } = this.locate(finding.path, finding.part);
    if (finding.offset !== undefined) return { part, offset: finding.offset };
    const isHere = node !== null && (depth === finding.path.length ? !isBlank(node) : isShortForm(node));
    const at = key !== null && (finding.isKey === true || !isHere) ? key : node;
    return { part, offset: at?.range[0] ?? 0 };
  }

  /** The place of a value, as it is named in a message about another one: `line 5`, `line 5 of shop.yaml`. */
  placeOf(path: Path, seenFrom: Path): string {
    if (path[0] === KEPT) return `the last good version of ${path[1] ?? ''}`;
    const { part, offset } = this.positionOf({ path });
    const { file, lines } = this.fileOf(part);
    const place = lines === null ? formatPath(this.partOf(path).path) : `line ${lines.linePos(offset).line}`;
    return part === this.positionOf({ path: seenFrom }).part ? place : `${place} of ${file}`;
  }

  private fileOf(part: number): SourceFile {
    const file = this.files[part];
    if (file === undefined) throw new Error(`there is no file ${part}`);
    return file;
  }

  // The file that a path leads into, and the path within it. `part`: the path is one within that file.
  private partOf(path: Path, part?: number): { readonly part: number; readonly path: Path } {
    if (part !== undefined) return { part, path };
    const [root, at, ...rest] = path;
    const place = root === 'tenants' && typeof at === 'number' ? this.tenants?.[at] : undefined;
    return place === undefined ? { part: 0, path } : { part: place.part, path: ['tenants', place.at, ...rest] };
  }

  /** The value as the file has it: a reference to a variable stays a reference. Null: the file does not have it. */
  shown(path: Path, part?: number): string | null {
    const { node, depth } = this.locate(path, part);
    return node === null || (depth < path.length && !isShortForm(node)) ? null : show(node);
  }

  /** The nodes of all single values at and below a path. */
  scalarsBelow(path: Path): readonly ParsedNode[] {
    const { node, depth } = this.locate(path);
    return node === null || depth < path.length ? [] : this.scalarsOf(node);
  }

  private scalarsOf(node: ParsedNode): readonly ParsedNode[] {
    if (isSeq<ParsedNode>(node)) return node.items.flatMap((item) => this.scalarsOfMaybe(item));
    if (isMap<ParsedNode, ParsedNode | null>(node))
      return Array.from(this.entriesOf(node).values(), ({ value }) => this.scalarsOfMaybe(value)).flat();
    return [node];
  }

  private scalarsOfMaybe(value: ParsedNode | null): readonly ParsedNode[] {
    const node = this.follow(value);
    return node === null ? [] : this.scalarsOf(node);
  }

  private problem(finding: Finding, { part, offset }: Position): Problem {
    const { file, lines } = this.fileOf(part);
    const { path, isKey = false, isWhole = false } = finding;
    const { line, col } = lines === null || isWhole ? NOWHERE : lines.linePos(offset);
    const shown = finding.message.includes('{value}') ? (this.shown(path, finding.part) ?? 'this') : '';
    const suggestion = finding.suggest?.(isKey ? String(path.at(-1)) : this.textOf(path, finding.part)) ?? null;
    return {
      file,
      line,
      column: col,
      path: formatPath(this.partOf(this.existing(path, finding.part), finding.part).path),
      message: finding.message.replaceAll('{value}', () => shown),
      expected: isKey && suggestion !== null ? null : (finding.expected ?? null),
      suggestion,
    };
  }

  private existing(path: Path, part?: number): Path {
    const { node, depth } = this.locate(path, part);
    return node !== null && isShortForm(node) ? path.slice(0, depth) : path;
  }

  private textOf(path: Path, part?: number): string {
    const { node } = this.locate(path, part);
    return node !== null && isScalar(node) ? (node.source ?? '') : '';
  }

  // What a pool does not say itself may stand in its tenant, and what a tenant does not say in `defaults`.
  private locate(path: Path, part?: number): Place {
    const here = this.locateAt(path, part);
    if (here.depth === path.length || part !== undefined) return here;
    const inherited = inheritedFrom(path);
    if (inherited !== null) return deeper(here, this.locate(inherited), { shorter: 2, least: 3 });
    const other = defaultOf(path);
    return other === null ? here : deeper(here, this.locateAt(other), { shorter: 1, least: 2 });
  }

  private locateAt(whole: Path, within?: number): Place {
    const { part, path } = this.partOf(whole, within);
    let node = this.follow(this.fileOf(part).root);
    let key: ParsedNode | null = null;
    for (const [depth, step] of path.entries()) {
      const entry = node === null ? null : this.step(node, step);
      if (entry === null) return { part, node, key, depth };
      ({ key } = entry);
      node = this.follow(entry.value);
    }
    return { part, node, key, depth: path.length };
  }

  private step(node: ParsedNode, part: string | number): { key: ParsedNode | null; value: ParsedNode | null } | null {
    if (isMap<ParsedNode, ParsedNode | null>(node)) return this.entriesOf(node).get(String(part)) ?? null;
    const item = isSeq<ParsedNode>(node) && typeof part === 'number' ? node.items[part] : undefined;
    return item === undefined ? null : { key: null, value: item };
  }

  private follow(node: ParsedNode | null): ParsedNode | null {
    return node !== null && isAlias(node) ? (this.targets.get(node) ?? node) : node;
  }

  private mapsOf(value: ParsedNode | null): readonly (ParsedNode & { readonly items: readonly Entry[] })[] {
    const node = this.follow(value);
    if (node === null) return [];
    if (isSeq<ParsedNode>(node)) return node.items.flatMap((item) => this.mapsOf(item));
    return isMap<ParsedNode, ParsedNode | null>(node) ? [node] : [];
  }

  // Cached, since a file of noise has a problem for each of its hundred thousand keys.
  private entriesOf(node: ParsedNode & { readonly items: readonly Entry[] }): ReadonlyMap<string, Entry> {
    let entries = this.entries.get(node);
    if (entries === undefined) {
      const own = node.items.filter((pair) => !isMerge(pair));
      const merged = node.items.filter(isMerge).flatMap(({ value }) => this.mapsOf(value));
      // What comes later in the list takes the place of what came before.
      entries = new Map([
        ...merged.toReversed().flatMap((map) => [...this.entriesOf(map)]),
        ...own.map((pair): readonly [string, Entry] => [isScalar(pair.key) ? textOfKey(pair.key) : '', pair]),
      ]);
      this.entries.set(node, entries);
    }
    return entries;
  }
}

const LONG_LIST = 60;

// The same twenty keys after each of eight mistakes hide the mistakes.
function once(problem: Problem, printed: Map<string, Problem>): Problem {
  const { expected, line } = problem;
  if (expected === null || expected.length < LONG_LIST || !expected.startsWith('one of ') || line === 0) return problem;
  const before = printed.get(expected);
  if (before === undefined) printed.set(expected, problem);
  if (before === undefined) return problem;
  const where = before.file === problem.file ? `line ${before.line}` : `line ${before.line} of ${before.file}`;
  return { ...problem, expected: `one of those listed for ${where}` };
}

const NOWHERE = { line: 0, col: 0 };

function byPosition(one: Position, other: Position): number {
  return one.part - other.part || one.offset - other.offset;
}

type Placed = { readonly finding: Finding; readonly position: Position };

// One place of the file may stand for many values: by an alias, a merge key or `defaults`.
function withoutRepeats(placed: readonly Placed[]): readonly Placed[] {
  const known = new Set<string>();
  return placed.filter(({ finding: { message, path }, position: { part, offset } }) => {
    // Without lines, the offset is one in a text that nobody has written, but each value has its own there as well.
    const key = `${part} ${offset} ${path.at(-1) ?? ''} ${message}`;
    if (known.has(key)) return false;
    known.add(key);
    return true;
  });
}

type Detour = {
  /** How many parts the other path has less. */
  readonly shorter: number;
  /** How many of its parts must be there: those that lead to the setting. */
  readonly least: number;
};

function deeper(here: Place, there: Place, { shorter, least }: Detour): Place {
  const depth = there.depth + shorter;
  return there.depth >= least && depth > here.depth ? { ...there, depth } : here;
}

function isBlank(node: ParsedNode): boolean {
  return isScalar(node) && node.value === null;
}

// A map may be written in short as a text, which has no keys: a problem of its `type` is a problem of that text.
function isShortForm(node: ParsedNode): boolean {
  return isScalar(node) && node.value !== null;
}

function textOfKey(key: Scalar): string {
  return typeof key.value === 'string' ? key.value : (key.source ?? '');
}

function show(node: ParsedNode): string {
  if (isSeq(node)) return 'a list';
  if (!isScalar(node)) return 'a map';
  const { value } = node;
  return typeof value === 'string' ? JSON.stringify(shorten(value)) : shorten(node.source ?? String(value));
}
