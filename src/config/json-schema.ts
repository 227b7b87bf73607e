// The schema as JSON Schema, for editors and for the reference.
import { z } from 'zod';
import { configSchema } from './schema.ts';

/** A node of a JSON Schema, with our own annotations. */
export type SchemaNode = {
  readonly description?: string;
  readonly default?: unknown;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly string[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly items?: SchemaNode;
  readonly oneOf?: readonly SchemaNode[];
  readonly anyOf?: readonly SchemaNode[];
  /** For a map whose keys are free. */
  readonly propertyNames?: SchemaNode;
  readonly additionalProperties?: boolean | SchemaNode;
  /** What the reference calls the type. */
  readonly 'x-type'?: string;
  /** Why the default is what it is. */
  readonly 'x-reason'?: string;
  /** The types that may stand for a whole map. */
  readonly 'x-short'?: readonly string[];
  /** The type of a map without `type`. */
  readonly 'x-default-type'?: string;
  /** A text may stand for the whole map. */
  readonly 'x-text'?: boolean;
  /** Its value is shown to nobody. */
  readonly 'x-secret'?: boolean;
  /** Where the reference has the keys of this map already. */
  readonly 'x-same-as'?: string;
};

// Only the parts that we use; the library's own type has all of JSON Schema.
const schemaNode: z.ZodType<SchemaNode> = z.lazy(() =>
  z.looseObject({
    description: z.exactOptional(z.string()),
    default: z.exactOptional(z.unknown()),
    properties: z.exactOptional(z.record(z.string(), schemaNode)),
    required: z.exactOptional(z.array(z.string())),
    items: z.exactOptional(schemaNode),
    oneOf: z.exactOptional(z.array(schemaNode)),
    propertyNames: z.exactOptional(schemaNode),
    additionalProperties: z.exactOptional(z.union([z.boolean(), schemaNode])),
    'x-type': z.exactOptional(z.string()),
    'x-reason': z.exactOptional(z.string()),
    'x-short': z.exactOptional(z.array(z.string())),
    'x-default-type': z.exactOptional(z.string()),
    'x-text': z.exactOptional(z.boolean()),
    'x-secret': z.exactOptional(z.boolean()),
    'x-same-as': z.exactOptional(z.string()),
    type: z.exactOptional(z.union([z.string(), z.array(z.string())])),
    const: z.exactOptional(z.unknown()),
    enum: z.exactOptional(z.array(z.string())),
    anyOf: z.exactOptional(z.array(schemaNode)),
  }),
);

/** The schema with our own annotations, for the reference and the types. */
export function annotatedSchema(): SchemaNode {
  return schemaNode.parse(z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' }));
}

/** The schema for editors: reasons are a part of the descriptions. */
export function configJsonSchema(): Readonly<Record<string, unknown>> {
  return {
    ...publish(annotatedSchema()),
    patternProperties: { '^x-': { description: 'Values for aliases.' } },
    title: 'Keystone Gateway configuration',
  };
}

function publish(node: SchemaNode): Readonly<Record<string, unknown>> {
  const { 'x-text': isText = false, ...map } = node;
  const { description, items } = node;
  // A single text is taken for a list of one.
  if (items?.['x-type'] !== undefined) return { description, anyOf: [publish(items), publishMap(map)] };
  return isText ? { description: node.description, anyOf: [{ type: 'string' }, publish(map)] } : publishMap(node);
}

function publishMap(node: SchemaNode): Readonly<Record<string, unknown>> {
  const {
    description,
    'x-reason': reason,
    properties,
    items,
    oneOf,
    propertyNames,
    additionalProperties,
    ...rest
  } = node;
  const published: Record<string, unknown> = {};
  const text = [description, reason === undefined ? undefined : `Why this default: ${reason}`];
  if (description !== undefined) published['description'] = text.filter((part) => part !== undefined).join('\n');
  for (const [key, value] of Object.entries(rest)) if (!key.startsWith('x-')) published[key] = value;
  if (properties !== undefined) {
    published['properties'] = Object.fromEntries(
      Object.entries(properties).map(([key, value]) => [key, publish(value)]),
    );
  }
  if (items !== undefined) published['items'] = publish(items);
  if (propertyNames !== undefined) published['propertyNames'] = publish(propertyNames);
  if (additionalProperties !== undefined) {
    published['additionalProperties'] =
      typeof additionalProperties === 'object' ? publish(additionalProperties) : additionalProperties;
  }
  if (oneOf !== undefined) published['oneOf'] = publishVariants(node);
  return published;
}

function publishVariants(node: SchemaNode): readonly unknown[] {
  const short = node['x-short'] === undefined ? [] : [{ enum: node['x-short'] }];
  return [...short, ...variantsOf(node).map(publish)];
}

/** The maps that a node may be; one of them may leave out its type. */
export function variantsOf(node: SchemaNode): readonly SchemaNode[] {
  const { oneOf = [], 'x-default-type': fallback } = node;
  const [first, ...others] = oneOf;
  if (fallback === undefined || first === undefined) return oneOf;
  const required = (first.required ?? []).filter((key) => key !== 'type');
  const properties = { ...first.properties, type: { ...first.properties?.['type'], default: fallback } };
  return [{ ...first, required, properties }, ...others];
}
