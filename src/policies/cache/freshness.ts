// Whether an answer may be stored, and how long it is fresh (RFC 9111). The rules are those of http-cache-semantics; what it takes
// literally is brought into one form before: it knows directives in lower case only, splits at commas within quotes, takes a
// negative Age for time that is left, and never looks at Date.
import Semantics from 'http-cache-semantics';
import { parseHttpDate } from '../../core/http-date.ts';
import { type Millis, millis } from '../../core/units.ts';
import { type Directives, directivesOf, secondsOf, targetedDirectives } from './directives.ts';

/** A field; names in lower case. */
export type Field = readonly [name: string, value: string];

export type AnswerFacts = { readonly status: number; readonly fields: readonly Field[] };

/** What counts of the request. */
export type AskerFacts = {
  /** The backend has seen an Authorization. */
  readonly isAuthorized: boolean;
  /** Its answer may depend on cookies of which nothing is known here. */
  readonly hasCookies: boolean;
  /** Request directives; none where they are not heeded. */
  readonly directives: Directives;
};

export type Rules = {
  readonly statuses: ReadonlySet<number>;
  /** For answers that say nothing of their freshness; null: they are not stored. */
  readonly defaultTtl: Millis | null;
  readonly maxTtl: Millis;
  readonly staleWhileRevalidate: Millis;
  readonly staleIfError: Millis;
  readonly storesCookies: boolean;
};

export type Assessment =
  | {
      readonly kind: 'store';
      readonly lifetime: Millis;
      /** As it was when the answer came. */
      readonly age: Millis;
      readonly staleWhileRevalidate: Millis;
      readonly staleIfError: Millis;
      /** Nothing that it says forbids to give it when it is stale. */
      readonly allowsStale: boolean;
      /** It may be given to requests with an Authorization. */
      readonly isForAuthorized: boolean;
    }
  | { readonly kind: 'pass'; readonly why: string };

// A Date that is older than this does not come from a clock that is slow.
const CLOCKS_DIFFER = 60_000;
const TARGETED = 'cdn-cache-control';
const SHARED = { shared: true, cacheHeuristic: 0, immutableMinTimeToLive: 0 };
const FORBID_STALE = ['must-revalidate', 'proxy-revalidate', 'no-cache'];

/** `now`: milliseconds since 1970, when the answer came. */
export function assess(answer: AnswerFacts, asker: AskerFacts, rules: Rules, now: number): Assessment {
  const value = (name: string): string | null => valueIn(answer.fields, name);
  const directives = directivesFor(answer.fields);
  if (!rules.statuses.has(answer.status)) return { kind: 'pass', why: 'status' };
  if (value('set-cookie') !== null && !rules.storesCookies) return { kind: 'pass', why: 'set-cookie' };
  if (value('vary')?.includes('*') === true) return { kind: 'pass', why: 'vary' };
  const semantics = semanticsOf(answer, directives, asker.isAuthorized, now);
  if (asker.directives.has('no-store') || !semantics.storable()) return { kind: 'pass', why: 'not-storable' };
  const lifetime = lifetimeOf(semantics, saysHowLong(answer.fields, directives), asker, rules);
  if (lifetime === null) return { kind: 'pass', why: 'no-freshness' };
  const stale = staleTimes(directives, rules);
  const age = ageOf(answer.fields, now);
  const hasValidator = value('etag') !== null || value('last-modified') !== null;
  const usable = lifetime + Math.max(stale.staleWhileRevalidate, stale.staleIfError);
  if (age >= usable && !hasValidator) return { kind: 'pass', why: 'stale' };
  const isForAuthorized = semanticsOf(answer, directives, true, now).storable();
  return { kind: 'store', lifetime, age, ...stale, isForAuthorized };
}

// What is said to caches in front of origins goes before what is said to all, Expires and Pragma included (RFC 9213).
function directivesFor(fields: readonly Field[]): Directives {
  const targeted = targetedDirectives(valueIn(fields, TARGETED));
  return targeted.size > 0 ? targeted : directivesOf(valueIn(fields, 'cache-control'));
}

function isTargeted(fields: readonly Field[]): boolean {
  return targetedDirectives(valueIn(fields, TARGETED)).size > 0;
}

