// Checks values against schemas, by Ajv: it makes code of each schema once. It takes 10 MiB of a process, so that it is loaded
// only where a configuration has such a policy.
import type Ajv from 'ajv/dist/2020.js';
import type { Format } from 'ajv';
import { compileExpression } from '../../core/linear-expression.ts';
import type { Budget } from './budget.ts';
import { isDictionary } from './document.ts';
import { STEP, type Translated, type Translation, linearSource } from './translation.ts';

/** What is wrong, and where: a JSON Pointer. Neither has anything of the value itself but names of its keys. */
export type Fault = { readonly pointer: string; readonly message: string };

/** Null: the value is as it should be. */
export type Check = (value: unknown) => Fault | null;

// Expressions of the library that are matched against longer texts may take long.
const LONGEST_FORMATTED = 2048;

export class Checker {
  private readonly ajv: Ajv;

  constructor(
    private readonly translation: Translation,
    budget: Budget,
  ) {
    this.ajv = newAjv(budget);
  }

  /** Throws an Error for people where that is no schema that can be checked. */
  compile(schema: unknown): Check {
    const translated = this.known(schema);
    const validate = this.ajv.compile(translated);
    return (value) => {
      if (validate(value) === true) return null;
      const [first] = validate.errors ?? [];
      return { pointer: first?.instancePath ?? '', message: first?.message ?? 'is not valid' };
    };
  }

  /** Throws in the same cases, and makes no code. */
  examine(schema: unknown): void {
    this.known(schema);
  }

  private known(schema: unknown): Translated {
    const translated = this.translation.translate(schema);
    this.expectValid(translated);
    for (const { id, schema: referred } of this.translation.takeReferred()) {
      this.expectValid(referred);
      this.ajv.addSchema(referred, id);
    }
    return translated;
  }

  private expectValid(schema: Translated): void {
    if (this.ajv.validateSchema(schema) === true) return;
    const [first] = this.ajv.errors ?? [];
    throw new Error(`a schema is not valid: ${first?.instancePath ?? ''} ${first?.message ?? ''}`);
  }
}

function newAjv(budget: Budget): Ajv {
  const { Ajv2020, fullFormats } = library();
  const ajv: Ajv = new Ajv2020({
    strict: false,
    allErrors: false, // a body may have a mistake in each of a million places
    ownProperties: true,
    logger: false,
    formats: formatsOf(fullFormats, budget),
    code: { regExp: Object.assign((source: string) => expression(source, budget), { code: 'keystone expression' }) },
  });
  ajv.addKeyword({ keyword: STEP, schemaType: 'boolean', errors: false, validate: () => (budget.step(), true) });
  // The library's own compares each item with each other one.
  ajv.removeKeyword('uniqueItems');
  ajv.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    validate: (isWanted: boolean, items: readonly unknown[]) => !isWanted || areDifferent(items, budget),
    error: { message: 'must NOT have duplicate items' },
  });
  return ajv;
}

function expression(source: string, budget: Budget) {
  const compiled = compileExpression(linearSource(source));
  if (!compiled.ok) throw new Error(compiled.error);
  const { find } = compiled.value;
  const test = (text: string): boolean => {
    budget.characters(text.length);
    return find(text) !== null;
  };
  // The library tells expressions apart by this text.
  return { test, toString: () => source };
}

function areDifferent(items: readonly unknown[], budget: Budget): boolean {
  const seen = new Set<string>();
  for (const item of items) {
    const key = sameText(item, budget);
    if (seen.has(key)) return false;
    seen.add(key);
  }
  return true;
}

/** The same text for the same value, in whatever order the keys of objects stand. */
function sameText(value: unknown, budget: Budget): string {
  budget.step();
  if (Array.isArray(value)) return `[${value.map((item) => sameText(item, budget)).join()}]`;
  if (!isDictionary(value)) return JSON.stringify(value);
  const entries = Object.keys(value).toSorted();
  return `{${entries.map((key) => `${JSON.stringify(key)}:${sameText(value[key], budget)}`).join()}}`;
}

/** Those of the library that are about texts, but for `regex`, which would make expressions of what clients send. */
function formatsOf(all: Library['fullFormats'], budget: Budget): Readonly<Record<string, Format>> {
  const texts = Object.entries(all).flatMap(([name, format]) => {
    const matches = name === 'regex' ? null : matcherOf(format);
    if (matches === null) return [];
    const bounded = (text: string): boolean => {
      budget.characters(text.length);
      return text.length <= LONGEST_FORMATTED && matches(text);
    };
    return [[name, bounded] as const];
  });
  return { ...Object.fromEntries(texts), ...NUMBERS };
}

function matcherOf(format: unknown): ((text: string) => boolean) | null {
  if (format instanceof RegExp) return (text) => format.test(text);
  if (isFunction(format)) return (text) => format(text) === true;
  if (typeof format !== 'object' || format === null || 'type' in format) return null;
  return 'validate' in format ? matcherOf(format.validate) : null;
}

function isFunction(value: unknown): value is (text: string) => unknown {
  return typeof value === 'function';
}

const NUMBERS: Readonly<Record<string, Format>> = {
  int32: { type: 'number', validate: (number: number) => (number | 0) === number },
  int64: { type: 'number', validate: (number: number) => Number.isInteger(number) },
};

type Library = { readonly Ajv2020: typeof Ajv; readonly fullFormats: Readonly<Record<string, unknown>> };

let loaded: Library | null = null;

function library(): Library {
  loaded ??= load();
  return loaded;
}

function load(): Library {
  const found: unknown = require('ajv/dist/2020.js');
  const formats: unknown = require('ajv-formats/dist/formats.js');
  if (!isAjv(found) || !isFormats(formats)) throw new Error('ajv is not what it was');
  return { Ajv2020: found.Ajv2020, fullFormats: formats.fullFormats };
}

function isAjv(found: unknown): found is Pick<Library, 'Ajv2020'> {
  return typeof found === 'function' && 'Ajv2020' in found;
}

function isFormats(found: unknown): found is Pick<Library, 'fullFormats'> {
  return typeof found === 'object' && found !== null && 'fullFormats' in found;
}
