// The name of a field that the gateway keeps back from backends unless a tenant lists it.
import { err, ok } from '../core/result.ts';
import { text } from '../core/settings.ts';
import { isClaim } from '../message/claims.ts';

const FIELD_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

// By these the gateway itself speaks of certificates of clients.
const OWN = ['client-cert', 'x-client-cert-fingerprint'];

export const claimName = text<string>({
  type: 'field name',
  expected: 'a field that is kept back, such as X-Forwarded-User or X-Original-URL',
  parse(name) {
    if (!FIELD_NAME.test(name)) return err({ message: '{value} is not the name of a header field' });
    return isClaim(name) && !OWN.includes(name.toLowerCase().replaceAll('_', '-'))
      ? ok(name.toLowerCase())
      : err({ message: '{value} passes anyway, or is set by the gateway' });
  },
});
