// Every setting that holds a secret is marked as one, so that it is shown to nobody.
import { expect, test } from 'bun:test';
import { type SchemaNode, annotatedSchema } from '../../src/config/json-schema.ts';
import { isSecretName } from '../../src/core/secrets.ts';

type Setting = { readonly path: string; readonly name: string; readonly node: SchemaNode };

function* settingsIn(node: SchemaNode, path: string): Generator<Setting> {
  for (const one of [...(node.oneOf ?? []), ...(node.anyOf ?? [])]) yield* settingsIn(one, path);
  if (node.items !== undefined) yield* settingsIn(node.items, `${path}[]`);
  const { additionalProperties: free } = node;
  if (typeof free === 'object') yield* settingsIn(free, `${path}.*`);
  for (const [name, value] of Object.entries(node.properties ?? {})) {
    yield { path: `${path}.${name}`, name, node: value };
    yield* settingsIn(value, `${path}.${name}`);
  }
}

const isMarked = (node: SchemaNode): boolean => node['x-secret'] === true || node['x-type'] === 'secret';

// They name something, or are no texts. A new kind belongs here only if its value may be shown to every operator.
const HARMLESS = [
  'file',
  'true or false',
  'name',
  'cookie name',
  'key, or a list of them',
  'key source',
  'HOST or HOST:PORT',
  'client or allow or refuse',
];

const all = [...settingsIn(annotatedSchema(), '')];

test('a setting whose name sounds like a secret is marked as one, or is of a kind that names something', () => {
  const doubtful = all.filter(
    ({ name, node }) =>
      isSecretName(name) && node['x-type'] !== undefined && !isMarked(node) && !HARMLESS.includes(node['x-type']),
  );
  expect(doubtful.map(({ path, node }) => `${path}: ${node['x-type']}`)).toEqual([]);
});

test('what probes send, and the hashes and secrets of policies and tokens, are marked', () => {
  const marked = new Set(all.filter(({ node }) => isMarked(node)).map(({ path }) => path));
  const free = new Set(
    all
      .filter(({ node: { additionalProperties: one } }) => typeof one === 'object' && isMarked(one))
      .map((one) => one.path),
  );
  for (const path of [
    '.admin.tokens[].token',
    '.admin.tokens[].hash',
    '.acme.directories[].eab.key',
    '.tenants[].affinity.secret',
    '.tenants[].health_check.body',
    '.tenants[].health_check.send',
    '.tenants[].policies[].jwt.secret',
    '.tenants[].policies[].jwt.providers[].secret',
    '.tenants[].policies[].split.secret',
    '.tenants[].policies[].basic_auth.users[].hash',
    '.tenants[].policies[].api_key.keys[].hash',
  ])
    expect([path, marked.has(path)]).toEqual([path, true]);
  for (const path of [
    '.tenants[].health_check.headers',
    '.tenants[].health_check.metadata',
    '.tenants[].health_check.environment',
    '.tenants[].policies[].maintenance.allow.header',
  ])
    expect([path, free.has(path)]).toEqual([path, true]);
});
