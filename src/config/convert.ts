// Turns YAML nodes into plain values: puts in aliases, merged maps and references, and finds duplicate keys. Every node is
// visited once.
import {
  type Alias,
  type Pair,
  type ParsedNode,
  Scalar,
  type YAMLMap,
  type YAMLSeq,
  isAlias,
  isScalar,
  isSeq,
} from 'yaml';
import { type Part, type References, hasReference, resolvePlain, substitute } from './environment.ts';
import type { Finding } from './finding.ts';
import { isMerge } from './merge-key.ts';
import type { Path } from './problems.ts';

/** How many values all aliases together may stand for: more than people need, and a bound for alias bombs. */
const MOST_ALIASED = 100_000;

/** The schema needs 6. */
const DEEPEST = 64;

/** Takes the place of a value that could not be read: it is present, and valid for no setting. */
const BROKEN = Symbol('broken');

export type Converted = {
  /** Maps are objects without prototype; a key without a value holds undefined. */
  readonly value: unknown;
  readonly findings: readonly Finding[];
  /** The node that each alias stands for. */
  readonly targets: ReadonlyMap<Alias, ParsedNode>;
  /** The texts with parts from the environment, by their nodes. */
  readonly born: ReadonlyMap<ParsedNode, readonly Part[]>;
  /** A key has no value. A value that could not be read is `BROKEN`, and does not count here. */
  readonly hasBlanks: boolean;
  /** The conversion was given up. Further checks would only report what follows from that. */
  readonly isCutShort: boolean;
};

export function convert(root: ParsedNode, references: References): Converted {
  const converter = new Converter(references);
  const value = converter.convert(root);
  const { findings, targets, born, hasBlanks, isCutShort } = converter;
  return { value, findings, targets, born, hasBlanks, isCutShort };
}

type Anchor = { readonly node: ParsedNode; value: unknown; size: number; isOpen: boolean };

class Converter {
  readonly findings: Finding[] = [];
  readonly targets = new Map<Alias, ParsedNode>();
  readonly born = new Map<ParsedNode, readonly Part[]>();
  hasBlanks = false;
  isCutShort = false;
  private readonly anchors = new Map<string, Anchor>();
  private readonly path: (string | number)[] = [];
  private size = 0;
  private aliased = 0;

  constructor(private readonly references: References) {}

  convert(node: ParsedNode): unknown {
    this.size++;
    if (this.isCutShort) return BROKEN;
    if (this.path.length > DEEPEST) return this.giveUp(node, `is nested deeper than ${DEEPEST} levels`);
    if (isAlias(node)) return this.readAlias(node);
    const { anchor } = node;
    if (anchor === undefined) return this.readContent(node);
    const known: Anchor = { node, value: undefined, size: this.size, isOpen: true };
    this.anchors.set(anchor, known);
    known.value = this.readContent(node);
    known.size = this.size - known.size + 1;
    known.isOpen = false;
    return known.value;
  }

  private readContent(node: Exclude<ParsedNode, Alias.Parsed>): unknown {
    if (isScalar(node)) return this.readScalar(node);
    return isSeq(node) ? this.readSeq(node) : this.readMap(node);
  }

  // An alias shares the value of its anchor, but counts as a copy, since the next stages visit it as often as a copy.
  private readAlias(alias: Alias.Parsed): unknown {
    const anchor = this.anchors.get(alias.source);
    if (anchor === undefined) return this.report(alias, withoutAnchor(alias.source));
    if (anchor.isOpen) return this.report(alias, 'the alias is inside the value that it stands for');
    this.targets.set(alias, anchor.node);
    this.size += anchor.size;
    this.aliased += anchor.size;
    if (this.aliased <= MOST_ALIASED) return anchor.value;
    return this.giveUp(alias, `the aliases of the file stand for more than ${MOST_ALIASED} values`);
  }

  private readScalar(node: Scalar.Parsed): unknown {
    const { value } = node;
    if (typeof value !== 'string' || !hasReference(value)) return value;
    const parts = substitute(value, this.references);
    if (!parts.ok) return this.report(node, parts.error);
    if (parts.value.some(({ isBorn }) => isBorn)) this.born.set(node, parts.value);
    const text = parts.value.map((part) => part.text).join('');
    return node.type === Scalar.PLAIN ? resolvePlain(text) : text;
  }

  private readSeq(node: YAMLSeq<ParsedNode>): unknown {
    const { path } = this;
    return node.items.map((item, at) => {
      path.push(at);
      const value = this.convert(item);
      path.pop();
      return value;
    });
  }

  private readMap(node: YAMLMap<ParsedNode, ParsedNode | null>): unknown {
    const { path } = this;
    const map = emptyMap();
    const merges = node.items.filter(isMerge);
    for (const pair of node.items) {
      if (isMerge(pair)) continue;
      const key = this.readKey(pair, map);
      if (key === null) continue;
      path.push(key);
      map[key] = (pair.value === null ? null : this.convert(pair.value)) ?? undefined;
      path.pop();
      if (map[key] === undefined) this.hasBlanks = true;
    }
    const [merge, second] = merges;
    if (second !== undefined) this.reportKey(second.key, 'the key stands here a second time', ['<<']);
    if (merge !== undefined) this.mergeInto(map, merge.value ?? merge.key);
    return map;
  }

  // The map's own keys come first, then those of the first map that is merged in.
  private mergeInto(map: Record<string, unknown>, node: ParsedNode): void {
    const value = this.convert(node);
    if (value === BROKEN) return;
    for (const other of Array.isArray(value) ? value : [value]) {
      if (isMap(other)) addMissing(map, other);
      else if (other !== BROKEN) this.report(node, 'a merge key (<<) takes a map, or a list of maps');
    }
  }

  private readKey(pair: Pair<ParsedNode, ParsedNode | null>, map: Record<string, unknown>): string | null {
    const { key } = pair;
    const text = isScalar(key) ? keyText(key) : null;
    if (text === null) this.reportKey(key, 'a key must be a plain text');
    else if (text in map) this.reportKey(key, 'the key stands here a second time', [text]);
    else return text;
    return null;
  }

  private giveUp(node: ParsedNode, message: string): typeof BROKEN {
    this.isCutShort = true;
    return this.report(node, message);
  }

  private report(node: ParsedNode, message: string): typeof BROKEN {
    this.findings.push({ path: [...this.path], offset: node.range[0], message });
    return BROKEN;
  }

  private reportKey(node: ParsedNode, message: string, below: Path = []): void {
    this.findings.push({ path: [...this.path, ...below], offset: node.range[0], message, isKey: true });
  }
}

function keyText(key: Scalar): string | null {
  const { value, source } = key;
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' || typeof value === 'symbol'
    ? (source ?? String(value))
    : null;
}

function addMissing(map: Record<string, unknown>, other: Readonly<Record<string, unknown>>): void {
  for (const [key, item] of Object.entries(other)) if (!(key in map)) map[key] = item;
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function emptyMap(): Record<string, unknown> {
  // No prototype: `__proto__` and `constructor` are keys like any other.
  const map: Record<string, unknown> = { __proto__: null };
  return map;
}

// A host with a wildcard is the usual reason: YAML takes a text that begins with a star for an alias.
function withoutAnchor(name: string): string {
  const isHost = /^(\.[\w-]+)*$/.test(name);
  return isHost
    ? `a text that begins with a star must be quoted: "*${name}"`
    : `no anchor &${name} stands before this alias`;
}
