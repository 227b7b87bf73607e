// What certificates by ACME need of the rest of a configuration.
import type { Finding } from './finding.ts';
import { acme as acmeSchema } from './acme.ts';
import type { Config, TenantConfig } from './schema.ts';

const HTTP = 80;
const HTTPS = 443;
const USUAL_CHALLENGES = acmeSchema.shape.challenges.parse(undefined);

/** Whether the hosts of a tenant get certificates. */
export function usesAcme({ acme, tls }: Config, tenant: TenantConfig): boolean {
  if (acme === undefined || tls?.enabled === false) return false;
  return (tenant.tls?.cert_file ?? null) === null && tenant.tls?.acme !== false;
}

/** What cannot be. */
export function checkAcme(config: Config): readonly Finding[] {
  const { acme, tls, state_dir: stateDir } = config;
  if (acme === undefined || tls?.enabled === false) return [];
  const findings: Finding[] = [];
  if (stateDir === 'none') {
    const message =
      'is none, and certificates by "acme" need a place: with each start all of them would be ordered anew, which authorities refuse';
    findings.push({ path: ['state_dir'], message, expected: 'a directory, or nothing for the usual one' });
  }
  if (acme.dns === undefined && acme.challenges.every((one) => one === 'dns-01')) {
    const message = 'has dns-01 alone, and there is no program for it';
    findings.push({ path: ['acme', 'challenges'], message, expected: '"acme.dns", or another challenge' });
  }
  const hasDns = acme.dns !== undefined && acme.challenges.includes('dns-01');
  if (hasDns) return findings;
  const ofTenants = acme.on_demand === undefined ? wildcardsOf(config) : [];
  return [...findings, ...wildcardsIn(acme.domains, ['acme', 'domains']), ...ofTenants];
}

// Authorities take nothing else as a proof of a wildcard.
function wildcardsOf(config: Config): readonly Finding[] {
  return config.tenants.flatMap((tenant, at) =>
    usesAcme(config, tenant) ? wildcardsIn(tenant.domains, ['tenants', at, 'domains']) : [],
  );
}

function wildcardsIn(domains: readonly string[], above: Finding['path']): readonly Finding[] {
  const message =
    'a certificate for {value} can only be had by a record of the DNS, and there is no program that sets it';
  const expected =
    above[0] === 'tenants'
      ? '"acme.dns" and the challenge dns-01; or "acme.on_demand" for its hosts one by one; or tls.acme: false in the tenant, or files of its own'
      : '"acme.dns" and the challenge dns-01';
  return domains.flatMap((domain, at) =>
    domain.startsWith('*.') ? [{ path: [...above, at], message, expected }] : [],
  );
}

/** What authorities will hardly get through to. Ports may be forwarded from outside, so it is no mistake, and whoever has named
 * the challenges has thought of it. An address of the command line is not known here. */
export function warnOfChallenges({ acme, tls, listeners }: Config): readonly Finding[] {
  if (acme === undefined || tls?.enabled === false || listeners.length === 0) return [];
  if (acme.challenges.join() !== USUAL_CHALLENGES.join()) return [];
  if (listeners.some(({ address, tls: isTls }) => address.port === HTTP && !isTls)) return [];
  const hasTls = listeners.some(({ address, tls: isTls }) => address.port === HTTPS && isTls);
  const lost = hasTls
    ? `no listener without TLS has port ${HTTP}, where authorities come for http-01, the challenge that is tried first and would fail`
    : `no listener without TLS has port ${HTTP}, where authorities come for http-01, and none with TLS has ${HTTPS}, for tls-alpn-01: neither can work`;
  const ways = [
    hasTls ? '"challenges: [tls-alpn-01]" leaves it out' : 'a listener there cures that',
    acme.dns === undefined
      ? 'dns-01 with "acme.dns" needs no port'
      : '"challenges: [dns-01]" goes by "acme.dns", which needs no port',
    'where the port is forwarded to another one of the gateway, "challenges" with what works says so',
  ];
  return [{ path: ['acme'], isKey: true, message: `warning: ${lost}; ${ways.join('; ')}` }];
}
