// What a plan says of TLS towards clients, and of the certificates that the gateway gets by itself.
import type { TlsFiles } from '../config/tls-files.ts';
import type { ClientAuth, TlsPolicy } from '../core/certificate-source.ts';
import type { Millis } from '../core/units.ts';

/** How TLS is spoken to clients. The files are read with every plan, and again when they change. */
export type TlsPlan = {
  /** Also for clients that ask for no name, or for one that nobody has. Null: the first of `certificates` is. */
  readonly own: TlsFiles | null;
  readonly certificates: readonly CertificatesFrom[];
  readonly unknownNames: 'default' | 'refuse';
  readonly policy: TlsPolicy;
  readonly clientAuth: ClientAuth | null;
};

/** Where certificates are. */
export type CertificatesFrom =
  | { readonly kind: 'pair'; readonly files: TlsFiles }
  | { readonly kind: 'folder'; readonly folder: string };

/** How the gateway gets certificates by itself. */
export type AcmePlan = {
  readonly directories: readonly AcmeDirectory[];
  /** Null: the authorities know no address. */
  readonly email: string | null;
  readonly agreesToTerms: boolean;
  /** How hosts are proved, the best way first. */
  readonly challenges: readonly ('http-01' | 'tls-alpn-01' | 'dns-01')[];
  /** Null: nobody can set records of the DNS. */
  readonly dns: AcmeDnsPlan | null;
  /** Beside those of tenants. */
  readonly domains: readonly string[];
  /** Null: no client causes an order. */
  readonly onDemand: OnDemandPlan | null;
  /** For one authority and one certificate. */
  readonly timeout: Millis;
  /** After the first failure. */
  readonly retryAfter: Millis;
  /** In three hours. */
  readonly maxOrders: number;
};

/** Certificates for clients that ask for names. */
export type OnDemandPlan = {
  /** Who allows names; null: every name below a wildcard is allowed. */
  readonly ask: string | null;
  readonly askTimeout: Millis;
  readonly wait: Millis;
  readonly namesPerMinute: number;
  readonly maxNames: number;
  readonly refusedFor: Millis;
};

export type AcmeDirectory = {
  readonly url: string;
  /** Of the authorities by which it proves who it is, PEM; null: those of the system. */
  readonly ca: string | null;
  /** `key`: a secret. */
  readonly binding: { readonly id: string; readonly key: string } | null;
};

/** A program that sets records of the DNS. */
export type AcmeDnsPlan = { readonly command: readonly string[]; readonly delay: Millis; readonly timeout: Millis };

/** What the hosts of a tenant are served with in another way than the rest. */
export type TenantTlsPlan = {
  readonly files: TlsFiles | null;
  /** Its hosts get certificates, where the gateway gets any by itself. */
  readonly acme: boolean;
  /** Null: the gateway's. */
  readonly policy: TlsPolicy | null;
  /** `usual`: the gateway's. */
  readonly clientAuth: ClientAuth | null | 'usual';
};
