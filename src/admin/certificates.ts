// GET /certificates: what listeners show to clients over TLS, until when, and what is wrong with it.
import type { CertificateReport } from '../certificates/contract.ts';
import { daysLeft, validityOf } from '../core/certificate.ts';
import type { AdminEndpoint } from './contract.ts';
import { json } from './json.ts';

export const certificates = {
  path: '/certificates',
  summary:
    'The certificates that TLS listeners show: names, issuer, whose they are, when they expire, and why a newer one is not in force.',
  method: 'GET',
  access: 'operator',
  tenants: 'filter',
  output: async () => (await import('./shapes/certificates.ts')).certificatesAnswer,
  answer(call, sources) {
    const wall = sources.wall();
    const seen = sources.certificates().filter(({ tenant }) => call.sees(tenant));
    return json(200, { certificates: seen.map((report) => described(report, wall)) });
  },
} as const satisfies AdminEndpoint;

function described({ facts, file, tenant, source, problem, renewal }: CertificateReport, wall: number) {
  const next = renewal === null ? {} : { next_renewal: new Date(Math.max(renewal, wall)).toISOString() };
  const known = { file, tenant, source, problem, ...next };
  if (facts === null) return { ...known, names: [], state: 'unusable' };
  const { names, issuer, keyType, fingerprint, validFrom, expires } = facts;
  return {
    ...known,
    names,
    issuer,
    key: keyType,
    fingerprint,
    valid_from: new Date(validFrom).toISOString(),
    expires: new Date(expires).toISOString(),
    days_left: daysLeft(facts, wall),
    state: validityOf(facts, wall),
  };
}
