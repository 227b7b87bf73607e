// Measures in interleaved rounds: each round loads every program once, in another order each time, so that other work of
// the machine affects all programs alike.
import { cpuTimeOf, residentBytesOf } from './cpu.ts';
import type { LoadResult } from './load.ts';
import type { RunningProgram } from './proxies.ts';
import { median, minimum } from './statistics.ts';

/** Length of a run and number of connections and rounds. */
export type Effort = {
  readonly rounds: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly connections: number;
};

/** One run of load against one program. */
export type Pour = (proxy: RunningProgram, seconds: number) => Promise<LoadResult>;

/** One program in one scenario. Times in microseconds; those without a suffix are medians of the rounds. */
export type Row = {
  readonly program: string;
  readonly cpu: number;
  readonly cpuMinimum: number;
  /** Of each round. */
  readonly costs: readonly number[];
  readonly user: number;
  readonly system: number;
  readonly requestsPerSecond: number;
  readonly p50: number;
  readonly p99: number;
  /** NaN where the load does not tell. */
  readonly p999: number;
  /** Of each round. */
  readonly p99s: readonly number[];
  readonly residentBytes: number;
  readonly errors: number;
};

type Sample = LoadResult & { readonly user: number; readonly system: number };

/** Measures programs that are already serving. */
export async function measure(
  proxies: readonly RunningProgram[],
  options: { readonly name: string; readonly effort: Effort; readonly pour: Pour },
): Promise<readonly Row[]> {
  const { name, effort, pour } = options;
  const series = proxies.map((proxy) => ({ proxy, samples: [] as Sample[] }));
  for (const { proxy } of series) await sample(proxy, effort.warmUpSeconds);
  for (let round = 0; round < effort.rounds; round++) {
    for (let turn = 0; turn < series.length; turn++) {
      const { proxy, samples } = series[(round + turn) % series.length];
      samples.push(await sample(proxy, effort.seconds));
    }
    const costs = series.map(({ proxy, samples }) => `${proxy.name} ${cost(samples[round]).toFixed(1)}`);
    console.error(`${name} round ${round + 1}/${effort.rounds}, µs of CPU per request: ${costs.join(', ')}`);
  }
  return series.map(({ proxy, samples }) => summarise(proxy, samples));

  async function sample(proxy: RunningProgram, seconds: number): Promise<Sample> {
    const before = cpuTimeOf(proxy.child.pid);
    const result = await pour(proxy, seconds);
    const after = cpuTimeOf(proxy.child.pid);
    if (proxy.child.hasExited()) throw new Error(`${proxy.name} ended under load:\n${proxy.child.output()}`);
    if (result.requests === 0) throw new Error(`${proxy.name} answered no request:\n${proxy.child.output()}`);
    const user = (after.user - before.user) / result.requests;
    return { ...result, user, system: (after.system - before.system) / result.requests };
  }
}

function summarise(proxy: RunningProgram, samples: readonly Sample[]): Row {
  const of = (pick: (sample: Sample) => number): readonly number[] => samples.map(pick);
  return {
    program: proxy.name,
    cpu: median(of(cost)),
    cpuMinimum: minimum(of(cost)),
    costs: of(cost),
    user: median(of((sample) => sample.user)),
    system: median(of((sample) => sample.system)),
    requestsPerSecond: median(of((sample) => sample.requestsPerSecond)),
    p50: median(of((sample) => sample.p50)),
    p99: median(of((sample) => sample.p99)),
    p999: median(of((sample) => sample.p999)),
    p99s: of((sample) => sample.p99),
    residentBytes: residentBytesOf(proxy.child.pid),
    errors: samples.reduce((sum, sample) => sum + sample.errors, 0),
  };
}

function cost(sample: Sample): number {
  return sample.user + sample.system;
}
