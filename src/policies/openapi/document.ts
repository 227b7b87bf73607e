// A description of an API (OpenAPI 3.0 or 3.1) as a tree of values, with the references within it.
import type * as Yaml from 'yaml';
import { type Result, err, ok } from '../../core/result.ts';

/** A map of anything. */
export type Dictionary = Readonly<Record<string, unknown>>;

export type ApiDocument = { readonly root: Dictionary; readonly is30: boolean };

const MOST_REFERENCES = 32;

/** Reads YAML or JSON. The error says what is wrong, for people. */
export function readDocument(text: string): Result<ApiDocument, string> {
  const root = valueOf(text);
  if (!root.ok) return root;
  if (!isDictionary(root.value)) return err('it is no map');
  const { openapi, swagger, paths, webhooks } = root.value;
  if (swagger !== undefined) return err('it is of Swagger 2.0; it has to be of OpenAPI 3.0 or 3.1');
  const version = /^3\.([01])\.\d+/.exec(String(openapi))?.[1];
  if (version === undefined) return err('it has no version of OpenAPI 3.0 or 3.1 ("openapi: 3.1.0")');
  if (!isDictionary(paths) && webhooks === undefined) return err('it has no paths');
  return ok({ root: root.value, is30: version === '0' });
}

function valueOf(text: string): Result<unknown, string> {
  try {
    const value: unknown = text.trimStart().startsWith('{')
      ? JSON.parse(text)
      : yaml().parse(text, { maxAliasCount: 100 });
    return ok(value);
  } catch (error) {
    const [line = ''] = (error instanceof Error ? error.message : '').split('\n', 1);
    return err(`it is neither YAML nor JSON: ${line}`);
  }
}

// Every process that serves would load its 70 files at the start, for 30 ms of a core.
function yaml(): Pick<typeof Yaml, 'parse'> {
  const found: unknown = require('yaml');
  if (!isYaml(found)) throw new Error('the reader of YAML is not installed');
  return found;
}

function isYaml(found: unknown): found is Pick<typeof Yaml, 'parse'> {
  return typeof found === 'object' && found !== null && 'parse' in found;
}

export function isDictionary(value: unknown): value is Dictionary {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The map of that key; empty: there is none. */
export function mapIn(value: Dictionary, key: string): Dictionary {
  const inner = Object.hasOwn(value, key) ? value[key] : undefined;
  return isDictionary(inner) ? inner : {};
}

export function listIn(value: Dictionary, key: string): readonly unknown[] {
  const inner = value[key];
  return Array.isArray(inner) ? inner : [];
}

/** What stands at a reference, such as `#/components/schemas/User`. Throws where there is nothing, or outside of the document. */
export function resolve({ root }: ApiDocument, reference: string): unknown {
  if (!reference.startsWith('#')) throw new Error(`the reference ${reference} leads out of the file`);
  let at: unknown = root;
  for (const part of reference.slice(1).split('/').slice(1)) {
    const key = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
    at = isTree(at) && Object.hasOwn(at, key) ? Reflect.get(at, key) : undefined;
  }
  if (at === undefined) throw new Error(`the reference ${reference} leads nowhere`);
  return at;
}

function isTree(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** The map itself, or the one that it refers to. */
export function followed(document: ApiDocument, value: unknown): Dictionary {
  let at = value;
  for (let n = 0; n < MOST_REFERENCES; n++) {
    if (!isDictionary(at)) return {};
    const { $ref: reference } = at;
    if (typeof reference !== 'string') return at;
    at = resolve(document, reference);
  }
  throw new Error('references lead in a circle');
}
