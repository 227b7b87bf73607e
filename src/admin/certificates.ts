// GET /certificates: what listeners show to clients over TLS, and until when.
import { type CertificateFacts, daysLeft, validityOf } from '../core/certificate.ts';
import type { AdminEndpoint } from './contract.ts';
import { json } from './json.ts';

export const certificates = {
  path: '/certificates',
  summary: 'The certificate that TLS listeners show: its names, its issuer, and when it expires.',
  method: 'GET',
  access: 'operator',
  answer(_call, sources) {
    const wall = sources.wall();
    return json(200, { certificates: sources.certificates().map((facts) => described(facts, wall)) });
  },
} as const satisfies AdminEndpoint;

function described(facts: CertificateFacts, wall: number) {
  const { file, names, issuer, fingerprint, validFrom, expires } = facts;
  return {
    file,
    names,
    issuer,
    fingerprint,
    valid_from: new Date(validFrom).toISOString(),
    expires: new Date(expires).toISOString(),
    days_left: daysLeft(facts, wall),
    state: validityOf(facts, wall),
  };
}
