// Where a key belongs that stands at a wrong level.
import { type SchemaNode, annotatedSchema } from './json-schema.ts';

/** The maps that people take for one another, and a key by which each is known. */
const LEVELS: Readonly<Record<string, string>> = {
  '': 'tenants',
  'tenants[]': 'services',
  'tenants[].services[]': 'url',
  'tenants[].routes[]': 'match',
  'tenants[].routes[].match': 'path_template',
  'listeners[]': 'proxy_protocol',
  limits: 'header_bytes',
  timeouts: 'shutdown',
  admin: 'tokens',
};

let places: ReadonlyMap<string, readonly string[]> | null = null;

/** The settings at other levels that have this name, such as `tenants[].domains`; below that map only, where there are any.
 * `known`: the keys of the map in which it stands. The schema is walked when somebody asks for the first time. */
export function placesOfKey(key: string, known: readonly string[]): readonly string[] {
  const here = Object.keys(LEVELS).find((level) => known.includes(LEVELS[level] ?? ''));
  if (here === undefined) return [];
  places ??= collect();
  const found = places.get(key) ?? [];
  // As a rule it is one level too far out.
  const below = found.filter((place) => here !== '' && place.startsWith(`${here}.`));
  return below.length > 0 ? below : found;
}

function collect(): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  const schema = annotatedSchema();
  for (const level of Object.keys(LEVELS)) {
    const steps = level === '' ? [] : level.split('.');
    const map = steps.reduce<SchemaNode | undefined>(step, schema);
    for (const key of Object.keys(map?.properties ?? {})) {
      found.set(key, [...(found.get(key) ?? []), level === '' ? key : `${level}.${key}`]);
    }
  }
  return found;
}

function step(node: SchemaNode | undefined, name: string): SchemaNode | undefined {
  const below = node?.properties?.[name.replace(/\[\]$/, '')];
  return name.endsWith('[]') ? below?.items : below;
}