function lifetimeOf(
  semantics: Semantics,
  isExplicit: boolean,
  { isAuthorized, hasCookies }: AskerFacts,
  { defaultTtl, maxTtl }: Rules,
): Millis | null {
  if (isExplicit) return millis(Math.min(maxTtl, semantics.maxAge() * 1000));
  // Nobody but the configuration says that the answer is for all.
  return defaultTtl === null || isAuthorized || hasCookies ? null : millis(Math.min(maxTtl, defaultTtl));
}

function saysHowLong(fields: readonly Field[], directives: Directives): boolean {
  const isSaid = ['s-maxage', 'max-age', 'no-cache'].some((name) => directives.has(name));
  if (isSaid || isTargeted(fields)) return isSaid;
  const pragma = valueIn(fields, 'pragma');
  return valueIn(fields, 'expires') !== null || pragma?.toLowerCase().includes('no-cache') === true;
}

// RFC 5861 and RFC 9111 4.2.4. What the answer itself says goes first; `s-maxage` means that what is stale is asked about, unless
// the answer says that it need not be.
function staleTimes(directives: Directives, rules: Rules) {
  const isForbidden = FORBID_STALE.some((name) => directives.has(name));
  const timeOf = (name: string, configured: Millis): Millis => {
    if (isForbidden) return millis(0);
    const own = secondsOf(directives, name);
    return own === null ? millis(directives.has('s-maxage') ? 0 : configured) : millis(own * 1000);
  };
  return {
    allowsStale: !isForbidden && !directives.has('s-maxage'),
    staleWhileRevalidate: timeOf('stale-while-revalidate', rules.staleWhileRevalidate),
    staleIfError: timeOf('stale-if-error', rules.staleIfError),
  };
}

// RFC 9111 4.2.3.
function ageOf(fields: readonly Field[], now: number): Millis {
  const said = valueIn(fields, 'age')?.split(',')[0]?.trim() ?? '';
  const age = /^\d+$/.test(said) ? Math.min(Number(said), 2 ** 31) * 1000 : 0;
  const date = parseHttpDate(valueIn(fields, 'date') ?? '', now);
  const apparent = date === null ? 0 : now - date;
  return millis(apparent > CLOCKS_DIFFER ? Math.max(age, apparent) : age);
}

function semanticsOf({ status, fields }: AnswerFacts, directives: Directives, isAuthorized: boolean, now: number) {
  const date = parseHttpDate(valueIn(fields, 'date') ?? '', now) ?? now;
  const expires = isTargeted(fields) ? null : valueIn(fields, 'expires');
  const headers: Record<string, string> = { date: new Date(date).toUTCString() };
  if (directives.size > 0) headers['cache-control'] = textOf(directives);
  if (expires !== null) headers['expires'] = dateText(expires, now);
  const pragma = valueIn(fields, 'pragma');
  if (pragma !== null && directives.size === 0) headers['pragma'] = pragma.toLowerCase();
  const request = { method: 'GET', url: '', headers: isAuthorized ? { authorization: '-' } : {} };
  return new Semantics(request, { status, headers }, SHARED);
}

// What is no date has passed (RFC 9111 5.3).
function dateText(value: string, now: number): string {
  const time = parseHttpDate(value, now);
  return time === null ? 'none' : new Date(time).toUTCString();
}

const SECONDS = new Set(['max-age', 's-maxage']);

function textOf(directives: Directives): string {
  const parts: string[] = [];
  for (const [name, value] of directives) {
    // It only says what becomes of a stale answer, which is decided above.
    if (name === 'proxy-revalidate') continue;
    if (SECONDS.has(name)) parts.push(`${name}=${secondsOf(directives, name) ?? 0}`);
    else parts.push(value === true || value.includes(',') ? name : `${name}=${value}`);
  }
  return parts.join(', ');
}

/** The values of all fields of that name (lower-case), as one list; null: there is none. */
export function valueIn(fields: readonly Field[], name: string): string | null {
  let found: string | null = null;
  for (const [one, value] of fields) if (one === name) found = found === null ? value : `${found}, ${value}`;
  return found;
}
