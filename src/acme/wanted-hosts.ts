// Which hosts need a certificate: those of tenants without files, each a certificate of its own. One for all hosts of a tenant
// would fail as a whole while one of them does not lead here, would tell every client of the others, and would be ordered anew
// with each host that comes or goes.
import { isCovered, plainName } from '../core/certificate-names.ts';
import type { HeldCertificate } from '../certificates/contract.ts';
import { isAddress } from '../config/host-name.ts';
import type { Plan } from '../plan/plan.ts';

/** `held`: those that are in force; files that have not expired come first. */
export function wantedHosts(
  { gateway: { acme }, tenants }: Plan,
  held: readonly HeldCertificate[],
  wall: number,
): ReadonlySet<string> {
  if (acme === null) return new Set();
  const files = held.filter(
    ({ source, owner, facts }) => source === 'file' && typeof owner === 'string' && facts.expires > wall,
  );
  const covered = new Set(files.flatMap(({ facts }) => facts.names.map(plainName)));
  const own = tenants.flatMap(({ domains, tls }) => (tls === null || (tls.files === null && tls.acme) ? domains : []));
  // Without records of the DNS, hosts below a wildcard get theirs when a client asks for them.
  const hasDns = acme.dns !== null && acme.challenges.includes('dns-01');
  const named = hasDns || acme.onDemand === null ? own : own.filter((host) => !host.startsWith('*.'));
  return new Set([...acme.domains, ...named].filter((host) => mayHaveOne(host) && !isCovered(covered, host)));
}

// Nobody can have a certificate for a name with any ending, and none is asked for by an address.
function mayHaveOne(host: string): boolean {
  return !host.endsWith('.*') && !host.startsWith('[') && !isAddress(host) && host.includes('.');
}
