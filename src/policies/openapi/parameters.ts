// The parameters of an operation: where their values stand in a request, and whether they are as they should be.
import type { PolicyRequest } from '../contract.ts';
import { cookieOf } from '../template.ts';
import type { Check, Checker, Fault } from './checker.ts';
import { type ApiDocument, type Dictionary, followed, isDictionary, mapIn } from './document.ts';
import { readJson } from './json-text.ts';
import { listOf, mapOf, propertiesOf, typesOf, valueOf } from './values.ts';

/** A parameter of a query, as it was sent. */
export type QueryPair = { readonly name: string; readonly raw: string };

/** What parameters are read from. */
export type Sources = {
  readonly request: PolicyRequest;
  readonly query: readonly QueryPair[];
  readonly path: Readonly<Record<string, string>>;
};

type Place = 'path' | 'query' | 'header' | 'cookie';
type Shape = 'one' | 'list' | 'map';

const PLACES: readonly string[] = ['path', 'query', 'header', 'cookie'];
/** By what a list that is one text is divided; null: its items stand in parameters of their own. */
const DIVIDERS: Readonly<Record<string, string>> = {
  form: ',',
  simple: ',',
  spaceDelimited: '%20',
  pipeDelimited: '|',
};
/** Fields that are described elsewhere in a description. */
const NOT_HEADERS = ['accept', 'content-type', 'authorization'];

export class Parameter {
  readonly name: string;
  readonly place: Place;
  private readonly isRequired: boolean;
  private readonly schema: unknown;
  private readonly isJson: boolean;
  private readonly style: string;
  private readonly explodes: boolean;
  private readonly shape: Shape;
  private check: Check | null = null;

  /** Throws an Error for people where that is no parameter that can be checked. */
  constructor(
    private readonly document: ApiDocument,
    described: Dictionary,
  ) {
    const { name, in: place, required, schema, style, explode } = described;
    if (typeof name !== 'string' || !isPlace(place)) throw new Error('a parameter has no name or no place');
    this.name = name;
    this.place = place;
    this.isRequired = required === true;
    const [json] = Object.values(mapIn(described, 'content'));
    this.isJson = json !== undefined;
    this.schema = isDictionary(json) ? json['schema'] : schema;
    const usual = place === 'query' || place === 'cookie' ? 'form' : 'simple';
    this.style = typeof style === 'string' ? style : usual;
    this.explodes = typeof explode === 'boolean' ? explode : this.style === 'form';
    if (!(this.style in DIVIDERS) && this.style !== 'deepObject')
      throw new Error(`the parameter ${name} has the style ${this.style}, which is not known here`);
    const types = typesOf(document, this.schema);
    this.shape = this.isJson ? 'one' : types.has('array') ? 'list' : types.has('object') ? 'map' : 'one';
  }

  get isIgnored(): boolean {
    return this.place === 'header' && NOT_HEADERS.includes(this.name.toLowerCase());
  }

  /** What is described, for a look at all schemas beforehand. */
  get described(): unknown {
    return this.schema;
  }

  /** Whether it stands in the query by that name. */
  owns(name: string): boolean {
    if (this.style === 'deepObject') return name.startsWith(`${this.name}[`) && name.endsWith(']');
    if (this.shape !== 'map' || !this.explodes) return name === this.name;
    return Object.hasOwn(propertiesOf(this.document, this.schema), name);
  }

