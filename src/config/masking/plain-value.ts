// A file as plain values, with its references as they stand there: what they stand for is nobody's business.
import { type ParsedNode, isAlias, isMap, isScalar, isSeq } from 'yaml';
import { isMerge } from '../merge-key.ts';

// As many as all aliases together may stand for.
const MOST_VALUES = 1_000_000;

/** Null for a file that is empty, or whose aliases stand for too much. */
export function plainValue(root: ParsedNode | null): unknown {
  const maker = new Maker();
  const value = root === null ? null : maker.make(root);
  return maker.isTooMuch ? null : value;
}

class Maker {
  isTooMuch = false;
  private count = 0;
  private readonly anchors = new Map<string, ParsedNode>();
  private readonly open = new Set<ParsedNode>();

  make(node: ParsedNode | null): unknown {
    if (node === null || this.isTooMuch) return null;
    if (++this.count > MOST_VALUES) this.isTooMuch = true;
    if (isAlias(node)) return this.follow(this.anchors.get(node.source));
    if (node.anchor !== undefined) this.anchors.set(node.anchor, node);
    if (isScalar(node)) return node.value;
    this.open.add(node);
    const value = isSeq<ParsedNode>(node) ? node.items.map((item) => this.make(item)) : this.makeMap(node);
    this.open.delete(node);
    return value;
  }

  private follow(node: ParsedNode | undefined): unknown {
    return node === undefined || this.open.has(node) ? null : this.make(node);
  }

  private makeMap(node: ParsedNode): Readonly<Record<string, unknown>> {
    const map: Record<string, unknown> = { __proto__: null };
    if (!isMap<ParsedNode, ParsedNode | null>(node)) return map;
    for (const pair of node.items) {
      if (isMerge(pair)) continue;
      map[isScalar(pair.key) ? String(pair.key.value) : ''] = this.make(pair.value);
    }
    for (const { value } of node.items.filter(isMerge)) {
      const merged: unknown = this.make(value);
      const all: readonly unknown[] = Array.isArray(merged) ? merged : [merged];
      for (const one of all) addMissing(map, one);
    }
    return map;
  }
}

function addMissing(map: Record<string, unknown>, other: unknown): void {
  if (typeof other !== 'object' || other === null) return;
  for (const [key, value] of Object.entries(other)) map[key] ??= value;
}
