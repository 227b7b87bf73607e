// The reference page of the configuration, made of its schema.
import { type SchemaNode, annotatedSchema, variantsOf } from './json-schema.ts';

/** The page, in Markdown. */
export function configReference(): string {
  return `${INTRODUCTION}\n${sectionsOf(annotatedSchema(), '').join('\n')}`;
}

const INTRODUCTION = `# Configuration

<!-- Made of the schema by scripts/generate.ts; changes go there. -->

The configuration is a YAML file, with others that it includes, or a program that exports the same
([files](../guide/configuration-files.md)). Every key that it may have is listed below; an unknown key is a mistake. A key without
a value counts as absent. All problems of a file are reported at once, each with line, column and path.

- **Durations**: a number counts seconds; a text has a unit: \`250ms\`, \`5s\`, \`2m\`, \`1h\`, \`1d\`.
- **Sizes**: a number counts bytes; a text has a unit: \`512B\`, \`32KiB\`, \`10MB\`, \`1GiB\`. Where \`none\` is allowed, it means no limit.
- **Environment**: \`\${NAME}\` in a value is replaced by the variable, \`\${NAME:-default}\` by the default if the variable is
  unset or empty; \`$\${\` is a plain \`\${\`. An unset variable without default is a mistake. The value of a variable is never
  read as YAML structure; without quotes it may be a number, \`true\` or \`false\`. Inside \`[ ]\` and \`{ }\` the reference needs quotes.
- **Files**: \`\${file:/run/secrets/name}\` is replaced by the content of a regular file of up to 64 KiB, without the line end
  at its end. It is read at the start and with each reload. It counts as a secret, as environment variables do.
- **Lists**: a single text or number where a list is meant is a list of one item.
- **Anchors, aliases and merge keys** (\`&name\`, \`*name\`, \`<<: *name\`) work. Keys at the top level that begin with
  \`x-\` are not read otherwise: they hold what is used by aliases.
`;

function sectionsOf(node: SchemaNode, path: string): readonly string[] {
  if (node['x-same-as'] !== undefined) return [];
  const ofEachName = typeof node.additionalProperties === 'object' ? node.additionalProperties : null;
  if (ofEachName !== null) return sectionsOf(ofEachName, `${path}.NAME`);
  const inner = node.items ?? node;
  const here = node.items === undefined ? path : `${path}[]`;
  if (inner.oneOf !== undefined)
    return variantsOf(inner).flatMap((variant) => section(variant, `${here} (${typeOf(variant)})`, here));
  return inner.properties === undefined ? [] : section(inner, here, here);
}

function section(node: SchemaNode, title: string, path: string): readonly string[] {
  const { properties = {}, required = [] } = node;
  const fields = Object.entries(properties);
  const rows = fields.map(([key, field]) => row(key, field, required.includes(key)));
  const head = `| Field | Type | Default | Meaning | Why this default |\n| --- | --- | --- | --- | --- |\n`;
  const below = fields.flatMap(([key, field]) => sectionsOf(field, path === '' ? key : `${path}.${key}`));
  return [`## ${title === '' ? 'Top level' : title}\n\n${head}${rows.join('\n')}\n`, ...below];
}

function row(key: string, field: SchemaNode, isRequired: boolean): string {
  const { description = '', 'x-reason': reason = '' } = field;
  const cells = [
    `\`${key}\``,
    typeName(field),
    isRequired ? 'required' : defaultOf(field),
    description,
    sentence(reason),
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
}

function typeName(field: SchemaNode): string {
  const { 'x-same-as': place } = field;
  if (place !== undefined) return `as \`${place}\``;
  const { 'x-type': named, items, oneOf, properties, 'x-short': short, 'x-text': isText = false } = field;
  if (named !== undefined) return named;
  if (items !== undefined) return `list: ${typeName(items)}`;
  if (oneOf !== undefined)
    return short === undefined ? 'map, below' : `${short.map((type) => `\`${type}\``).join(', ')}, or a map, below`;
  if (isText) return 'text, or a map, below';
  return properties === undefined ? 'anything' : 'map, below';
}

function defaultOf(field: SchemaNode): string {
  const { default: fallback } = field;
  if (fallback === undefined) return '–';
  if (Array.isArray(fallback))
    return fallback.length === 0 ? 'none' : fallback.map((item) => `\`${String(item)}\``).join(', ');
  if (fallback !== null && typeof fallback === 'object' && field['x-type'] !== undefined) return 'none';
  return typeof fallback === 'object' ? 'as below' : `\`${JSON.stringify(fallback).replaceAll('"', '')}\``;
}

function typeOf(variant: SchemaNode): string {
  return variant.properties?.['type']?.['x-type'] ?? 'map';
}

function sentence(reason: string): string {
  return reason === '' ? '' : `${reason[0]?.toUpperCase() ?? ''}${reason.slice(1)}`;
}
