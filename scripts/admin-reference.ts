// The reference of the admin API, from its description.
import { z } from 'zod';
import { openApiOf } from '../src/admin/openapi.ts';
import { endpoints } from '../src/admin/registry.ts';

// Only the parts that the page has.
type Node = z.output<typeof node>;
const node = z.looseObject({
  get properties() {
    return z.exactOptional(z.record(z.string(), node));
  },
  get items() {
    return z.exactOptional(z.union([z.boolean(), node]));
  },
  get additionalProperties() {
    return z.exactOptional(z.union([z.boolean(), node]));
  },
  get anyOf() {
    return z.exactOptional(z.array(node));
  },
  get oneOf() {
    return z.exactOptional(z.array(node));
  },
  $ref: z.exactOptional(z.string()),
  type: z.exactOptional(z.union([z.string(), z.array(z.string())])),
  format: z.exactOptional(z.string()),
  const: z.exactOptional(z.union([z.string(), z.number(), z.boolean()])),
  enum: z.exactOptional(z.array(z.union([z.string(), z.number()]))),
  description: z.exactOptional(z.string()),
  required: z.exactOptional(z.array(z.string())),
});
const content = z.record(z.string(), z.looseObject({ schema: node, 'x-event-data': z.exactOptional(node) }));
const operation = z.looseObject({
  description: z.string(),
  parameters: z.exactOptional(
    z.array(
      z.looseObject({
        name: z.string(),
        in: z.string(),
        description: z.exactOptional(z.string()),
        required: z.exactOptional(z.boolean()),
        schema: node,
      }),
    ),
  ),
  requestBody: z.exactOptional(z.looseObject({ content })),
  responses: z.record(z.string(), z.looseObject({ content: z.exactOptional(content) })),
  security: z.array(z.record(z.string(), z.array(z.string()))),
});
const document = z.looseObject({
  paths: z.record(z.string(), z.record(z.string(), operation)),
  components: z.looseObject({ schemas: z.record(z.string(), node) }),
});

const BEGINNING = [
  '# The admin API',
  '',
  'Every endpoint, made of what the program says of them itself. The same as OpenAPI 3.1 is at `GET /openapi.json` of the admin API and in [schema/admin.openapi.json](../../schema/admin.openapi.json). How to use it, and who may: [the guide](../guide/admin-api.md).',
  '',
  'Refusals are problems (`application/problem+json`, [Problem](#problem)). Times are ISO 8601 in UTC. Fields that are not named here may come with later versions.',
];

/** The description itself, and the page. */
export async function adminReference(): Promise<{ readonly openapi: string; readonly page: string }> {
  const made = await openApiOf(endpoints);
  const { paths, components } = document.parse(made);
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, one]) => operationLines(`${method.toUpperCase()} ${path}`, one)),
  );
  const objects = Object.entries(components.schemas).flatMap(([name, shape]) => objectLines(name, shape));
  const page = [...BEGINNING, '', '## Endpoints', ...operations, '', '## Objects', ...objects, ''].join('\n');
  return { openapi: `${JSON.stringify(made, null, 2)}\n`, page };
}

function operationLines(
  name: string,
  { description, parameters = [], requestBody, responses, security }: z.output<typeof operation>,
) {
  const [scope] = security.flatMap((one) => Object.values(one).flat());
  const query = parameters.filter((one) => one.in === 'query');
  const body = requestBody?.content['application/json']?.schema;
  return [
    '',
    `### \`${name}\``,
    '',
    description,
    '',
    scope === undefined ? 'Needs no token.' : `Needs the scope \`${scope}\`.`,
    ...table(
      'Parameter',
      query.map((one) => row(one.name, one.schema, one.required === true, one.description)),
    ),
    ...(body === undefined ? [] : ['', 'Body:', ...fieldLines(body)]),
    ...answerLines(responses['200']?.content ?? {}),
  ];
}

function answerLines(answer: z.output<typeof content>): readonly string[] {
  const [[media, { schema, 'x-event-data': event }] = ['', { schema: {} }]] = Object.entries(answer);
  if (media !== 'application/json') {
    const what = event === undefined ? '' : `, each event with ${typeOf(event)} as its data`;
    return ['', `Answers with \`${media}\`${what}.`];
  }
  const isNamed = schema.properties === undefined && variantsOf(schema) === null;
  return isNamed ? ['', `Answers with ${typeOf(schema)}.`] : ['', 'Answers with:', ...shapeLines(schema)];
}

function objectLines(name: string, shape: Node): readonly string[] {
  const description = shape.description === undefined ? [] : ['', shape.description];
  return ['', `### ${name}`, ...description, ...shapeLines(shape)];
}

function shapeLines(shape: Node): readonly string[] {
  const variants = variantsOf(shape);
  return variants?.flatMap((one) => ['', `${wordFor(one)}:`, ...fieldLines(one)]) ?? fieldLines(shape);
}

function variantsOf({ oneOf, anyOf }: Node): readonly Node[] | null {
  return oneOf ?? anyOf ?? null;
}

// What the variants differ by.
function wordFor({ properties = {} }: Node): string {
  const [[name, shape] = ['', {}]] = Object.entries(properties).filter(([, one]) => one.const !== undefined);
  return `With \`${name}: ${String(shape.const)}\``;
}

/** A row for each field; those of maps within follow by their paths. */
function fieldLines(shape: Node): readonly string[] {
  return table('Field', rowsOf(shape, ''));
}

function rowsOf({ properties = {}, required = [] }: Node, before: string): readonly string[] {
  return Object.entries(properties).flatMap(([name, one]) => [
    row(before + name, one, required.includes(name), one.description),
    ...rowsOf(innerOf(one), `${before}${name}${itemsOf(one) === null ? '' : '[]'}.`),
  ]);
}

function innerOf(shape: Node): Node {
  const choice = shape.anyOf?.find((one) => one.properties !== undefined);
  return itemsOf(shape) ?? choice ?? shape;
}

// Null: it is no list of equal ones.
function itemsOf({ items }: Node): Node | null {
  return typeof items === 'object' ? items : null;
}

function row(name: string, shape: Node, isAlways: boolean, description = ''): string {
  return `| \`${name}\` | ${typeOf(shape)}${isAlways ? '' : ', optional'} | ${description} |`;
}

function table(first: string, rows: readonly string[]): readonly string[] {
  return rows.length === 0 ? [] : ['', `| ${first} | Type | Meaning |`, '|---|---|---|', ...rows];
}

function typeOf(shape: Node): string {
  if (shape.$ref !== undefined) return linkTo(shape.$ref.split('/').at(-1) ?? '');
  const choices = variantsOf(shape);
  if (choices !== null) return choices.map(typeOf).join(' or ');
  if (shape.enum !== undefined) return shape.enum.map((one) => `\`${String(one)}\``).join(' or ');
  if (shape.const !== undefined) return `\`${String(shape.const)}\``;
  const items = itemsOf(shape);
  if (items !== null) return `list of ${typeOf(items)}`;
  if (typeof shape.additionalProperties === 'object') return `map to ${typeOf(shape.additionalProperties)}`;
  if (shape.format === 'date-time') return 'time';
  return [shape.type ?? 'any']
    .flat()
    .map((word) => WORDS[word] ?? word)
    .join(' or ');
}

const WORDS: Readonly<Record<string, string>> = {
  object: 'map',
  array: 'list',
  string: 'text',
  integer: 'whole number',
};

function linkTo(name: string): string {
  return `[${name}](#${name.toLowerCase()})`;
}
