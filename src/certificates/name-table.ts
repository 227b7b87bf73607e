// Certificates by the names that they are for.
import { validityOf } from '../core/certificate.ts';
import { parentOf, plainName } from '../core/certificate-names.ts';
import type { HeldCertificate } from './contract.ts';

export class NameTable {
  private readonly byName = new Map<string, HeldCertificate[]>();

  /** `wall`: one that is not valid then comes after those that are. */
  constructor(certificates: readonly HeldCertificate[], wall: number) {
    const best = certificates.toSorted((one, other) => rank(other, wall) - rank(one, wall));
    for (const certificate of best) for (const name of certificate.facts.names) this.add(plainName(name), certificate);
  }

  private add(name: string, certificate: HeldCertificate): void {
    const known = this.byName.get(name);
    if (known === undefined) this.byName.set(name, [certificate]);
    else if (!known.some(({ facts }) => facts.keyType === certificate.facts.keyType)) known.push(certificate);
  }

  /** The best of each kind of key, by exact name, or else by wildcard. Null: there is none. */
  find(host: string): readonly HeldCertificate[] | null {
    const exact = this.byName.get(host);
    if (exact !== undefined) return exact;
    const parent = parentOf(host);
    return parent === '' ? null : (this.byName.get(`*${parent}`) ?? null);
  }
}

// Of several for one name and kind of key, the one that is valid for the longest time.
function rank({ facts }: HeldCertificate, wall: number): number {
  const validity = validityOf(facts, wall);
  const isValid = validity === 'valid' || validity === 'expires_soon';
  return facts.expires - (isValid ? 0 : Number.MAX_SAFE_INTEGER / 2);
}
