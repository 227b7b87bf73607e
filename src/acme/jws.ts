// Signs what an authority is sent (RFC 7515 in the form that RFC 8555 6.2 wants), with ECDSA on P-256.
import {
  type KeyObject,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
} from 'node:crypto';

/** The public part of a key (RFC 7517), its members in the order of RFC 7638. */
type PublicJwk = { readonly crv: string; readonly kty: string; readonly x: string; readonly y: string };

export type Signed = { readonly protected: string; readonly payload: string; readonly signature: string };

/** A new key, PKCS #8, PEM. */
export function newKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' });
}

/** Signs for one account. */
export class Signer {
  private readonly key: KeyObject;
  private readonly jwk: PublicJwk;

  /** `pem`: of the account's key. Throws where it is none. */
  constructor(pem: string) {
    this.key = createPrivateKey(pem);
    this.jwk = publicJwk(this.key);
  }

  /** `url`: of the request; `account`: its URL; null: it is only made, and sends its key. `payload` null: POST-as-GET. */
  sign(url: string, nonce: string, account: string | null, payload: object | null): Signed {
    const who = account === null ? { jwk: this.jwk } : { kid: account };
    const head = base64url(JSON.stringify({ alg: 'ES256', nonce, url, ...who }));
    const body = payload === null ? '' : base64url(JSON.stringify(payload));
    const signature = sign('sha256', Buffer.from(`${head}.${body}`), { key: this.key, dsaEncoding: 'ieee-p1363' });
    return { protected: head, payload: body, signature: signature.toString('base64url') };
  }

  /** What says that another account of the authority's owner vouches for this one (RFC 8555 7.3.4). `secret`: base64url. */
  binding(url: string, id: string, secret: string): Signed {
    const head = base64url(JSON.stringify({ alg: 'HS256', kid: id, url }));
    const body = base64url(JSON.stringify(this.jwk));
    const signature = createHmac('sha256', Buffer.from(secret, 'base64url')).update(`${head}.${body}`);
    return { protected: head, payload: body, signature: signature.digest('base64url') };
  }

  /** What proves that whoever shows it has the account's key (RFC 8555 8.1). */
  authorize(token: string): string {
    const thumbprint = createHash('sha256').update(JSON.stringify(this.jwk)).digest('base64url');
    return `${token}.${thumbprint}`;
  }
}

function publicJwk(key: KeyObject): PublicJwk {
  const { crv = '', kty = '', x = '', y = '' } = createPublicKey(key).export({ format: 'jwk' });
  return { crv, kty, x, y };
}

function base64url(text: string): string {
  return Buffer.from(text).toString('base64url');
}
