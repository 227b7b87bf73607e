// When people are told that a certificate ends: some times before, and once each.
import { DAY, type Validity, validityOf, validityProblem } from '../core/certificate.ts';
import type { HeldCertificate } from './contract.ts';

const DAYS = [1, 3, 7, 14, 30] as const;
const ENDED = 0;
const NOT_BEGUN = -1;

export type EndingCertificate = {
  readonly certificate: HeldCertificate;
  readonly validity: Validity;
  readonly problem: string;
};

export class Expiries {
  /** What people were told last of each certificate, by its number. */
  private told = new Map<number, number>();

  /** What they are to be told now. */
  due(certificates: readonly HeldCertificate[], wall: number): readonly EndingCertificate[] {
    const told = new Map<number, number>();
    const due = certificates.flatMap((certificate): readonly EndingCertificate[] => {
      const { id, facts } = certificate;
      const stage = stageOf(certificate, wall);
      if (stage === null) return [];
      told.set(id, stage);
      const problem = this.told.get(id) === stage ? null : validityProblem(facts, wall);
      return problem === null ? [] : [{ certificate, validity: validityOf(facts, wall), problem }];
    });
    this.told = told;
    return due;
  }
}

// Certificates of ACME have any length, and are renewed when a third of it is left: until then nothing is late.
function stageOf({ facts, source }: HeldCertificate, wall: number): number | null {
  const { validFrom, expires } = facts;
  if (wall < validFrom) return NOT_BEGUN;
  if (wall >= expires) return ENDED;
  const isOnTime = source === 'acme' && expires - wall > (expires - validFrom) / 4;
  return isOnTime ? null : (DAYS.find((days) => expires - wall <= days * DAY) ?? null);
}
