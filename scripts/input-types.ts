// The configuration as a TypeScript type, from the schema: what a program may give, not what is read from it.
import { type SchemaNode as Node, annotatedSchema } from '../src/config/json-schema.ts';

const HEAD = `// What a program may give as a configuration. Generated from the schema by scripts/generate.ts.

/** A text with the value of an environment variable or a file: \`\${NAME}\`, \`\${NAME:-default}\`, \`\${file:/path}\`. */
export type Reference = \`\${string}\\\${\${string}}\${string}\`;

type Space = '' | ' ';

/** A length of time: a number counts seconds. */
export type Duration = number | \`\${number}\${Space}\${'ms' | 's' | 'm' | 'h' | 'd'}\` | \`\${number}\` | Reference;

/** A size: a number counts bytes. */
export type Size =
  | number
  | \`\${number}\${Space}\${'B' | 'KiB' | 'MiB' | 'GiB' | 'KB' | 'MB' | 'GB'}\`
  | \`\${number}\`
  | Reference;

/** A part of a whole: a number from 0 to 1, or a percentage. */
export type Share = number | \`\${number}\${Space}%\` | \`\${number}\` | Reference;

/** A whole number. */
export type Count = number | \`\${number}\` | Reference;

export type Flag = boolean | 'true' | 'false' | Reference;
`;

const POLICY = ['PolicyInput', 'A policy, or the name of a set of policies.'] as const;

/** Parts of the configuration that programs may want to speak of alone, by their place. What stands in several places is written
 * once. */
const NAMED: Readonly<Record<string, readonly [name: string, description: string]>> = {
  'tenants[].policies[]': POLICY,
  'tenants[].routes[].policies[]': POLICY,
  'policy_sets.*[]': POLICY,
  'listeners[]': ['ListenerInput', 'An address that clients connect to.'],
  'tenants[].services[]': ['ServiceInput', 'A backend, or a name that leads to several.'],
  'tenants[].health_check': ['HealthCheckInput', 'How backends are probed.'],
  'tenants[].outlier_ejection': ['OutlierEjectionInput', 'What traffic takes a backend out for.'],
  'tenants[].retry': ['RetryInput', 'What happens when a backend fails before its response has begun.'],
  'tenants[].pool': ['PoolInput', 'Connections to backends, and the line of requests that wait for them.'],
  'tenants[].timeouts': ['TenantTimeoutsInput', 'The times of a tenant.'],
  'tenants[].compression': ['CompressionInput', 'How answers are compressed.'],
  'tenants[].limits': ['TenantLimitsInput', 'The limits of a tenant.'],
  'tenants[]': ['TenantInput', 'A tenant: its hosts, its paths, its backends.'],
};

/** The text of src/config/config-input.ts, not yet formatted. */
export function inputTypes(): string {
  const root = annotatedSchema();
  const parts = new Parts();
  const whole = parts.fieldsOf(root, '', ['/** Values for aliases in YAML. */\n[fragment: `x-${string}`]: unknown;']);
  const named = parts.texts.map(([name, text, doc]) => `/** ${doc} */\nexport type ${name} = ${text};\n`);
  return [HEAD, ...named, `/** A whole configuration. */\nexport type ConfigInput = ${whole};\n`].join('\n');
}

class Parts {
  readonly texts: (readonly [name: string, text: string, description: string])[] = [];

  fieldsOf({ properties = {}, required = [] }: Node, path: string, more: readonly string[] = []): string {
    const fields = Object.entries(properties).map(([key, value]) => {
      const place = path === '' ? key : `${path}.${key}`;
      return `${documentation(value)}readonly ${key}${required.includes(key) ? '' : '?'}: ${this.typeOf(value, place)};`;
    });
    return `{\n${[...fields, ...more].join('\n')}\n}`;
  }

  private typeOf(value: Node, path: string): string {
    const named = NAMED[value['x-same-as'] ?? path];
    if (named === undefined) return this.plainTypeOf(value, path);
    const [name, description] = named;
    const text = this.plainTypeOf(value, path);
    const known = this.texts.find(([other]) => other === name);
    if (known === undefined) this.texts.push([name, text, description]);
    else if (known[1] !== text) throw new Error(`${path} is no ${name}`);
    return name;
  }

  private plainTypeOf(value: Node, path: string): string {
    const { items, oneOf, properties, additionalProperties } = value;
    if (items !== undefined) return this.listOf(items, path);
    if (oneOf !== undefined) return this.kindsOf(value, path);
    if (properties !== undefined) return `${value['x-text'] === true ? 'string | ' : ''}${this.fieldsOf(value, path)}`;
    if (typeof additionalProperties === 'object')
      return `Readonly<Record<string, ${this.typeOf(additionalProperties, `${path}.*`)}>>`;
    if (value.anyOf !== undefined) return this.anyOf(value.anyOf, path);
    return singleType(value);
  }

  // A choice takes references as well, of which the schema says that they are texts.
  private anyOf(kinds: readonly Node[], path: string): string {
    const own = kinds.some((kind) => kind.enum !== undefined) ? kinds.filter(({ type }) => type !== 'string') : kinds;
    return own.map((kind) => this.plainTypeOf(kind, path)).join(' | ');
  }

  // A single text is taken for a list of one.
  private listOf(items: Node, path: string): string {
    const item = this.typeOf(items, `${path}[]`);
    const list = `readonly (${item})[]`;
    return items['x-type'] === undefined ? list : `${item} | ${list}`;
  }

  private kindsOf({ oneOf = [], ...value }: Node, path: string): string {
    const short = (value['x-short'] ?? []).map((word) => JSON.stringify(word));
    const kinds = oneOf.map((kind) => {
      const isUsual = kind.properties?.['type']?.const === value['x-default-type'];
      const required = (kind.required ?? []).filter((key) => !(isUsual && key === 'type'));
      return this.fieldsOf({ ...kind, required }, path);
    });
    return [...short, ...kinds].join(' | ');
  }
}

function singleType(value: Node): string {
  const { 'x-type': kind = '', type } = value;
  if (value.const !== undefined) return JSON.stringify(value.const);
  if (value.enum !== undefined) return [...value.enum.map((word) => JSON.stringify(word)), 'Reference'].join(' | ');
  const none = kind.endsWith(' or none') || kind.endsWith(', or none') ? " | 'none'" : '';
  if (kind.startsWith('duration')) return `Duration${none}`;
  if (kind.startsWith('size')) return `Size${none}`;
  if (kind === 'share') return 'Share';
  const types = typeof type === 'string' ? [type] : (type ?? []);
  if (types.includes('boolean')) return types.includes('number') ? 'boolean | number | string' : 'Flag';
  if (kind.startsWith('integer') || kind.startsWith('number')) return `Count${none}`;
  if (types.includes('integer') || types.includes('number')) return 'number | string';
  return types.includes('string') ? 'string' : 'unknown';
}

function documentation({ description, default: usual, 'x-reason': reason }: Node): string {
  if (description === undefined) return '';
  const lines = [description];
  if (usual !== undefined && !isMap(usual)) lines.push(`Default: ${JSON.stringify(usual)}, because ${reason ?? ''}`);
  return `/** ${lines.join('\n * ').replaceAll('*/', '*\\/')} */\n`;
}

function isMap(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
