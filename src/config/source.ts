// Knows where each value stands in the file, and turns findings into problems with line and column.
import { type Alias, type LineCounter, type ParsedNode, type Scalar, isAlias, isMap, isScalar, isSeq } from 'yaml';
import type { Finding } from './finding.ts';
import { isMerge } from './merge-key.ts';
import { defaultOf } from './tenant-defaults.ts';
import { type Path, type Problem, firstProblems, formatPath, shorten } from './problems.ts';

type Entry = { readonly key: ParsedNode; readonly value: ParsedNode | null };

type Place = {
  /** The value, or the innermost value on its path that exists. */
  readonly node: ParsedNode | null;
  /** The key that leads to `node`, where it is in a map. */
  readonly key: ParsedNode | null;
  /** How many parts of the path exist. */
  readonly depth: number;
};

export class Source {
  private readonly entries = new Map<ParsedNode, ReadonlyMap<string, Entry>>();

  constructor(
    private readonly file: string,
    private readonly lines: LineCounter,
    private readonly root: ParsedNode | null = null,
    private readonly targets: ReadonlyMap<Alias, ParsedNode> = new Map(),
  ) {}

  /** The problems in the order of the file; if there are many, only the first. */
  problems(findings: readonly Finding[]): readonly Problem[] {
    const placed = findings.map((finding) => ({ finding, offset: this.offsetOf(finding) }));
    placed.sort((a, b) => a.offset - b.offset);
    const each = withoutRepeats(placed);
    // Where a long list of words was first printed, by the list.
    const printed = new Map<string, number>();
    return firstProblems(each, ({ finding, offset }) => once(this.problem(finding, offset), printed));
  }

  offsetOf(finding: Pick<Finding, 'path' | 'offset' | 'isKey'>): number {
    if (finding.offset !== undefined) return finding.offset;
    const { node, key, depth } = this.locate(finding.path);
    const isHere = node !== null && (depth === finding.path.length ? !isBlank(node) : isShortForm(node));
    const at = key !== null && (finding.isKey === true || !isHere) ? key : node;
    return at?.range[0] ?? 0;
  }

  lineOf(path: Path): number {
    return this.lines.linePos(this.offsetOf({ path })).line;
  }

  /** The value as the file has it: a reference to a variable stays a reference. Null: the file does not have it. */
  shown(path: Path): string | null {
    const { node, depth } = this.locate(path);
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

  private problem(finding: Finding, offset: number): Problem {
    const { line, col } = this.lines.linePos(offset);
    const { path, isKey = false } = finding;
    const shown = finding.message.includes('{value}') ? (this.shown(path) ?? 'this') : '';
    const suggestion = finding.suggest?.(isKey ? String(path.at(-1)) : this.textOf(path)) ?? null;
    return {
      file: this.file,
      line,
      column: col,
      path: formatPath(this.existing(path)),
      message: finding.message.replaceAll('{value}', () => shown),
      expected: isKey && suggestion !== null ? null : (finding.expected ?? null),
      suggestion,
    };
  }

  private existing(path: Path): Path {
    const { node, depth } = this.locate(path);
    return node !== null && isShortForm(node) ? path.slice(0, depth) : path;
  }

  private textOf(path: Path): string {
    const { node } = this.locate(path);
    return node !== null && isScalar(node) ? (node.source ?? '') : '';
  }

  // What a tenant does not say itself may stand in `defaults`.
  private locate(path: Path): Place {
    const here = this.locateAt(path);
    if (here.depth === path.length) return here;
    const other = defaultOf(path);
    if (other === null) return here;
    // Its path has one part less.
    const there = this.locateAt(other);
    return there.depth > 1 && there.depth + 1 > here.depth ? { ...there, depth: there.depth + 1 } : here;
  }

  private locateAt(path: Path): Place {
    let node = this.follow(this.root);
    let key: ParsedNode | null = null;
    for (const [depth, part] of path.entries()) {
      const entry = node === null ? null : this.step(node, part);
      if (entry === null) return { node, key, depth };
      ({ key } = entry);
      node = this.follow(entry.value);
    }
    return { node, key, depth: path.length };
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
function once(problem: Problem, printed: Map<string, number>): Problem {
  const { expected, line } = problem;
  if (expected === null || expected.length < LONG_LIST || !expected.startsWith('one of ')) return problem;
  const before = printed.get(expected);
  if (before === undefined) printed.set(expected, line);
  return before === undefined ? problem : { ...problem, expected: `one of those listed for line ${before}` };
}

type Placed = { readonly finding: Finding; readonly offset: number };

// One place of the file may stand for many values: by an alias, a merge key or `defaults`.
function withoutRepeats(placed: readonly Placed[]): readonly Placed[] {
  const known = new Set<string>();
  return placed.filter(({ finding: { message, path }, offset }) => {
    const key = `${offset} ${path.at(-1) ?? ''} ${message}`;
    if (known.has(key)) return false;
    known.add(key);
    return true;
  });
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
