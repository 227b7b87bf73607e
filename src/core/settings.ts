// The kinds of single values in a configuration: how each is read, what is said when it is refused, and how editors and
// the reference describe it. Balancers, checks and policies declare their options with these.
import { z } from 'zod';
import { nearest } from './near-miss.ts';
import { nearestDuration, nearestShare, nearestSize } from './near-units.ts';
import { type Result, err, ok } from './result.ts';
import {
  type Bytes,
  type Millis,
  bytes,
  formatDuration,
  formatSize,
  millis,
  parseDuration,
  parseSize,
  type Share,
  parseShare,
} from './units.ts';

/** Why a value is refused. */
export type Refusal = {
  /** What is wrong. `{value}` stands for the value as the file has it. The message must not hold the value itself: it may be
   * a secret from an environment variable. */
  readonly message: string;
  /** What was expected; absent: what the setting expects in general. */
  readonly expected?: string;
  /** Makes a better text from the one in the file; null: there is none. */
  readonly suggest?: (text: string) => string | null;
};

/** A JSON Schema, in parts. */
export type JsonSchema = Readonly<Record<string, unknown>>;

export type SettingKind<Out> = {
  /** A word or two for the reference. */
  readonly type: string;
  /** What a refusal says after "expected". */
  readonly expected: string;
  readonly json: JsonSchema;
  /** Never called with undefined or null. */
  parse(value: unknown): Result<Out, Refusal>;
};

/** A schema for one value. `In` is what TypeScript accepts for it. */
export function setting<In, Out>(kind: SettingKind<Out>) {
  const read = (value: In, context: z.core.$RefinementCtx<In>): Out => {
    const isMissing = value === undefined || value === null;
    const parsed = isMissing ? err<Refusal>({ message: 'is missing' }) : kind.parse(value);
    if (parsed.ok) return parsed.value;
    context.issues.push({ code: 'custom', input: value, params: { expected: kind.expected, ...parsed.error } });
    return z.NEVER;
  };
  return z
    .custom<In>()
    .transform(read)
    .meta({ 'x-type': kind.type, ...kind.json });
}

const refusal = z.object({
  message: z.string(),
  expected: z.exactOptional(z.string()),
  suggest: z.exactOptional(z.custom<(text: string) => string | null>((value) => typeof value === 'function')),
});

/** Marks a setting whose value nobody is shown. */
export const SECRET = { 'x-secret': true } as const;

/** The refusal that a setting has put into an issue; for a plain refinement, its message. */
export function refusalOf(issue: z.core.$ZodIssueCustom): Refusal {
  const { data } = refusal.safeParse(issue.params);
  return data ?? { message: issue.message };
}

/** `true` or `false`. */
export const flag = setting<boolean | 'true' | 'false', boolean>({
  type: 'true or false',
  expected: 'true or false',
  json: { type: ['boolean', 'string'], pattern: orReference('^(true|false)$') },
  parse(value) {
    if (typeof value === 'boolean') return ok(value);
    if (value === 'true' || value === 'false') return ok(value === 'true');
    return err({ message: '{value} is neither', suggest: nearestFlag });
  },
});

// YAML 1.1 and the files of nginx and HAProxy have these words for it.
function nearestFlag(typed: string): string | null {
  if (/^(yes|on|y|1|enabled?)$/i.test(typed) || /^true$/i.test(typed)) return 'true';
  return /^(no|off|n|0|disabled?|none)$/i.test(typed) || /^false$/i.test(typed) ? 'false' : null;
}

type Range = { readonly min: number; readonly max: number };

/** A whole number. */
export function count({ min, max }: Range) {
  const expected = `a whole number from ${min} to ${max}`;
  return setting<number | string, number>({
    type: `integer, ${min} to ${max}`,
    expected,
    json: { type: ['integer', 'string'], minimum: min, maximum: max, pattern: orReference('^\\d+$') },
    parse(value) {
      const number = wholeNumber(value);
      if (number === null) return err({ message: '{value} is not a whole number' });
      return number >= min && number <= max ? ok(number) : err({ message: '{value} is out of range' });
    },
  });
}

