// The configuration as a TypeScript type, from the schema: what a program may give, not what is read from it.
import { z } from 'zod';
import { configSchema } from '../src/config/schema.ts';

type Node = {
  readonly description?: string;
  readonly default?: unknown;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly string[];
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly items?: Node;
  readonly oneOf?: readonly Node[];
  readonly anyOf?: readonly Node[];
  readonly additionalProperties?: boolean | Node;
  readonly 'x-type'?: string;
  readonly 'x-reason'?: string;
  readonly 'x-short'?: readonly string[];
  readonly 'x-default-type'?: string;
  readonly 'x-text'?: boolean;
  readonly 'x-same-as'?: string;
};

const node: z.ZodType<Node> = z.lazy(() =>
  z.looseObject({
    description: z.exactOptional(z.string()),
    default: z.exactOptional(z.unknown()),
    type: z.exactOptional(z.union([z.string(), z.array(z.string())])),
    const: z.exactOptional(z.unknown()),
    enum: z.exactOptional(z.array(z.string())),
    properties: z.exactOptional(z.record(z.string(), node)),
    required: z.exactOptional(z.array(z.string())),
    items: z.exactOptional(node),
    oneOf: z.exactOptional(z.array(node)),
    anyOf: z.exactOptional(z.array(node)),
    additionalProperties: z.exactOptional(z.union([z.boolean(), node])),
    'x-type': z.exactOptional(z.string()),
    'x-reason': z.exactOptional(z.string()),
    'x-short': z.exactOptional(z.array(z.string())),
    'x-default-type': z.exactOptional(z.string()),
    'x-text': z.exactOptional(z.boolean()),
    'x-same-as': z.exactOptional(z.string()),
  }),
);

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

/** Parts of the configuration that programs may want to speak of alone, by their place. */
const NAMED: Readonly<Record<string, readonly [name: string, description: string]>> = {
  'listeners[]': ['ListenerInput', 'An address that clients connect to.'],
  'tenants[].services[]': ['ServiceInput', 'A backend, or a name that leads to several.'],
  'tenants[].health_check': ['HealthCheckInput', 'How backends are probed.'],
  'tenants[]': ['TenantInput', 'A tenant: its hosts, its paths, its backends.'],
};

/** The text of src/config/config-input.ts, not yet formatted. */
export function inputTypes(): string {
  const root = node.parse(z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' }));
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
    if (!this.texts.some(([known]) => known === name)) {
      this.texts.push([name, this.plainTypeOf(value, path), description]);
    }
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
  if (types.includes('boolean')) return 'Flag';
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
