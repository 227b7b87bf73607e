// The single values of a file: where each stands, and what of it is secret.
import { type ParsedNode, type Scalar, isAlias, isMap, isScalar, isSeq } from 'yaml';
import { isMerge } from '../merge-key.ts';
import { type Shown, hideWhole, hideWithin } from './hidden-parts.ts';
import { type Kinds, isSecret, isSecretKey, itemKinds, keyKinds, rootKinds } from './secret-schema.ts';

/** A single value. `place`: the way to it, the same after changes elsewhere in the file. */
export type PlacedScalar = { readonly node: Scalar.Parsed; readonly place: string; readonly shown: Shown };

// As many as all aliases together may stand for (convert.ts). What is more is no configuration that could be in force.
const MOST_ALIASED = 200_000;

/** All single values of a file, in its order; null: its aliases stand for too much. */
export function placedScalars(root: ParsedNode): readonly PlacedScalar[] | null {
  const finder = new Secrets();
  finder.visit(root, { kinds: rootKinds(), isHidden: false });
  if (finder.isTooMuch) return null;
  const found: PlacedScalar[] = [];
  const shown = (node: Scalar.Parsed): Shown => (finder.secret.has(node) ? hideWhole : hideWithin)(textOf(node));
  walk(root, '', (node, place) => found.push({ node, place, shown: shown(node) }), shown);
  return found;
}

/** As it stands there, without quotes. */
export function textOf({ value, source }: Scalar.Parsed): string {
  return typeof value === 'string' ? value : source;
}

type Seen = { readonly kinds: Kinds; readonly isHidden: boolean };

/** Finds what is secret by where it stands, also through aliases. */
class Secrets {
  readonly secret = new Set<ParsedNode>();
  isTooMuch = false;
  private readonly anchors = new Map<string, ParsedNode>();
  private aliased = 0;
  private depth = 0;

  visit(node: ParsedNode | null, seen: Seen): void {
    if (node === null || this.isTooMuch) return;
    if (isAlias(node)) return this.visitAlias(node.source, seen);
    if (node.anchor !== undefined && this.depth === 0) this.anchors.set(node.anchor, node);
    if (this.depth > 0 && ++this.aliased > MOST_ALIASED) this.isTooMuch = true;
    if (isScalar(node)) {
      const isText = typeof node.value === 'string' || isSecret(seen.kinds);
      if (isText && (seen.isHidden || isSecret(seen.kinds))) this.secret.add(node);
    } else if (isSeq<ParsedNode>(node)) {
      const kinds = itemKinds(seen.kinds);
      for (const item of node.items) this.visit(item, { kinds, isHidden: seen.isHidden });
    } else if (isMap<ParsedNode, ParsedNode | null>(node))
      for (const pair of node.items) this.visitPair(pair.key, pair.value, { pair, kinds: seen.kinds });
  }

  private visitPair(
    key: ParsedNode,
    value: ParsedNode | null,
    { pair, kinds }: { readonly pair: Parameters<typeof isMerge>[0]; readonly kinds: Kinds },
  ): void {
    if (isMerge(pair)) return this.visitMerged(value, kinds);
    const name = isScalar(key) ? textOf(key) : '';
    this.visit(value, { kinds: keyKinds(kinds, name), isHidden: isSecretKey(kinds, name) });
  }

  private visitMerged(value: ParsedNode | null, kinds: Kinds): void {
    const parts = value !== null && isSeq<ParsedNode>(value) ? value.items : [value];
    for (const part of parts) this.visit(part, { kinds, isHidden: false });
  }

  private visitAlias(name: string, seen: Seen): void {
    const node = this.anchors.get(name);
    if (node === undefined) return;
    this.depth++;
    // An alias inside of what it stands for is a mistake, and would lead round and round.
    if (this.depth > DEEPEST) this.isTooMuch = true;
    else this.visit(node, seen);
    this.depth--;
  }
}

const DEEPEST = 64;

type Tell = (node: Scalar.Parsed, place: string) => void;
type Show = (node: Scalar.Parsed) => Shown;

function walk(node: ParsedNode | null, place: string, tell: Tell, show: Show): void {
  if (node === null) return;
  if (isScalar(node)) tell(node, place);
  else if (isSeq<ParsedNode>(node)) {
    const names = namesOf(node.items, show);
    for (const [at, item] of node.items.entries()) walk(item, `${place}[${names[at] ?? ''}]`, tell, show);
  } else if (isMap<ParsedNode, ParsedNode | null>(node))
    for (const { key, value } of node.items)
      walk(value, `${place}/${isScalar(key) ? JSON.stringify(textOf(key)) : ''}`, tell, show);
}

const NAMES = ['name', 'id', 'url', 'issuer', 'host'];

// Items of a list are known by their names, so that one may be put before them. Without names, they are known by their number,
// as long as the list is as long as it was.
function namesOf(items: readonly ParsedNode[], show: Show): readonly string[] {
  const names = items.map((item) => nameOf(item, show));
  const isUsable = names.every((name) => name !== null) && new Set(names).size === names.length;
  return isUsable ? names.map(String) : items.map((_, at) => `${at} of ${items.length}`);
}

function nameOf(item: ParsedNode, show: Show): string | null {
  if (!isMap<ParsedNode, ParsedNode | null>(item)) return null;
  for (const name of NAMES) {
    const value = item.items.find(({ key }) => isScalar(key) && key.value === name)?.value ?? null;
    if (value !== null && isScalar(value)) return `${name}=${JSON.stringify(show(value).text)}`;
  }
  // Such as a policy, which is known by its kind.
  const [only, second] = item.items;
  return only !== undefined && second === undefined && isScalar(only.key) ? textOf(only.key) : null;
}