  /** Null: it is as it should be, or may be missing. */
  faultIn(sources: Sources, checker: Checker): Fault | null {
    const found = this.valueIn(sources);
    const pointer = `/${this.place}/${this.name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    if (found.kind === 'missing') return this.isRequired ? { pointer, message: 'is missing' } : null;
    if (found.kind === 'broken') return { pointer, message: found.message };
    if (this.schema === undefined) return null;
    this.check ??= checker.compile(this.schema);
    const fault = this.check(found.value);
    return fault === null ? null : { pointer: pointer + fault.pointer, message: fault.message };
  }

  private valueIn(sources: Sources): Found {
    const { request, path, query } = sources;
    switch (this.place) {
      case 'path':
        return this.valueOfText(Object.hasOwn(path, this.name) ? (path[this.name] ?? null) : null, (text) => text);
      case 'header':
        return this.valueOfText(request.field(this.name.toLowerCase()), (text) => text.trim());
      case 'cookie':
        return this.valueOfText(cookieOf(request, this.name), decode);
      case 'query':
        return this.valueInQuery(query.filter(({ name }) => this.owns(name)));
    }
  }

  private valueInQuery(pairs: readonly QueryPair[]): Found {
    const [first, second] = pairs;
    if (first === undefined) return MISSING;
    const isApart = this.style === 'deepObject' || (this.explodes && this.shape !== 'one');
    if (!isApart && second !== undefined) return { kind: 'broken', message: 'is given more than once' };
    if (!isApart) return this.valueOfText(first.raw, decode);
    const texts = pairs.map(({ name, raw }) => [this.keyOf(name), decode(raw)] as const);
    if (texts.some(([, text]) => text === null)) return UNDECODABLE;
    const known = texts.map(([name, text]) => [name, text ?? ''] as const);
    const value =
      this.shape === 'list'
        ? listOf(
            this.document,
            this.schema,
            known.map(([, text]) => text),
          )
        : mapOf(this.document, this.schema, known);
    return { kind: 'value', value };
  }

  private keyOf(name: string): string {
    return this.style === 'deepObject' ? name.slice(this.name.length + 1, -1) : name;
  }

  private valueOfText(raw: string | null, read: (text: string) => string | null): Found {
    if (raw === null) return MISSING;
    const { document, schema, shape } = this;
    if (this.isJson || shape === 'one') {
      const text = read(raw);
      if (text === null) return UNDECODABLE;
      return this.isJson ? jsonValue(text) : { kind: 'value', value: valueOf(document, schema, text) };
    }
    const texts = raw.split(this.dividerIn(raw)).map(read);
    if (texts.includes(null)) return UNDECODABLE;
    const parts = texts.map((text) => text ?? '');
    if (shape === 'list') return { kind: 'value', value: listOf(document, schema, raw === '' ? [] : parts) };
    return { kind: 'value', value: mapOf(document, schema, this.pairsOf(parts)) };
  }

  // A space in a query is written in two ways.
  private dividerIn(raw: string): string {
    return this.style === 'spaceDelimited' && raw.includes('+') ? '+' : (DIVIDERS[this.style] ?? ',');
  }

  private pairsOf(parts: readonly string[]): readonly (readonly [string, string])[] {
    if (this.explodes)
      return parts.map((part) => {
        const [name = '', ...value] = part.split('=');
        return [name, value.join('=')] as const;
      });
    return parts.flatMap((name, at) => (at % 2 === 0 ? [[name, parts[at + 1] ?? ''] as const] : []));
  }
}

type Found =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'missing' }
  | { readonly kind: 'broken'; readonly message: string };

const MISSING: Found = { kind: 'missing' };
const UNDECODABLE: Found = { kind: 'broken', message: 'is not percent-encoded as it should be' };

const encoder = new TextEncoder();

function jsonValue(text: string): Found {
  const read = readJson(encoder.encode(text));
  return read.ok ? { kind: 'value', value: read.value } : { kind: 'broken', message: read.error };
}

function isPlace(value: unknown): value is Place {
  return typeof value === 'string' && PLACES.includes(value);
}

/** Those of an operation: its own, and those of its path that it does not have itself. */
export function parametersOf(document: ApiDocument, lists: readonly (readonly unknown[])[]): readonly Parameter[] {
  const all = new Map<string, Parameter>();
  for (const described of lists.flat()) {
    const parameter = new Parameter(document, followed(document, described));
    if (!parameter.isIgnored) all.set(`${parameter.place} ${parameter.name}`, parameter);
  }
  return [...all.values()];
}

/** A query as pairs, as forms send them; null: a name cannot be read. */
export function pairsIn(query: string): readonly QueryPair[] | null {
  const parts = query.split('&').filter((part) => part !== '');
  const pairs = parts.map((part) => {
    const at = part.indexOf('=');
    return { name: decode(at < 0 ? part : part.slice(0, at)), raw: at < 0 ? '' : part.slice(at + 1) };
  });
  return pairs.every(isNamedPair) ? pairs : null;
}

function isNamedPair(pair: { readonly name: string | null; readonly raw: string }): pair is QueryPair {
  return pair.name !== null;
}

/** Null: it is not percent-encoded as it should be. */
export function decode(raw: string): string | null {
  try {
    return decodeURIComponent(raw.replaceAll('+', ' '));
  } catch {
    return null;
  }
}
