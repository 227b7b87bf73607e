// Settings that choose among the entries of a registry: a new kind needs one line there and none here.
import { z } from 'zod';

/** What a registry's entry must have. */
type Kind = { readonly type: string; readonly summary: string; readonly options: z.ZodObject };

type Variant<K extends Kind, Extra extends z.core.$ZodShape> = z.ZodObject<
  K['options']['shape'] & { readonly type: z.ZodLiteral<K['type']> } & Extra,
  z.core.$strict
>;

type Variants<Kinds extends readonly Kind[], Extra extends z.core.$ZodShape> = {
  readonly [At in keyof Kinds]: Variant<Kinds[At], Extra>;
};

/** A map whose `type` decides what else it may hold; `extra` stands beside the options of every kind. */
function anyKind<const Kinds extends readonly [Kind, ...Kind[]], Extra extends z.core.$ZodShape>(
  kinds: Kinds,
  extra: Extra,
) {
  const variants = kinds.map((kind) => {
    const type = z.literal(kind.type).meta({ description: kind.summary, 'x-type': `\`${kind.type}\`` });
    return z.strictObject({ type, ...kind.options.shape, ...extra });
  });
  const union: unknown = z.discriminatedUnion('type', [variants[0], ...variants.slice(1)]);
  // `map` forgets that a tuple has a type for each place.
  return union as z.ZodDiscriminatedUnion<Variants<Kinds, Extra>, 'type'>;
}

/** Such a map, or its `type` alone as a short form. */
export function kindOrType<const Kinds extends readonly [Kind, ...Kind[]]>(kinds: Kinds) {
  return z.preprocess(expand, anyKind(kinds, {})).meta({ 'x-short': kinds.map((kind) => kind.type) });
}

function expand(value: unknown): unknown {
  return typeof value === 'string' ? { type: value } : value;
}

/** Such a map; without `type`, it is of the first kind. */
export function kindOrFirst<const Kinds extends readonly [Kind, ...Kind[]], Extra extends z.core.$ZodShape>(
  kinds: Kinds,
  extra: Extra,
) {
  const [{ type }] = kinds;
  const complete = (value: unknown): unknown => {
    const isUntyped = typeof value === 'object' && value !== null && !Array.isArray(value) && !('type' in value);
    return isUntyped ? { type, ...value } : value;
  };
  return z.preprocess(complete, anyKind(kinds, extra)).meta({ 'x-default-type': type });
}

type Keyed<Kinds extends readonly Kind[]> = {
  readonly [K in Kinds[number] as K['type']]: z.ZodExactOptional<K['options']>;
};

/** For a map in which the type of a kind is the key of its options. `place`: where the reference has them already. */
export function keyedKinds<const Kinds extends readonly Kind[]>(kinds: Kinds, place?: string): Keyed<Kinds> {
  const shape: unknown = Object.fromEntries(
    kinds.map((kind) => {
      const known = place === undefined ? {} : { 'x-same-as': `${place}.${kind.type}` };
      return [kind.type, z.exactOptional(kind.options).meta({ description: kind.summary, ...known })];
    }),
  );
  // The names of keys are lost to the compiler here.
  return shape as Keyed<Kinds>;
}
