// The algorithms by which tokens are signed (RFC 7518 3, RFC 8037), each with the kind of key that it takes. A token cannot choose
// another one for a key: one that is public must never be taken for a secret.
import { type KeyObject, constants, createHmac, timingSafeEqual, verify } from 'node:crypto';

type Kind =
  | { readonly kind: 'rsa'; readonly hash: string; readonly isPss: boolean }
  | { readonly kind: 'ec'; readonly hash: string; readonly curve: string }
  | { readonly kind: 'ed25519' }
  | { readonly kind: 'secret'; readonly hash: string };

const KINDS = {
  RS256: { kind: 'rsa', hash: 'sha256', isPss: false },
  RS384: { kind: 'rsa', hash: 'sha384', isPss: false },
  RS512: { kind: 'rsa', hash: 'sha512', isPss: false },
  PS256: { kind: 'rsa', hash: 'sha256', isPss: true },
  PS384: { kind: 'rsa', hash: 'sha384', isPss: true },
  PS512: { kind: 'rsa', hash: 'sha512', isPss: true },
  ES256: { kind: 'ec', hash: 'sha256', curve: 'prime256v1' },
  ES384: { kind: 'ec', hash: 'sha384', curve: 'secp384r1' },
  ES512: { kind: 'ec', hash: 'sha512', curve: 'secp521r1' },
  EdDSA: { kind: 'ed25519' },
  HS256: { kind: 'secret', hash: 'sha256' },
  HS384: { kind: 'secret', hash: 'sha384' },
  HS512: { kind: 'secret', hash: 'sha512' },
} as const satisfies Readonly<Record<string, Kind>>;

export type Algorithm = keyof typeof KINDS;

export const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'HS256',
  'HS384',
  'HS512',
] as const satisfies readonly Algorithm[];

export function needsSecret(algorithm: Algorithm): boolean {
  return KINDS[algorithm].kind === 'secret';
}

/** Whether a public key is of the kind that the algorithm takes. */
export function takes(algorithm: Algorithm, { asymmetricKeyType, asymmetricKeyDetails }: KeyObject): boolean {
  const wanted: Kind = KINDS[algorithm];
  switch (wanted.kind) {
    case 'rsa':
      return asymmetricKeyType === 'rsa';
    case 'ec':
      return asymmetricKeyType === 'ec' && asymmetricKeyDetails?.namedCurve === wanted.curve;
    case 'ed25519':
      return asymmetricKeyType === 'ed25519';
    case 'secret':
      return false;
  }
}

/** Whether the key has made the signature. The key is of the kind that the algorithm takes. */
export function isSignedBy(
  key: KeyObject | Uint8Array,
  algorithm: Algorithm,
  { signed, signature }: { readonly signed: Uint8Array; readonly signature: Uint8Array },
): boolean {
  const wanted: Kind = KINDS[algorithm];
  if (wanted.kind === 'secret') return key instanceof Uint8Array && isMacOf(key, wanted.hash, signed, signature);
  if (key instanceof Uint8Array) return false;
  try {
    switch (wanted.kind) {
      case 'rsa':
        return verify(wanted.hash, signed, wanted.isPss ? withPss(key) : key, signature);
      case 'ec':
        return verify(wanted.hash, signed, { key, dsaEncoding: 'ieee-p1363' }, signature);
      case 'ed25519':
        return verify(null, signed, key, signature);
    }
  } catch {
    // The signature has not even the form of one.
    return false;
  }
}

function withPss(key: KeyObject) {
  const { RSA_PKCS1_PSS_PADDING: padding, RSA_PSS_SALTLEN_DIGEST: saltLength } = constants;
  return { key, padding, saltLength };
}

function isMacOf(secret: Uint8Array, hash: string, signed: Uint8Array, signature: Uint8Array): boolean {
  const mac = createHmac(hash, secret).update(signed).digest();
  return mac.length === signature.length && timingSafeEqual(mac, signature);
}