/** A whole number, or `none` for no limit, which is read as Infinity. */
export function countOrNone({ min, max }: Range) {
  return setting<number | string, number>({
    type: `integer from ${min}, or none`,
    expected: `a whole number from ${min} to ${max}, or none`,
    json: { type: ['integer', 'string'], minimum: min, maximum: max, pattern: orReference('^(\\d+|none)$') },
    parse(value) {
      if (value === 'none') return ok(Number.POSITIVE_INFINITY);
      const number = wholeNumber(value);
      if (number === null) return err({ message: '{value} is not a whole number' });
      return number >= min && number <= max ? ok(number) : err({ message: '{value} is out of range' });
    },
  });
}

/** A part of a whole. */
export const portion = setting<number | string, Share>({
  type: 'share',
  expected: 'a share from 0% to 100%, such as 50% or 0.5',
  json: { type: ['number', 'string'], minimum: 0, maximum: 1, pattern: orReference('^\\d+(\\.\\d+)? *%?$') },
  parse(value) {
    const part = typeof value === 'string' || typeof value === 'number' ? parseShare(value) : null;
    return part === null ? err({ message: '{value} is not a share', suggest: nearestShare }) : ok(part);
  },
});

const DURATION = '\\d+(\\.\\d+)? *(ms|s|m|h|d)?';
// The runtime's timers hold 31 bits of milliseconds, which is 24.8 days.
const LONGEST: Millis = millis(24 * 86_400_000);

/** A length of time from 1 ms to 24 days. */
export const duration = setting<number | string, Millis>({
  type: 'duration',
  expected: 'a duration such as 15 (seconds), "250ms" or "2m"',
  json: { type: ['number', 'string'], exclusiveMinimum: 0, pattern: orReference(`^${DURATION}$`) },
  parse: parseLength,
});

/** A length of time that is not shorter than that. */
export function durationFrom(min: Millis) {
  const least = `a duration of at least ${formatDuration(min)}`;
  return setting<number | string, Millis>({
    type: `duration, at least ${formatDuration(min)}`,
    expected: 'a duration such as 15 (seconds), "250ms" or "2m"',
    json: { type: ['number', 'string'], exclusiveMinimum: 0, pattern: orReference(`^${DURATION}$`) },
    parse(value) {
      const parsed = parseLength(value);
      return parsed.ok && parsed.value < min ? err({ message: '{value} is too short', expected: least }) : parsed;
    },
  });
}

/** A length of time, or `none` for no limit, which is read as Infinity. */
export const durationOrNone = setting<number | string, Millis>({
  type: 'duration or none',
  expected: 'a duration such as 15 (seconds), "250ms" or "2m", or none',
  json: { type: ['number', 'string'], exclusiveMinimum: 0, pattern: orReference(`^(${DURATION}|none)$`) },
  parse: (value) => (value === 'none' ? ok(millis(Number.POSITIVE_INFINITY)) : parseLength(value)),
});

/** A length of time, or 0 for none at all. */
export const durationOrZero = setting<number | string, Millis>({
  type: 'duration or 0',
  expected: 'a duration such as 15 (seconds), "250ms" or "2m", or 0',
  json: { type: ['number', 'string'], minimum: 0, pattern: orReference(`^${DURATION}$`) },
  parse: (value) => (value === 0 || value === '0' ? ok(millis(0)) : parseLength(value)),
});

const SIZE = '\\d+(\\.\\d+)? *(B|KiB|MiB|GiB|KB|MB|GB)?';
const SIZE_EXAMPLES = 'a size such as 512 (bytes), "32KiB" or "10MB"';

