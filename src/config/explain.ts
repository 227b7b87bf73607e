// Words the findings of the schema for people. The library's own texts are for programmers.
import { z } from 'zod';
import { nearest } from '../core/near-miss.ts';
import { refusalOf } from '../core/settings.ts';
import type { Finding } from './finding.ts';
import { meantByForeign, meantPolicy, meantValue, missingFeature } from './foreign-words.ts';
import { placesOfKey } from './places-of-keys.ts';

type Issue = z.core.$ZodIssue;
type Sentence = Omit<Finding, 'path'>;

/** Checks a value. For an unknown key, and for a value where a map or a list of maps belongs, the issue's message, which has
 * no other use, lists the known keys of the map. */
export function check<T extends z.ZodType>(schema: T, value: unknown): z.ZodSafeParseResult<z.output<T>> {
  return schema.safeParse(value, { reportInput: true, error: knownKeys });
}

/** The findings of one issue: one for each unknown key, else one. */
export function explainIssue(issue: Issue): readonly Finding[] {
  const path = issue.path.filter((part) => typeof part !== 'symbol');
  if (issue.code !== 'unrecognized_keys') return [{ path, ...explain(issue) }];
  const known = issue.message.split(' ');
  return issue.keys.map((key) => ({ path: [...path, key], isKey: true, ...explainKey(key, known) }));
}

// Maps that have policies, or tenants with policies.
const PLACES_OF_POLICIES = ['policies', 'tenants'];

function explainKey(key: string, known: readonly string[]): Sentence {
  const meant = meantByForeign(key, known) ?? nearest(key, known);
  const policy = meant === null && PLACES_OF_POLICIES.some((place) => known.includes(place)) ? meantPolicy(key) : null;
  if (policy !== null) return { message: 'unknown key', expected: `"policies: [{ ${policy}: … }]" in a tenant` };
  const feature = meant === null ? missingFeature(key) : null;
  if (feature !== null) return { message: `unknown key: Keystone Gateway does not have ${feature}` };
  const places = meant === null ? placesOfKey(key, known) : [];
  if (places.length > 0) return { message: 'unknown key here', expected: `it as ${places.join(' or ')}` };
  return { message: 'unknown key', expected: oneOf(known), suggest: () => meant };
}

function knownKeys(issue: z.core.$ZodRawIssue): string | undefined {
  const { code, inst } = issue;
  const isType = code === 'invalid_type' && (issue.expected === 'object' || issue.expected === 'array');
  if (code !== 'unrecognized_keys' && !isType) return undefined;
  const item = inst instanceof z.ZodArray ? inst.element : inst;
  const map = item instanceof z.ZodDiscriminatedUnion ? item.options[0] : item;
  return map instanceof z.ZodObject ? Object.keys(map.shape).join(' ') : '';
}

function explain(issue: Exclude<Issue, { code: 'unrecognized_keys' }>): Sentence {
  switch (issue.code) {
    case 'custom':
      return refusalOf(issue);
    case 'invalid_type':
      return explainType(issue);
    case 'invalid_value':
      return missingOr(issue, chosenFrom(issue.values));
    case 'invalid_union':
      return missingOr(issue, chosenFrom('options' in issue ? (issue.options ?? []) : []));
    case 'too_big':
      return { message: '{value} is too large', expected: `at most ${amount(issue.maximum, issue.origin)}` };
    case 'too_small':
      return { message: '{value} is too small', expected: `at least ${amount(issue.minimum, issue.origin)}` };
    case 'not_multiple_of':
      return { message: '{value} does not fit', expected: `a multiple of ${issue.divisor}` };
    case 'invalid_format':
      return { message: '{value} does not have the right form', expected: `the form of ${issue.format}` };
    case 'invalid_key':
      return { ...explainFirst(issue.issues), isKey: true };
    case 'invalid_element':
      return { message: '{value} has a part that is not allowed' };
  }
}

// The refusal of a key never uses `{value}`: in the file, the value at its path is the one beside the key.
function explainFirst([first]: readonly Issue[]): Sentence {
  return first?.code === 'custom' ? refusalOf(first) : { message: 'is not a key that may stand here' };
}

const TYPES: Readonly<Record<string, string>> = {
  object: 'a map of settings, as in "key: value"',
  record: 'a map, as in "key: value"',
  array: 'a list, as in "- item" or [ item ]',
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
};

function explainType(issue: z.core.$ZodIssueInvalidType): Sentence {
  const expected = TYPES[issue.expected] ?? `a value of type ${issue.expected}`;
  const sentence = { message: '{value} does not belong here', expected };
  const known = issue.message.split(' ');
  if (issue.expected === 'object') return missingOr(issue, { ...sentence, suggest: (text) => asMap(text, known) });
  if (issue.expected !== 'array') return missingOr(issue, sentence);
  const [first = ''] = known;
  const list = first === '' ? expected : `a list of maps, each as in "- ${first}: …"`;
  return missingOr(issue, { ...sentence, expected: list, suggest: asList });
}

// Words between commas.
function asList(text: string): string | null {
  const words = text.split(/\s*,\s*/);
  return words.length > 1 && words.every((word) => /^[\w./-]+$/.test(word)) ? `[${words.join(', ')}]` : null;
}

// What a single value most likely stands for where a map belongs.
const SHORT_FORMS: readonly { readonly form: RegExp; readonly key: string; readonly value?: string }[] = [
  { form: /^(true|yes|on)$/i, key: 'enabled', value: 'true' },
  { form: /^(false|no|off|none)$/i, key: 'enabled', value: 'false' },
  { form: /^\/[^\s,{}[\]#]*$/, key: 'path' },
  { form: /^\/[^\s,{}[\]#]*$/, key: 'paths' },
  { form: /^\d+$/, key: 'attempts' },
  { form: /^\d+$/, key: 'max_connections' },
  { form: /^(https?:\/\/|unix:\/)[^\s@?]+$/, key: 'url' },
  { form: /^[^\s/]*:\d+$/, key: 'address' },
];

function asMap(text: string, known: readonly string[]): string | null {
  const short = SHORT_FORMS.find(({ form, key }) => form.test(text) && known.includes(key));
  if (short === undefined) return /^(true|yes|on)$/i.test(text) && known.length > 1 ? '{}' : null;
  const name = short.key === 'url' && known.includes('name') ? 'name: a, ' : '';
  const value = short.value ?? (text.includes(':') ? `"${text}"` : text);
  return `{ ${name}${short.key}: ${value} }`;
}

function missingOr(
  issue: { readonly input?: unknown; readonly discriminator?: string | undefined },
  sentence: Sentence,
): Sentence {
  const { input, discriminator } = issue;
  const value = discriminator !== undefined && isMap(input) ? input[discriminator] : input;
  return value === undefined || value === null ? { ...sentence, message: 'is missing' } : sentence;
}

function chosenFrom(values: readonly unknown[]): Sentence {
  const words = values.map(String);
  return {
    message: '{value} is not known',
    expected: oneOf(words),
    suggest: (text) => meantValue(text, words) ?? nearest(text, words),
  };
}

function oneOf(words: readonly string[]): string {
  return words.length === 1 ? (words[0] ?? '') : `one of ${words.join(', ')}`;
}

function amount(limit: number | bigint, origin: string): string {
  if (origin === 'string') return `${limit} characters`;
  return origin === 'array' || origin === 'set' ? `${limit} ${limit === 1 ? 'item' : 'items'}` : String(limit);
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
