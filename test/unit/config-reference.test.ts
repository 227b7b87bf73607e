import { balancers } from '../../src/balance/registry.ts';
import { describe, expect, test } from 'bun:test';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { type SchemaNode, annotatedSchema, configJsonSchema, variantsOf } from '../../src/config/json-schema.ts';
import { configReference } from '../../src/config/reference.ts';
import { parsed } from '../support/configs.ts';

const ROOT = join(import.meta.dirname, '../..');
const EXAMPLES = join(ROOT, 'examples');

type Field = { readonly path: string; readonly node: SchemaNode; readonly isRequired: boolean };

function fieldsOf(node: SchemaNode, path = ''): readonly Field[] {
  if (node['x-same-as'] !== undefined) return [];
  const inner = node.items ?? node;
  const maps = inner.oneOf === undefined ? [inner] : variantsOf(inner);
  return maps.flatMap(({ properties = {}, required = [] }) =>
    Object.entries(properties).flatMap(([key, field]) => {
      const below = path === '' ? key : `${path}.${key}`;
      return [{ path: below, node: field, isRequired: required.includes(key) }, ...fieldsOf(field, below)];
    }),
  );
}

const fields = fieldsOf(annotatedSchema());

describe('every setting', () => {
  test.each(fields.map((field) => [field.path, field] as const))(
    '%s says what it means, and why its default',
    (_, field) => {
      const { node, isRequired } = field;
      expect(node.description ?? '').toEndWith('.');
      const needsReason = node.default !== undefined && !isRequired && !field.path.endsWith('.type');
      expect(needsReason).toBe(node['x-reason'] !== undefined);
    },
  );

  test.each(fields.map(({ path }) => [path]))('%s stands in everything.yaml', (path) => {
    const everything: unknown = parse(readFileSync(join(EXAMPLES, 'everything.yaml'), 'utf8'));
    expect(hasPath(everything, path.split('.'))).toBe(true);
  });
});

function hasPath(value: unknown, path: readonly string[]): boolean {
  if (path.length === 0) return true;
  if (Array.isArray(value)) return value.some((item) => hasPath(item, path));
  const [key, ...rest] = path;
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.hasOwn(value, key) &&
    hasPath(Object.entries(value).find(([name]) => name === key)?.[1], rest)
  );
}

describe('the examples', () => {
  test.each(readdirSync(EXAMPLES).filter((file) => file.endsWith('.yaml')))('load as they stand: %s', (file) => {
    const { warnings } = parsed(readFileSync(join(EXAMPLES, file), 'utf8'));
    expect(warnings.filter(({ path }) => !path.includes('lua'))).toEqual([]);
  });
});

describe('what is made of the schema', () => {
  test('is up to date', () => {
    expect(readFileSync(join(ROOT, 'docs/reference/configuration.md'), 'utf8')).toBe(configReference());
    const schema: unknown = JSON.parse(readFileSync(join(ROOT, 'schema/keystone.schema.json'), 'utf8'));
    expect(schema).toEqual(JSON.parse(JSON.stringify(configJsonSchema())));
  });

  test('has no marks of our own in what editors read', () => {
    expect(JSON.stringify(configJsonSchema())).not.toMatch(/"x-[^"]*":/);
  });

  test('lets nobody forget a name, and everybody forget the type of a check', () => {
    const tenant = configJsonSchema()['properties'];
    const names = balancers.map(({ type }) => type);
    expect(tenant).toMatchObject({
      tenants: {
        items: {
          required: ['name'],
          additionalProperties: false,
          properties: {
            health_check: {
              oneOf: [
                { required: [] },
                { required: ['type'] },
                { required: ['type'] },
                { required: ['type', 'command'] },
              ],
            },
            balance: { oneOf: [{ enum: names }, ...names.map(() => ({ required: ['type'] }))] },
          },
        },
      },
    });
  });
});