/** A size within bounds. */
export function size({ min, max }: { readonly min: Bytes; readonly max: Bytes }) {
  const bounds = `a size from ${formatSize(min)} to ${formatSize(max)}`;
  return setting<number | string, Bytes>({
    type: `size, ${formatSize(min)} to ${formatSize(max)}`,
    expected: SIZE_EXAMPLES,
    json: { type: ['integer', 'string'], minimum: min, maximum: max, pattern: orReference(`^${SIZE}$`) },
    parse(value) {
      const parsed = sizeOf(value);
      if (parsed === null) return err({ message: '{value} is not a size', suggest: nearestSize });
      return parsed >= min && parsed <= max
        ? ok(parsed)
        : err({ message: '{value} is out of range', expected: bounds });
    },
  });
}

/** A size, or `none` for no limit. */
export const sizeOrNone = setting<number | string, Bytes>({
  type: 'size or none',
  expected: `${SIZE_EXAMPLES}, or none`,
  json: { type: ['integer', 'string'], minimum: 0, pattern: orReference(`^(${SIZE}|none)$`) },
  parse(value) {
    const parsed = value === 'none' ? bytes(Number.POSITIVE_INFINITY) : sizeOf(value);
    return parsed === null ? err({ message: '{value} is not a size', suggest: nearestSize }) : ok(parsed);
  },
});

/** One of a few words. */
export function choice<const Word extends string>(words: readonly Word[]) {
  const type = words.join(' or ');
  const suggest = (typed: string) => nearest(typed, words);
  return setting<Word, Word>({
    type,
    expected: words.length > 2 ? `one of ${words.join(', ')}` : type,
    json: { anyOf: [{ enum: words }, { type: 'string', pattern: orReference('') }] },
    parse(value) {
      const word = words.find((candidate) => candidate === value);
      return word === undefined ? err({ message: '{value} is not known', suggest }) : ok(word);
    },
  });
}

export type TextKind<Out> = {
  readonly type: string;
  readonly expected: string;
  /** For editors only. */
  readonly pattern?: string;
  /** What a number or a truth value most likely stands for; absent: the same in quotes. */
  readonly suggestText?: (typed: string) => string | null;
  parse(text: string): Result<Out, Refusal>;
};

/** A text with a meaning of its own. */
export function text<Out>(kind: TextKind<Out>) {
  const { type, expected, pattern } = kind;
  const json = pattern === undefined ? { type: 'string' } : { type: 'string', pattern: orReference(pattern) };
  return setting<string, Out>({
    type,
    expected,
    json,
    parse(value) {
      if (typeof value === 'string') return kind.parse(value);
      const isScalar = typeof value === 'number' || typeof value === 'boolean';
      // YAML reads 123 as a number and true as a boolean: suggest quotes.
      if (isScalar) return err({ message: '{value} is not a text', suggest: kind.suggestText ?? quoted });
      return err({ message: '{value} is not a text' });
    },
  });
}

function quoted(typed: string): string {
  return `"${typed}"`;
}

function parseLength(value: unknown): Result<Millis, Refusal> {
  const length = typeof value === 'string' || typeof value === 'number' ? parseDuration(value) : null;
  if (length === null) return err({ message: '{value} is not a duration', suggest: nearestDuration });
  if (length < 1) return err({ message: '{value} is too short', expected: 'a duration of at least 1ms' });
  if (length > LONGEST) return err({ message: '{value} is too long', expected: `at most ${formatDuration(LONGEST)}` });
  return ok(length);
}

/** The pattern, extended so that a reference to an environment variable passes as well. */
function orReference(pattern: string): string {
  return pattern === '' ? '\\$\\{' : `${pattern}|\\$\\{`;
}

function wholeNumber(value: unknown): number | null {
  const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : null;
}

function sizeOf(value: unknown): Bytes | null {
  return typeof value === 'string' || typeof value === 'number' ? parseSize(value) : null;
}
