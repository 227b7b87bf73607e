// What a configuration says of TLS towards clients.
import type { Config, TenantConfig } from '../config/schema.ts';
import type { TlsFiles } from '../config/tls-files.ts';
import { clientAuthOf, policyOf } from '../config/tls.ts';
import { INTERMEDIATE } from '../core/certificate-source.ts';
import type { CertificatesFrom, TenantTlsPlan, TlsPlan } from './tls-plan.ts';

/** Null: no TLS. */
export function compileTls(config: Config): TlsPlan | null {
  const { tls, authorities } = config;
  if (!speaksTls(config)) return null;
  return {
    own: filesOf(tls),
    certificates: config.certificates.map(certificatesFrom),
    unknownNames: tls?.unknown_names ?? 'default',
    policy: policyOf(tls, hasTickets(config)) ?? INTERMEDIATE,
    clientAuth: tls === undefined ? null : clientAuthOf(tls.client_auth, authorities),
  };
}

// Whoever names a certificate, or wants to get some, means to use it.
function speaksTls({ tls, certificates, acme, tenants }: Config): boolean {
  if (tls !== undefined) return tls.enabled;
  return acme !== undefined || certificates.length > 0 || tenants.some((tenant) => filesOf(tenant.tls) !== null);
}

/** Null: as the gateway has it. */
export function compileTenantTls(config: Config, { tls }: TenantConfig): TenantTlsPlan | null {
  if (tls === undefined) return null;
  const { client_auth: clients } = tls;
  const clientAuth = clients === undefined ? 'usual' : clientAuthOf(clients, config.authorities);
  return { files: filesOf(tls), acme: tls.acme, policy: policyOf(tls, hasTickets(config)), clientAuth };
}

function hasTickets({ tls }: Config): boolean {
  return tls?.session_tickets ?? INTERMEDIATE.sessionTickets;
}

type Named = { readonly cert_file?: string | null; readonly key_file?: string | null };

function filesOf({ cert_file: certFile = null, key_file: keyFile = null }: Named = {}): TlsFiles | null {
  return certFile === null || keyFile === null ? null : { certFile, keyFile };
}

function certificatesFrom(source: Config['certificates'][number]): CertificatesFrom {
  const files = filesOf(source);
  return files === null ? { kind: 'folder', folder: source.folder ?? '' } : { kind: 'pair', files };
}
