// Plans the stages: what is loaded, with how many connections, and for how long. Pure.
import { type Millis, millis } from '../../src/core/units.ts';

export type Field = { readonly name: string; readonly value: string };

/** Where requests go. */
export type Target = {
  readonly url: string;
  /** The Host of the requests, and the name for TLS; null: that of the URL. */
  readonly host: string | null;
  /** Further fields of each request. */
  readonly headers: readonly Field[];
};

export type Stage = {
  readonly name: string;
  readonly target: Target;
  readonly connections: number;
  readonly duration: Millis;
  /** Whether an origin is killed and revived meanwhile. */
  readonly isDrill: boolean;
  /** False: the gateway itself answers. */
  readonly isProxied: boolean;
};

/** Connections and length of each stage. One value stands for all stages. */
export type Pace = { readonly connections: readonly number[]; readonly durations: readonly Millis[] };

/** As in the original's script. */
export const CONNECTIONS: readonly number[] = [50, 100, 150, 200];
export const DURATIONS: readonly Millis[] = [30, 30, 30, 120].map((seconds) => millis(seconds * 1000));
export const QUICK_DURATION = millis(3000);

/** Makes as many stages as the longest list has entries. Each loads its own URL; if there are too few URLs, the last one is
 * used again. */
export function urlStages(
  urls: readonly string[],
  pace: Pace,
  asked: Pick<Target, 'host' | 'headers'> = { host: null, headers: [] },
): readonly Stage[] {
  const count = Math.max(urls.length, pace.connections.length, pace.durations.length);
  return Array.from({ length: count }, (_, at) => {
    const url = pick(urls, at);
    return {
      name: new URL(url).pathname,
      target: { url, ...asked },
      ...paceOf(pace, at),
      isDrill: false,
      isProxied: true,
    };
  });
}

/** Makes stages of given targets. */
export function namedStages(named: readonly Omit<Stage, 'connections' | 'duration'>[], pace: Pace): readonly Stage[] {
  return named.map((stage, at) => ({ ...stage, ...paceOf(pace, at) }));
}

function paceOf({ connections, durations }: Pace, at: number): Pick<Stage, 'connections' | 'duration'> {
  return { connections: pick(connections, at), duration: pick(durations, at) };
}

function pick<T>(values: readonly T[], at: number): T {
  return values[Math.min(at, values.length - 1)];
}
