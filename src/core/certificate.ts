// What a certificate says of itself, and how near its end is.

export type CertificateFacts = {
  /** The file that it was read from. */
  readonly file: string;
  /** The hosts that it is for. */
  readonly names: readonly string[];
  readonly issuer: string;
  /** `ec`, `rsa`. */
  readonly keyType: string;
  /** SHA-256, in hexadecimal with colons. */
  readonly fingerprint: string;
  /** Milliseconds since 1970. */
  readonly validFrom: number;
  readonly expires: number;
};

/** A certificate with its key, which have been found to belong together. PEM texts. */
export type Certificate = { readonly cert: string; readonly key: string; readonly facts: CertificateFacts };

export type Validity = 'valid' | 'expires_soon' | 'expired' | 'not_yet_valid';

export const DAY = 86_400_000;
// Whoever renews certificates of 90 days does so a month before their end.
const SOON = 30 * DAY;

export function validityOf({ validFrom, expires }: CertificateFacts, wall: number): Validity {
  if (wall < validFrom) return 'not_yet_valid';
  if (wall >= expires) return 'expired';
  return expires - wall <= SOON ? 'expires_soon' : 'valid';
}

/** Whole days until the end; negative: since then. */
export function daysLeft({ expires }: CertificateFacts, wall: number): number {
  return Math.floor((expires - wall) / DAY);
}

/** What is wrong with its time, for people; null: nothing. */
export function validityProblem(facts: CertificateFacts, wall: number): string | null {
  const end = new Date(facts.expires).toISOString();
  switch (validityOf(facts, wall)) {
    case 'valid':
      return null;
    case 'expires_soon': {
      const days = daysLeft(facts, wall);
      return `the certificate expires in ${days === 1 ? '1 day' : `${days} days`}, at ${end}`;
    }
    case 'expired':
      return `the certificate has expired at ${end}: clients refuse it`;
    case 'not_yet_valid':
      return `the certificate is not valid before ${new Date(facts.validFrom).toISOString()}: clients refuse it`;
  }
}
