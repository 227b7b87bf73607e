// What is loaded, how hard and for how long: pure.
import { type Millis, millis } from '../../src/core/units.ts';

/** What requests are made to. */
export type Target = {
  readonly url: string;
  /** The Host that is asked for, where it is not the one of the URL. */
  readonly host: string | null;
};

export type Stage = {
  readonly name: string;
  readonly target: Target;
  readonly connections: number;
  readonly duration: Millis;
  /** Whether an origin is killed and revived meanwhile. */
  readonly isDrill: boolean;
};

/** How hard each stage is. One value stands for all of them. */
export type Pace = { readonly connections: readonly number[]; readonly durations: readonly Millis[] };

/** As the original's script had it. */
export const CONNECTIONS: readonly number[] = [50, 100, 150, 200];
export const DURATIONS: readonly Millis[] = [30, 30, 30, 120].map((seconds) => millis(seconds * 1000));
export const QUICK_DURATION = millis(3000);

/** As many stages as the longer list has. Each loads its own URL; the last URL stands for those that are missing. */
export function urlStages(urls: readonly string[], pace: Pace): readonly Stage[] {
  const count = Math.max(urls.length, pace.connections.length, pace.durations.length);
  return Array.from({ length: count }, (_, at) => {
    const url = pick(urls, at);
    return { name: new URL(url).pathname, target: { url, host: null }, ...paceOf(pace, at), isDrill: false };
  });
}

/** The stages with what each of them loads; a drill in the one that says so. */
export function namedStages(
  named: readonly Pick<Stage, 'name' | 'target' | 'isDrill'>[],
  pace: Pace,
): readonly Stage[] {
  return named.map((stage, at) => ({ ...stage, ...paceOf(pace, at) }));
}

function paceOf({ connections, durations }: Pace, at: number): Pick<Stage, 'connections' | 'duration'> {
  return { connections: pick(connections, at), duration: pick(durations, at) };
}

function pick<T>(values: readonly T[], at: number): T {
  return values[Math.min(at, values.length - 1)];
}
