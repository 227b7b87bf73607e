// Schemas of OpenAPI become schemas of JSON Schema 2020-12, which one library checks. What only describes is left out.
import { compileExpression } from '../../core/linear-expression.ts';
import { type ApiDocument, type Dictionary, followed, isDictionary, listIn, mapIn, resolve } from './document.ts';

/** Which way a value goes: what the server alone sets (`readOnly`) need not be in requests, what it only takes (`writeOnly`) not in
 * answers. */
export type Way = 'request' | 'response';

export type Translated = Dictionary | boolean;

/** The keyword by which each schema counts as a step of the check. */
export const STEP = 'x-keystone-step';

const PLAIN =
  'type enum const multipleOf maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength format maxItems minItems uniqueItems maxContains minContains maxProperties minProperties dependentRequired'.split(
    ' ',
  );
const MAPS = ['properties', 'dependentSchemas'];
const LISTS = ['allOf', 'anyOf', 'oneOf', 'prefixItems'];
const SINGLE =
  'items additionalProperties unevaluatedProperties unevaluatedItems not if then else contains propertyNames'.split(
    ' ',
  );
const NOT_KNOWN = ['$dynamicRef', '$recursiveRef', '$id'];

export class Translation {
  /** By what they are referred to by. */
  private readonly ids = new Map<string, string>();
  private readonly waiting: { readonly id: string; readonly reference: string }[] = [];

  constructor(
    private readonly document: ApiDocument,
    private readonly way: Way,
    /** Told of patterns that cannot be checked in a time that grows with the text alone, and are left out. */
    private readonly leftOut: (pattern: string) => void,
  ) {}

  /** Throws an Error for people where that is no schema that can be checked. */
  translate(schema: unknown): Translated {
    if (typeof schema === 'boolean') return schema;
    if (!isDictionary(schema)) throw new Error('a schema is no map');
    for (const key of NOT_KNOWN) if (key in schema) throw new Error(`a schema has ${key}, which is not known here`);
    const { $ref: reference } = schema;
    const hasReference = typeof reference === 'string';
    const own = hasReference && this.document.is30 ? {} : this.ownPart(schema);
    return { ...own, [STEP]: true, ...(hasReference ? { $ref: this.idOf(reference) } : {}) };
  }

  /** The schemas that have been referred to since the last call, also by each other. */
  *takeReferred(): Generator<{ readonly id: string; readonly schema: Translated }> {
    for (let next = this.waiting.pop(); next !== undefined; next = this.waiting.pop())
      yield { id: next.id, schema: this.translate(resolve(this.document, next.reference)) };
  }

  private idOf(reference: string): string {
    const known = this.ids.get(reference);
    if (known !== undefined) return known;
    const id = `keystone:${this.ids.size}`;
    this.ids.set(reference, id);
    this.waiting.push({ id, reference });
    return id;
  }

  private ownPart(schema: Dictionary): Dictionary {
    const plain: Dictionary = Object.fromEntries(PLAIN.flatMap((key) => (key in schema ? [[key, schema[key]]] : [])));
    const maps = MAPS.flatMap((key) => (key in schema ? [[key, this.translateAll(mapIn(schema, key))] as const] : []));
    const lists = LISTS.flatMap((key) =>
      key in schema ? [[key, listIn(schema, key).map((one) => this.translate(one))] as const] : [],
    );
    const single = SINGLE.flatMap((key) => (key in schema ? [[key, this.translate(schema[key])] as const] : []));
    const inner = Object.fromEntries<unknown>([...maps, ...lists, ...single]);
    const all: Dictionary = { ...plain, ...inner, ...this.patternsOf(schema) };
    const required = listIn(schema, 'required').filter((name) => this.isWanted(mapIn(schema, 'properties'), name));
    const whole: Dictionary = { ...all, ...(required.length === 0 ? {} : { required }) };
    return this.document.is30 ? as31(whole, schema) : whole;
  }

  private translateAll(schemas: Dictionary): Dictionary {
    return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, this.translate(schema)]));
  }

  private patternsOf(schema: Dictionary): Dictionary {
    const { pattern } = schema;
    const kept = typeof pattern === 'string' && this.mayUse(pattern) ? { pattern } : {};
    if (!('patternProperties' in schema)) return kept;
    const all = Object.entries(mapIn(schema, 'patternProperties')).filter(([source]) => this.mayUse(source));
    return { ...kept, patternProperties: this.translateAll(Object.fromEntries(all)) };
  }

  private mayUse(source: string): boolean {
    const compiled = compileExpression(linearSource(source));
    if (!compiled.ok) this.leftOut(source);
    return compiled.ok;
  }

  private isWanted(properties: Dictionary, name: unknown): boolean {
    if (typeof name !== 'string' || !Object.hasOwn(properties, name)) return true;
    const { readOnly, writeOnly } = followed(this.document, properties[name]);
    return (this.way === 'request' ? readOnly : writeOnly) !== true;
  }
}

// What has another form in 3.0.
function as31(translated: Dictionary, { nullable, minimum, maximum, ...schema }: Dictionary): Dictionary {
  const { exclusiveMinimum: over, exclusiveMaximum: under, minimum: _, maximum: __, ...rest } = translated;
  const all = {
    ...rest,
    ...bound(over, minimum, ['minimum', 'exclusiveMinimum']),
    ...bound(under, maximum, ['maximum', 'exclusiveMaximum']),
  };
  if (nullable !== true || 'const' in schema) return all;
  return { anyOf: [{ type: 'null' }, all] };
}

// In 3.0 whether a bound is excluded is a truth value beside it.
function bound(excludes: unknown, value: unknown, [included, excluded]: readonly [string, string]): Dictionary {
  if (typeof excludes === 'number')
    return { [excluded]: excludes, ...(value === undefined ? {} : { [included]: value }) };
  if (value === undefined) return {};
  return { [excludes === true ? excluded : included]: value };
}

/** As RE2 writes what JavaScript writes in another way. */
export function linearSource(source: string): string {
  return source
    .replaceAll(/\\u([0-9a-fA-F]{4})/g, String.raw`\x{$1}`)
    .replaceAll(/\\u\{([0-9a-fA-F]+)\}/g, String.raw`\x{$1}`);
}
