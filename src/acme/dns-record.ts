// The record of the DNS that proves a name (RFC 8555 8.4).
import { createHash } from 'node:crypto';

/** `name`: without `*.`; `keyAuthorization`: what RFC 8555 8.1 says. */
export function dnsRecord(name: string, keyAuthorization: string): { readonly record: string; readonly value: string } {
  const value = createHash('sha256').update(keyAuthorization).digest('base64url');
  return { record: `_acme-challenge.${name}`, value };
}
