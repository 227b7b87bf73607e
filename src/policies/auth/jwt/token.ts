// A JSON Web Token as it was sent (RFC 7519, RFC 7515): taken apart, and not believed yet.
import { type Result, err, ok } from '../../../core/result.ts';

export type Claims = Readonly<Record<string, unknown>>;

export type Token = {
  readonly algorithm: string;
  /** Which key is said to have signed it; null: it does not say. */
  readonly keyId: string | null;
  readonly claims: Claims;
  /** What is signed. */
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
};

/** Longer ones are not read. */
const LONGEST_TOKEN = 8 * 1024;
const PART = /^[A-Za-z0-9_-]+$/;

/** Takes a token apart. The error is one sentence for the client. */
export function parseToken(text: string): Result<Token, string> {
  if (text.length > LONGEST_TOKEN) return err('The token is too long.');
  const parts = text.split('.');
  const [head = '', body = '', signature = ''] = parts;
  if (parts.length !== 3 || !parts.every((part) => PART.test(part))) return err('This is no signed token.');
  const header = objectIn(head);
  const claims = objectIn(body);
  if (header === null || claims === null) return err('This is no signed token.');
  const { alg, kid } = header;
  if (typeof alg !== 'string') return err('The token names no algorithm.');
  // RFC 7515 4.1.11: what must be understood is not.
  if ('crit' in header) return err('The token asks for an extension that is not known.');
  return ok({
    algorithm: alg,
    keyId: typeof kid === 'string' ? kid : null,
    claims,
    signed: Buffer.from(`${head}.${body}`, 'latin1'),
    signature: Buffer.from(signature, 'base64url'),
  });
}

const decoder = new TextDecoder('utf-8', { fatal: true });

function objectIn(part: string): Claims | null {
  try {
    const value: unknown = JSON.parse(decoder.decode(Buffer.from(part, 'base64url')));
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

export function isObject(value: unknown): value is Claims {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
