// Decides whether the gateway did what the demo promises: pure.
import type { Millis } from '../../src/core/units.ts';
import type { BackendChange } from '../../src/core/observer.ts';
import type { Act } from './schedule.ts';

/** A change of a backend, `at` milliseconds after the demo began. */
export type Change = Pick<BackendChange, 'tenant' | 'backend' | 'kind'> & { readonly at: Millis };

/** One kill, and how soon the gateway reacted: in milliseconds for the slowest tenant; null: never. */
export type Drill = {
  readonly origin: string;
  readonly noticedAfter: number | null;
  /** Null, too, while the origin has not been started again. */
  readonly backAfter: number | null;
};

/** The outcome of every kill. `tenantsOf`: the tenants that have the origin as a backend. */
export function reviewDrills(
  acts: readonly Act[],
  changes: readonly Change[],
  tenantsOf: (origin: string) => readonly string[],
): readonly Drill[] {
  const kills = acts.filter((act) => act.kind === 'kill');
  return kills.map((kill) => {
    const { origin } = kill;
    const later = acts.filter((act) => act.origin === origin && act.at > kill.at);
    const revival = later.find((act) => act.kind === 'revive') ?? null;
    const nextKill = later.find((act) => act.kind === 'kill')?.at ?? Number.POSITIVE_INFINITY;
    const own = changes.filter((change) => change.backend === origin);
    const slowest = (kind: Change['kind'], from: number, to: number): number | null => {
      const times = tenantsOf(origin).map((tenant) => firstAfter(own, tenant, kind, from, to));
      return times.reduce((worst, time) => (worst === null || time === null ? null : Math.max(worst, time)), 0);
    };
    return {
      origin,
      noticedAfter: slowest('unhealthy', kill.at, revival?.at ?? nextKill),
      backAfter: revival === null ? null : slowest('healthy', revival.at, nextKill),
    };
  });
}

/** One line for each drill. */
export function describeDrill(drill: Drill): string {
  const { origin, noticedAfter, backAfter } = drill;
  const noticed =
    noticedAfter === null ? 'not noticed by every tenant' : `out of every pool after ${seconds(noticedAfter)}`;
  const back =
    backAfter === null ? 'not back in every pool' : `back in every pool ${seconds(backAfter)} after its restart`;
  return `origin ${origin} was killed: ${noticed}, ${back}`;
}

/** Whether every tenant noticed the kill, and got the backend back. */
export function hasPassed(drill: Drill): boolean {
  return drill.noticedAfter !== null && drill.backAfter !== null;
}

function firstAfter(
  changes: readonly Change[],
  tenant: string,
  kind: Change['kind'],
  from: number,
  to: number,
): number | null {
  const found = changes.find((c) => c.tenant === tenant && c.kind === kind && c.at >= from && c.at < to);
  return found === undefined ? null : found.at - from;
}

function seconds(duration: number): string {
  return `${(duration / 1000).toFixed(2)}s`;
}
