// The public keys of one who issues tokens (RFC 7517). Keys that are of no use here are passed over, as the RFC wants it: a set may
// have keys of kinds that are not known yet.
import { type KeyObject, createPublicKey } from 'node:crypto';
import { type Result, err, ok } from '../../../core/result.ts';
import { type Algorithm, takes } from './algorithms.ts';
import { type Claims, isObject } from './token.ts';

export type SetKey = {
  /** Null: it has none. */
  readonly id: string | null;
  /** The only algorithm that it is for; null: any that takes it. */
  readonly algorithm: string | null;
  readonly key: KeyObject;
};

export type KeySet = readonly SetKey[];

const MOST_KEYS = 100;
/** Shorter ones can be broken (NIST SP 800-131A). */
const LEAST_RSA_BITS = 2048;
/** Where neither the token nor the keys have ids, so many are tried. */
const MOST_TRIED = 8;

/** A set as it was fetched. The error is one line for operators. */
export function parseKeySet(text: string): Result<KeySet, string> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return err('the keys are no JSON');
  }
  const keys = isObject(value) ? value['keys'] : undefined;
  if (!Array.isArray(keys)) return err('there is no list "keys"');
  if (keys.length > MOST_KEYS) return err(`there are more than ${MOST_KEYS} keys`);
  const known = keys.flatMap((key: unknown) => importKey(key) ?? []);
  return known.length === 0 ? err('there is no key that can be used') : ok(known);
}

/** Null: it is of no use here. */
export function importKey(jwk: unknown): SetKey | null {
  if (!isObject(jwk) || typeof jwk['kty'] !== 'string' || jwk['use'] === 'enc') return null;
  const { kid, alg, key_ops: operations } = jwk;
  if (Array.isArray(operations) && !operations.includes('verify')) return null;
  const key = publicKey(jwk);
  const bits = key?.asymmetricKeyDetails?.modulusLength;
  if (key === null || (bits !== undefined && bits < LEAST_RSA_BITS)) return null;
  return { id: typeof kid === 'string' ? kid : null, algorithm: typeof alg === 'string' ? alg : null, key };
}

/** The keys that may have signed a token. */
export function keysFor(set: KeySet, algorithm: Algorithm, keyId: string | null): readonly KeyObject[] {
  const fitting = set.filter(
    ({ id, algorithm: own, key }) =>
      (keyId === null || id === keyId) && (own === null || own === algorithm) && takes(algorithm, key),
  );
  return fitting.slice(0, MOST_TRIED).map(({ key }) => key);
}

// Only what is public of it is read: a set that has private keys by mistake gives nothing away here.
function publicKey(jwk: Claims): KeyObject | null {
  const { kty, n, e, crv, x, y } = jwk;
  const shown = Object.entries({ kty, n, e, crv, x, y }).filter(([, value]) => value !== undefined);
  try {
    return createPublicKey({ key: Object.fromEntries(shown), format: 'jwk' });
  } catch {
    return null;
  }
}
