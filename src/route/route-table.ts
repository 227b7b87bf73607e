// Finds the route of a tenant for a request. Its paths are a tree of segments, whose edges stand in one hash table: what a
// request costs depends on its path, not on the number of routes. At each segment a literal comes before a parameter, and
// both before what is below a prefix; so an exact path comes before all others, and then the one with the longest literal
// beginning. Of routes with the same path, those with more conditions come first. Where a route's conditions do not hold,
// the next one is looked at.
import { SLASH, ascii, equalsExactly } from '../message/bytes.ts';
import type { Head } from '../message/head.ts';
import { Conditions } from './conditions.ts';
import { type PathPattern, type RouteMatch, conditionCount, segmentsOf } from './match.ts';
import type { Location } from './router.ts';

/** One path of a route, and where it leads. */
export type RouteEntry<T> = {
  /** As the configuration calls it; null: not at all. */
  readonly name: string | null;
  readonly match: RouteMatch;
  readonly pattern: PathPattern;
  readonly value: T;
};

/** `conditions` null: there are none. */
type Candidate<T> = { readonly entry: RouteEntry<T>; readonly conditions: Conditions | null; readonly count: number };

/** A beginning of paths. */
type Node<T> = {
  readonly id: number;
  hasLiterals: boolean;
  /** Where any segment leads; null: nowhere. */
  parameter: Node<T> | null;
  /** For the path that ends here. */
  whole: readonly Candidate<T>[];
  /** For all paths that begin like this. */
  below: readonly Candidate<T>[];
};

type Edge<T> = {
  readonly from: number;
  readonly key: Uint8Array;
  readonly to: Node<T>;
  readonly next: Edge<T> | null;
};

type Found<T> = RouteEntry<T>[];

// FNV-1a. Only segments of the configuration are stored, so a client cannot make a chain long.
const SEED = 0x811c9dc5;
const PRIME = 0x01000193;
const GOLDEN = 0x9e3779b1;

/** The routes of one tenant. */
export class RouteTable<T> {
  private readonly root: Node<T>;
  private readonly edges: (Edge<T> | null)[];
  private readonly mask: number;
  private nodes = 0;
  private longestLiteral = 0;

  constructor(entries: readonly RouteEntry<T>[]) {
    const segments = entries.reduce((sum, { pattern }) => sum + segmentsOf(pattern).length, 0);
    let slots = 16;
    while (slots < segments * 2) slots *= 2;
    this.mask = slots - 1;
    this.edges = new Array<Edge<T> | null>(slots).fill(null);
    this.root = this.newNode();
    for (const entry of entries) this.add(entry);
  }

  /** The route of a request; null: none matches. `at`: where its path lies, if it is to be read in another way. */
  find(head: Head, at: Location = head): RouteEntry<T> | null {
    const { bytes, pathStart, pathEnd } = at;
    // The target of OPTIONS may be an asterisk.
    if (pathStart === pathEnd || bytes[pathStart] !== SLASH) return null;
    return this.walk(this.root, pathStart, head, at, null);
  }

  /** All routes that match, the one that `find` takes first; for `keystone explain`. */
  candidates(head: Head): readonly RouteEntry<T>[] {
    const found: Found<T> = [];
    if (head.bytes[head.pathStart] === SLASH) this.walk(this.root, head.pathStart, head, head, found);
    return found;
  }

  // At the slash that follows what the node stands for, or at the end of the path. With `all` the walk goes on as if nothing
  // had matched.
  private walk(node: Node<T>, slash: number, head: Head, at: Location, all: Found<T> | null): RouteEntry<T> | null {
    const { bytes, pathEnd } = at;
    if (slash >= pathEnd) return firstOf(node.whole, head, all) ?? firstOf(node.below, head, all);
    const start = slash + 1;
    let h = SEED;
    let end = start;
    for (; end < pathEnd && bytes[end] !== SLASH; end++) h = Math.imul(h ^ bytes[end], PRIME);
    const literal =
      node.hasLiterals && end - start <= this.longestLiteral ? this.edge(node.id, h, bytes, start, end) : null;
    const found = literal === null ? null : this.walk(literal.to, end, head, at, all);
    if (found !== null) return found;
    const other = node.parameter === null || end === start ? null : this.walk(node.parameter, end, head, at, all);
    return other ?? firstOf(node.below, head, all);
  }

  private edge(from: number, h: number, bytes: Uint8Array, start: number, end: number): Edge<T> | null {
    for (let edge = this.edges[this.slotOf(from, h)]; edge !== null; edge = edge.next) {
      const { key } = edge;
      if (edge.from === from && key.length === end - start && equalsExactly(bytes, start, key)) return edge;
    }
    return null;
  }

  private slotOf(from: number, h: number): number {
    return (h ^ Math.imul(from, GOLDEN)) & this.mask;
  }

  private newNode(): Node<T> {
    return { id: ++this.nodes, hasLiterals: false, parameter: null, whole: [], below: [] };
  }

  private add(entry: RouteEntry<T>): void {
    const { match, pattern } = entry;
    let node = this.root;
    for (const segment of segmentsOf(pattern))
      node = segment === null ? this.parameterOf(node) : this.literal(node, segment);
    const count = conditionCount(match);
    const candidate = { entry, conditions: count === 0 ? null : new Conditions(match), count };
    const list = pattern.kind === 'prefix' ? 'below' : 'whole';
    node[list] = [...node[list], candidate].toSorted((one, other) => other.count - one.count);
  }

  private parameterOf(node: Node<T>): Node<T> {
    node.parameter ??= this.newNode();
    return node.parameter;
  }

  private literal(node: Node<T>, segment: string): Node<T> {
    const key = ascii(segment);
    let h = SEED;
    for (const byte of key) h = Math.imul(h ^ byte, PRIME);
    const known = this.edge(node.id, h, key, 0, key.length);
    if (known !== null) return known.to;
    const slot = this.slotOf(node.id, h);
    const to = this.newNode();
    this.edges[slot] = { from: node.id, key, to, next: this.edges[slot] };
    node.hasLiterals = true;
    this.longestLiteral = Math.max(this.longestLiteral, key.length);
    return to;
  }
}

function firstOf<T>(list: readonly Candidate<T>[], head: Head, all: Found<T> | null): RouteEntry<T> | null {
  for (const { entry, conditions } of list) {
    if (conditions !== null && !conditions.hold(head)) continue;
    if (all === null) return entry;
    all.push(entry);
  }
  return null;
}
