// Finds the path of a description that a request has: segment by segment, a literal before a parameter, wherever they stand.
import { type Result, err, ok } from '../../core/result.ts';

/** What the parameters of a path are in a request, as it has them. */
export type PathValues = Readonly<Record<string, string>>;

export type FoundPath<T> = { readonly value: T; readonly parameters: PathValues };

/** A segment with a parameter. */
type Open<T> = {
  readonly name: string;
  /** What stands before and after it. */
  readonly before: string;
  readonly after: string;
  readonly node: PathNode<T>;
};

class PathNode<T> {
  readonly literals = new Map<string, PathNode<T>>();
  readonly open: Open<T>[] = [];
  value: T | null = null;
}

const SEGMENT = /^([^{}]*)\{([^{}]+)\}([^{}]*)$/;

export class PathTree<T> {
  private readonly root = new PathNode<T>();

  /** The error says what is wrong with the path. */
  add(path: string, value: T): Result<null, string> {
    let node = this.root;
    for (const segment of path.split('/').slice(1)) {
      const next =
        segment.includes('{') || segment.includes('}') ? openNode(node, segment) : literalNode(node, segment);
      if (next === null) return err(`the path ${path} has a segment with several parameters, which are not told apart`);
      node = next;
    }
    if (node.value !== null) return err(`the path ${path} is there twice`);
    node.value = value;
    return ok(null);
  }

  /** `path`: as it was sent; its segments are not decoded. */
  find(path: string): FoundPath<T> | null {
    const segments = path.split('/').slice(1);
    const values: [string, string][] = [];
    const value = search(this.root, segments, 0, values);
    return value === null ? null : { value, parameters: Object.fromEntries(values) };
  }
}

function literalNode<T>(node: PathNode<T>, segment: string): PathNode<T> {
  const literal = decoded(segment);
  const next = node.literals.get(literal) ?? new PathNode<T>();
  node.literals.set(literal, next);
  return next;
}

function openNode<T>(node: PathNode<T>, segment: string): PathNode<T> | null {
  const [, before, name, after] = SEGMENT.exec(segment) ?? [];
  if (before === undefined || name === undefined || after === undefined) return null;
  const known = node.open.find((one) => one.before === before && one.after === after && one.name === name);
  if (known !== undefined) return known.node;
  const made = { name, before, after, node: new PathNode<T>() };
  node.open.push(made);
  // The one with more literal characters comes first.
  node.open.sort((one, other) => other.before.length + other.after.length - one.before.length - one.after.length);
  return made.node;
}

// It goes back where a way ends, along nodes that are there: no request can make it longer than the description is.
function search<T>(node: PathNode<T>, segments: readonly string[], at: number, values: [string, string][]): T | null {
  const segment = segments[at];
  if (segment === undefined) return node.value;
  const text = decoded(segment);
  const literal = node.literals.get(text);
  const found = literal === undefined ? null : search(literal, segments, at + 1, values);
  if (found !== null) return found;
  for (const { name, before, after, node: next } of node.open) {
    const isLong = text.length > before.length + after.length;
    if (!isLong || !text.startsWith(before) || !text.endsWith(after)) continue;
    const deeper = search(next, segments, at + 1, values);
    if (deeper === null) continue;
    values.push([name, text.slice(before.length, text.length - after.length)]);
    return deeper;
  }
  return null;
}

function decoded(segment: string): string {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
