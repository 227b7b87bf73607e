// Signed tokens, made by node:crypto alone, and the keys that they are verified by.
import { type KeyObject, constants, createHmac, generateKeyPairSync, sign } from 'node:crypto';

export type SigningKey = {
  readonly id: string;
  readonly algorithm: string;
  readonly privateKey: KeyObject;
  readonly jwk: object;
};

const EC_CURVES: Readonly<Record<string, string>> = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' };

/** A new key for an algorithm. */
export function signingKey(id: string, algorithm = 'ES256', modulusLength = 2048): SigningKey {
  const curve = EC_CURVES[algorithm];
  const { publicKey, privateKey } =
    algorithm === 'EdDSA'
      ? generateKeyPairSync('ed25519')
      : curve === undefined
        ? generateKeyPairSync('rsa', { modulusLength })
        : generateKeyPairSync('ec', { namedCurve: curve });
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: id, use: 'sig', alg: algorithm };
  return { id, algorithm, privateKey, jwk };
}

/** A set of keys, as it is fetched. */
export function keySet(...keys: readonly SigningKey[]): string {
  return JSON.stringify({ keys: keys.map(({ jwk }) => jwk) });
}

/** Claims that are good for the next minutes. */
export function goodClaims(more: object = {}): object {
  const now = Math.floor(Date.now() / 1000);
  return { iss: 'https://id.test', aud: 'shop', sub: 'anna', iat: now, exp: now + 600, ...more };
}

/** A token with that signature. `header`: besides the algorithm and the id of the key. */
export function token({ id, algorithm, privateKey }: SigningKey, claims = goodClaims(), header: object = {}): string {
  const signed = unsigned({ alg: algorithm, kid: id, ...header }, claims);
  return `${signed}.${signatureOf(algorithm, privateKey, Buffer.from(signed)).toString('base64url')}`;
}

/** One that is signed with a secret. */
export function secretToken(secret: string | Uint8Array, claims = goodClaims(), algorithm = 'HS256'): string {
  const signed = unsigned({ alg: algorithm }, claims);
  const hash = algorithm.replace('HS', 'sha');
  return `${signed}.${createHmac(hash, secret).update(signed).digest('base64url')}`;
}

/** All but the signature. */
export function unsigned(header: object, claims: object | string): string {
  const parts = [JSON.stringify(header), typeof claims === 'string' ? claims : JSON.stringify(claims)];
  return parts.map((part) => Buffer.from(part).toString('base64url')).join('.');
}

function signatureOf(algorithm: string, key: KeyObject, signed: Uint8Array): Buffer {
  const hash = `sha${algorithm.slice(2)}`;
  if (algorithm === 'EdDSA') return sign(null, signed, key);
  if (algorithm.startsWith('ES')) return sign(hash, signed, { key, dsaEncoding: 'ieee-p1363' });
  if (algorithm.startsWith('RS')) return sign(hash, signed, key);
  const { RSA_PKCS1_PSS_PADDING: padding, RSA_PSS_SALTLEN_DIGEST: saltLength } = constants;
  return sign(hash, signed, { key, padding, saltLength });
}
