// Which settings the schema marks as secret, found along the way from the root of a file to a value.
import { isSecretName } from '../../core/secrets.ts';
import { type SchemaNode, annotatedSchema } from '../json-schema.ts';

/** All that a value may be, by the schema. Empty: the schema does not know it. */
export type Kinds = readonly SchemaNode[];

let root: Kinds | null = null;

/** The whole of a file. */
export function rootKinds(): Kinds {
  root ??= expand([annotatedSchema()]);
  return root;
}

const steps = new WeakMap<Kinds, Map<string, Kinds>>();
const ITEM = '[]';

/** The values in a list. */
export function itemKinds(kinds: Kinds): Kinds {
  return known(kinds, ITEM, () => kinds.flatMap(({ items }) => (items === undefined ? [] : [items])));
}

/** The value at a key. */
export function keyKinds(kinds: Kinds, key: string): Kinds {
  return known(kinds, key, () =>
    kinds.flatMap(({ properties, additionalProperties: free }) => {
      const own = properties !== undefined && Object.hasOwn(properties, key) ? properties[key] : undefined;
      if (own !== undefined) return [own];
      return typeof free === 'object' ? [free] : [];
    }),
  );
}

/** Whether a single value here is a secret. A text may stand for a list of one, or for a whole map. */
export function isSecret(kinds: Kinds): boolean {
  return kinds.some(
    (kind) => isMarked(kind) || isMarked(kind.items) || (kind['x-text'] === true && hasSecret(kind.properties ?? {})),
  );
}

/** Whether a single value at a key, or in a list there, is a secret by its name alone: the keys of such a map are free, or
 * nobody knows them. */
export function isSecretKey(kinds: Kinds, key: string): boolean {
  const isFree = kinds.length === 0 || kinds.some(({ additionalProperties: free }) => typeof free === 'object');
  return isFree && isSecretName(key) && !/_(?:file|files|name|names)$/.test(key);
}

function isMarked(kind: SchemaNode | undefined): boolean {
  return kind?.['x-secret'] === true || kind?.['x-type'] === 'secret';
}

function hasSecret(properties: Readonly<Record<string, SchemaNode>>): boolean {
  return Object.values(properties).some(isMarked);
}

function known(kinds: Kinds, step: string, find: () => readonly SchemaNode[]): Kinds {
  const found = steps.get(kinds) ?? new Map<string, Kinds>();
  steps.set(kinds, found);
  const next = found.get(step) ?? sharedEmpty(expand(find()));
  found.set(step, next);
  return next;
}

const NOTHING: Kinds = [];

function sharedEmpty(kinds: Kinds): Kinds {
  return kinds.length === 0 ? NOTHING : kinds;
}

function expand(kinds: readonly SchemaNode[]): Kinds {
  return kinds.flatMap((kind) => [kind, ...expand([...(kind.oneOf ?? []), ...(kind.anyOf ?? [])])]);
}
