// Values of parameters, which are texts, become what their schemas are about.
import { type ApiDocument, type Dictionary, followed, isDictionary, listIn, mapIn } from './document.ts';

const DEEPEST = 8;
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** The types that a value may have by its schema; empty: any. */
export function typesOf(document: ApiDocument, schema: unknown, depth = 0): ReadonlySet<string> {
  if (depth > DEEPEST) return new Set();
  const map = followed(document, schema);
  const { type } = map;
  const own = typeof type === 'string' ? [type] : listIn(map, 'type').filter((one) => typeof one === 'string');
  const parts = ['allOf', 'anyOf', 'oneOf'].flatMap((key) => listIn(map, key));
  return new Set([...own, ...parts.flatMap((part) => [...typesOf(document, part, depth + 1)])]);
}

/** The schema of the items of a list. */
function itemsOf(document: ApiDocument, schema: unknown): unknown {
  return partOf(document, schema, 'items', 0);
}

/** The schemas of the properties of a map, by their names. */
export function propertiesOf(document: ApiDocument, schema: unknown, depth = 0): Dictionary {
  if (depth > DEEPEST) return {};
  const map = followed(document, schema);
  const parts = ['allOf', 'anyOf', 'oneOf'].flatMap((key) => listIn(map, key));
  const inner = parts.flatMap((part) => Object.entries(propertiesOf(document, part, depth + 1)));
  return Object.fromEntries<unknown>([...inner, ...Object.entries(mapIn(map, 'properties'))]);
}

function partOf(document: ApiDocument, schema: unknown, key: string, depth: number): unknown {
  if (depth > DEEPEST) return {};
  const map = followed(document, schema);
  if (isDictionary(map[key])) return map[key];
  const parts = ['allOf', 'anyOf', 'oneOf'].flatMap((list) => listIn(map, list));
  return parts.map((part) => partOf(document, part, key, depth + 1)).find((part) => part !== undefined);
}

/** A text as a value of that type; the text itself where it is none. */
export function valueOf(document: ApiDocument, schema: unknown, text: string): unknown {
  const types = typesOf(document, schema);
  if (types.has('string')) return text;
  if ((types.has('number') || types.has('integer')) && NUMBER.test(text)) return Number(text);
  if (types.has('boolean') && (text === 'true' || text === 'false')) return text === 'true';
  return types.has('null') && text === '' ? null : text;
}

/** Texts as a list. */
export function listOf(document: ApiDocument, schema: unknown, texts: readonly string[]): readonly unknown[] {
  const items = itemsOf(document, schema);
  return texts.map((text) => valueOf(document, items, text));
}

/** Pairs as a map. */
export function mapOf(
  document: ApiDocument,
  schema: unknown,
  pairs: readonly (readonly [name: string, text: string])[],
): Dictionary {
  const properties = propertiesOf(document, schema);
  const grouped = new Map<string, string[]>();
  for (const [name, text] of pairs) grouped.set(name, [...(grouped.get(name) ?? []), text]);
  return Object.fromEntries(
    Array.from(grouped, ([name, texts]) => {
      const property = Object.hasOwn(properties, name) ? properties[name] : {};
      const isList = texts.length > 1 || typesOf(document, property).has('array');
      const [first = ''] = texts;
      return [name, isList ? listOf(document, property, texts) : valueOf(document, property, first)];
    }),
  );
}
