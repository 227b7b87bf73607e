// Decides whether the admin API told the right health all the time, the drill included: pure.
import type { Millis } from '../../src/core/units.ts';
import { type Look, type Subject, nameOf, subjectsOf } from './admin.ts';
import type { DrilledBackend } from './report.ts';

/** The kill and restart of an origin. */
export type Drill = {
  readonly origin: string;
  readonly killedAt: Millis;
  /** When it listened again. */
  readonly revivedAt: Millis;
  /** How long the reported health may lag behind. */
  readonly allowed: { readonly down: Millis; readonly up: Millis };
};

/** When each backend of the origin was first seen out, and first seen back. */
export function reviewDrill(drill: Drill, looks: readonly Look[]): readonly DrilledBackend[] {
  const { origin, killedAt, revivedAt } = drill;
  const backends = looks.at(0)?.backends?.filter(({ backend }) => backend === origin) ?? [];
  return backends.map(({ tenant, backend }) => {
    const firstSeen = (isHealthy: boolean, from: number, to: number): number | null => {
      const seen = looks.find((look) => look.askedAt >= from && look.askedAt < to && isSeen(look, isHealthy));
      return seen === undefined ? null : Math.round(seen.answeredAt - from);
    };
    const isSeen = (look: Look, isHealthy: boolean): boolean =>
      look.backends?.some(
        (other) => other.tenant === tenant && other.backend === backend && (other.state === 'healthy') === isHealthy,
      ) === true;
    return {
      tenant,
      backend,
      out_after_ms: firstSeen(false, killedAt, revivedAt),
      back_after_ms: firstSeen(true, revivedAt, Number.POSITIVE_INFINITY),
    };
  });
}

/** Every look that differs from the truth, in words; empty: the reported health was right. */
export function findUntruths(looks: readonly Look[], drill: Drill | null): readonly string[] {
  const untruths = new Set<string>();
  const first = looks.at(0);
  if (first === undefined) return [];
  const wellAtFirst = new Set(
    subjectsOf(first)
      .filter(({ state }) => state === 'healthy')
      .map(nameOf),
  );
  for (const look of looks) {
    if (look.health === null) untruths.add('the admin API gave no answer to a question for health');
    for (const subject of subjectsOf(look)) {
      if (!wellAtFirst.has(nameOf(subject))) continue;
      const isExpectedWell = drill === null || subject.backend !== drill.origin ? true : expectWell(look, drill);
      if (isExpectedWell === null || isExpectedWell === (subject.state === 'healthy')) continue;
      untruths.add(describe(subject, isExpectedWell));
    }
  }
  return [...untruths];
}

/** Whether a look must find the backend well. Null: it may be either, because the look lies within the allowance or spans
 * the kill or the restart. */
function expectWell({ askedAt, answeredAt }: Look, { killedAt, revivedAt, allowed }: Drill): boolean | null {
  if (answeredAt < killedAt) return true;
  if (askedAt > revivedAt + allowed.up) return true;
  return askedAt > killedAt + allowed.down && answeredAt < revivedAt ? false : null;
}

function describe(subject: Subject, isExpectedWell: boolean): string {
  const expected = isExpectedWell ? 'although its origin was there' : 'although its origin was gone';
  return `${nameOf(subject)} was ${subject.state} ${expected}`;
}
