// What a certificate authority is asked for, and who proves that a name is ours (RFC 8555).
import type { Result } from '../core/result.ts';

/** How a name is proved: by a text below /.well-known/acme-challenge/ (RFC 8555 8.3), by a certificate for the protocol
 * acme-tls/1 (RFC 8737), or by a record of the DNS (RFC 8555 8.4). */
export type ChallengeType = 'http-01' | 'tls-alpn-01' | 'dns-01';

/** What has to be shown until the authority has looked. */
export type Challenge =
  | { readonly type: 'http-01'; readonly name: string; readonly token: string; readonly text: string }
  /** PEM texts of a certificate that no client trusts. */
  | { readonly type: 'tls-alpn-01'; readonly name: string; readonly cert: string; readonly key: string }
  /** `record`: the name of the TXT record, such as `_acme-challenge.example.com`; `name` of a wildcard is without `*.`. */
  | { readonly type: 'dns-01'; readonly name: string; readonly record: string; readonly value: string };

/** Shows what proves a name. */
export interface ChallengeDesk {
  /** Those that it can show for that name, the best first. `name`: may begin with `*.`. */
  offered(name: string): readonly ChallengeType[];
  /** Shows it; once the promise is fulfilled, the authority may look. Rejects with a sentence for people. */
  show(challenge: Challenge): Promise<void>;
  /** Shows it no more. Never rejects. */
  hide(challenge: Challenge): Promise<void>;
}

/** Why there is no certificate. */
export type AcmeProblem = {
  /** A sentence for people; never a secret. */
  readonly message: string;
  /** `wait`: the same may go well later; `other`: the authority is of no use for any name, another one may do better; `name`: it
   * gives none for that name, another one may; `refused`: it will not go well before somebody changes something (the configuration,
   * DNS, the account). */
  readonly kind: 'wait' | 'other' | 'name' | 'refused';
  /** The authority wants to hear nothing more of it before that time, in milliseconds since 1970; null: it has not said. */
  readonly notBefore: number | null;
};

export type AcmeResult<T> = Result<T, AcmeProblem>;

/** An account at one authority, as it is kept: a secret. */
export type AcmeAccount = {
  /** The URL of the directory. */
  readonly directory: string;
  /** PKCS #8, PEM. */
  readonly key: string;
  /** Its URL, by which it is known there. */
  readonly url: string;
};

/** How an account is made. */
export type AccountOptions = {
  /** Without `mailto:`; null: none. */
  readonly email: string | null;
  readonly agreesToTerms: boolean;
  /** External account binding (RFC 8555 7.3.4); null: the authority wants none. `key`: base64url, a secret. */
  readonly binding: { readonly id: string; readonly key: string } | null;
};

export type OrderedCertificate = {
  /** The certificate and those of its issuers, PEM. */
  readonly cert: string;
  /** PKCS #8, PEM. */
  readonly key: string;
};

/** When a certificate should be renewed, as its authority wants it (RFC 9773). */
export type RenewalAdvice = {
  /** Milliseconds since 1970. */
  readonly start: number;
  readonly end: number;
  /** When to ask again. */
  readonly askAgain: number;
};

/** One authority. */
export interface AcmeAuthority {
  /** Makes an account with a new key, or finds that of the key. */
  account(options: AccountOptions, key: string | null, signal: AbortSignal): Promise<AcmeResult<AcmeAccount>>;
  /** One certificate for all of the names. `replaces`: the PEM of the one that it renews (RFC 9773 5); null: none. */
  order(request: {
    readonly account: AcmeAccount;
    readonly names: readonly string[];
    readonly desk: ChallengeDesk;
    readonly replaces: string | null;
    readonly signal: AbortSignal;
  }): Promise<AcmeResult<OrderedCertificate>>;
  /** Null: the authority gives no advice. `cert`: PEM. */
  advice(cert: string, signal: AbortSignal): Promise<AcmeResult<RenewalAdvice | null>>;
}
