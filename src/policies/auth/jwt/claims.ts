// What a token says, and whether that is enough.
import type { Millis } from '../../../core/units.ts';
import { type Claims, isObject } from './token.ts';

/** What one claim must say. */
export type ClaimRule = {
  readonly equals?: string | number | boolean;
  readonly contains?: string;
  readonly one_of?: readonly (string | number | boolean)[];
};

export type ClaimRules = {
  /** Who must have issued it; null: anybody whose key is known. */
  readonly issuer: string | null;
  /** For one of these it must be; null: for anybody. */
  readonly audience: readonly string[] | null;
  /** Claims that must be there. */
  readonly require: readonly string[];
  readonly rules: Readonly<Record<string, ClaimRule>>;
  readonly skew: Millis;
  /** From issue to end; null: any. */
  readonly maxLifetime: Millis | null;
};

/** Why a token is refused, in one sentence for the client. */
export type ClaimProblem =
  | { readonly kind: 'invalid'; readonly detail: string }
  | { readonly kind: 'insufficient'; readonly detail: string; readonly scope: string | null };

/** Null: it is good. `wall`: milliseconds since 1970. */
export function problemWith(claims: Claims, rules: ClaimRules, wall: number): ClaimProblem | null {
  const invalid = invalidity(claims, rules, wall / 1000);
  if (invalid !== null) return { kind: 'invalid', detail: invalid };
  const missed = Object.entries(rules.rules).find(([name, rule]) => !isMet(claimOf(claims, name), rule));
  if (missed === undefined) return null;
  const [name, { contains }] = missed;
  const scope = (name === 'scope' || name === 'scp') && contains !== undefined ? contains : null;
  return { kind: 'insufficient', detail: 'The token does not allow this.', scope };
}

/** When a token ends, in milliseconds since 1970, skew included; Infinity: it does not say. */
export function endOf({ exp }: Claims, skew: Millis): number {
  return typeof exp === 'number' ? exp * 1000 + skew : Number.POSITIVE_INFINITY;
}

/** A claim by its name, or by names with dots between them, such as `realm_access.roles`. */
export function claimOf(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  let value: unknown = claims;
  for (const part of name.split('.')) {
    if (!isObject(value) || !Object.hasOwn(value, part)) return undefined;
    value = value[part];
  }
  return value;
}

/** A claim as a text; null: it is no text, no number and no list of these. */
export function claimText(value: unknown): string | null {
  if (Array.isArray(value)) {
    const texts = value.map(claimText);
    return texts.every((text) => text !== null) ? texts.join(',') : null;
  }
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;
}

/** A claim as a list: an array, or words in a text, as in `scope`. */
export function claimList(value: unknown): readonly string[] {
  if (typeof value === 'string') return value.split(' ').filter((word) => word !== '');
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

function invalidity(claims: Claims, rules: ClaimRules, now: number): string | null {
  const { issuer, audience, require } = rules;
  if (issuer !== null && claims['iss'] !== issuer) return 'The token is from another issuer.';
  if (audience !== null && !isFor(claims['aud'], audience)) return 'The token is for somebody else.';
  const missing = require.find((name) => claimOf(claims, name) === undefined);
  if (missing !== undefined) return `The token has no ${missing}.`;
  return untimeliness(claims, rules, now);
}

function untimeliness({ exp, nbf, iat }: Claims, { skew, maxLifetime }: ClaimRules, now: number): string | null {
  if (![exp, nbf, iat].every(isInstant)) return 'The token has a time that is none.';
  const allowed = skew / 1000;
  if (typeof exp === 'number' && exp + allowed <= now) return 'The token has expired.';
  if (typeof nbf === 'number' && nbf - allowed > now) return 'The token is not valid yet.';
  if (maxLifetime === null) return null;
  const isShort = typeof exp === 'number' && typeof iat === 'number' && exp - iat <= maxLifetime / 1000;
  return isShort && iat - allowed <= now ? null : 'The token is valid for too long.';
}

// Seconds since 1970, up to where dates end; absent is well.
const LATEST = 8.64e12;

function isInstant(value: unknown): boolean {
  return value === undefined || (typeof value === 'number' && value >= 0 && value <= LATEST);
}

function isFor(aud: unknown, audience: readonly string[]): boolean {
  const named: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  return named.some((one) => typeof one === 'string' && audience.includes(one));
}

function isMet(value: unknown, { equals, contains, one_of: oneOf }: ClaimRule): boolean {
  if (equals !== undefined && value !== equals) return false;
  if (contains !== undefined && !claimList(value).includes(contains)) return false;
  return oneOf === undefined || oneOf.some((one) => one === value);
}
