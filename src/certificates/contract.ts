// The certificates that a gateway holds, and what the hosts of tenants are served with.
import type { Certificate, CertificateFacts } from '../core/certificate.ts';
import type { ClientAuth, KeyPair, TlsPolicy } from '../core/certificate-source.ts';
import type { Millis } from '../core/units.ts';
import type { CertificatesFrom } from '../plan/tls-plan.ts';

/** A certificate, and whose it is. */
export type HeldCertificate = Certificate & {
  /** Other content has another number. */
  readonly id: number;
  readonly owner: CertificateOwner;
  readonly source: 'file' | 'acme';
};

/** `default`: it is also for clients that ask for no name, or for one that nobody has. `gateway`: for every host that it has
 * a name for. Otherwise only for the hosts of one tenant. */
export type CertificateOwner = 'default' | 'gateway' | { readonly tenant: string };

/** What is served with TLS in another way than the rest, host by host. */
export type TenantTls = {
  readonly tenant: string;
  readonly domains: readonly string[];
  /** Null: the gateway's. */
  readonly policy: TlsPolicy | null;
  /** `usual`: the gateway's. Null: nobody is asked. */
  readonly clientAuth: ClientAuth | null | 'usual';
};

/** How TLS is spoken, but for the certificates. */
export type TlsRules = {
  readonly policy: TlsPolicy;
  readonly clientAuth: ClientAuth | null;
  /** What becomes of a client that asks for a name that nobody has, or for none. */
  readonly unknownNames: 'default' | 'refuse';
  readonly tenants: readonly TenantTls[];
  /** How long a client waits for a certificate that is got for it; null: none is. */
  readonly onDemand: Millis | null;
};

/** Where a certificate is to be read from. */
export type WantedCertificates = {
  readonly from: CertificatesFrom;
  readonly owner: CertificateOwner;
  /** The hosts that it must be for; null: any. */
  readonly domains: readonly string[] | null;
};

/** Why a certificate is not in force, or not as it should be. */
export type CertificateProblem = {
  readonly file: string;
  readonly tenant: string | null;
  readonly reason: string;
  /** The one before stays in force. */
  readonly keepsOld: boolean;
};

/** What one process hands to another: the numbers of all certificates in their order, and those that the other has not. */
export type HandedCertificates = { readonly order: readonly number[]; readonly added: readonly HeldCertificate[] };

/** What shows authorities that a host is whose it says. */
export type OpenChallenges = {
  /** For the protocol acme-tls/1, by the name that is asked for. */
  readonly tls: readonly (readonly [name: string, pair: KeyPair])[];
  /** Answers to requests for a token below `/.well-known/acme-challenge/`. */
  readonly http: readonly (readonly [token: string, text: string])[];
};

/** A certificate as operators see it. */
/** What comes of it when an authority is asked when a certificate is best renewed; `none`: it gives no advice. */
export const ADVICE_OUTCOMES = ['given', 'none', 'failed'] as const;
export type AdviceOutcome = (typeof ADVICE_OUTCOMES)[number];

export type CertificateReport = {
  /** Null: there is none that could be used. */
  readonly facts: CertificateFacts | null;
  readonly file: string;
  readonly tenant: string | null;
  readonly source: HeldCertificate['source'];
  /** What is wrong; null: nothing. */
  readonly problem: string | null;
  /** When the gateway orders the next one, in milliseconds since 1970; null: it does not. */
  readonly renewal: number | null;
};

/** All that a process needs to show what another one shows. */
export type Certified = { readonly certificates: HandedCertificates; readonly challenges: OpenChallenges };
