// Load at a fixed rate, by h2load: a program that is slow for a moment gets no fewer requests for it, as it would from wrk.
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { LoadResult } from './load.ts';
import type { Stage } from './processes.ts';
import { percentileOf } from './statistics.ts';

/** One run of h2load. */
export type SteadyLoad = {
  readonly url: string;
  /** Requests per second, all connections together. */
  readonly rate: number;
  readonly seconds: number;
  readonly connections: number;
  readonly core: number | null;
};

/** How it is done, for the report. */
export const STEADY_METHOD =
  'h2load looks every 10 ms which requests are due, and the clocks of all its connections begin together: so requests come in bursts of one for each connection, and the tail is that of a burst. A latency counts from when the request is sent.';

/** Runs h2load once. Its own report has no quantiles, but its log has a line for each request. */
export async function runSteadyLoad(stage: Stage, load: SteadyLoad): Promise<LoadResult> {
  const { rate, connections, seconds } = load;
  const log = join(stage.directory, 'h2load.log');
  rmSync(log, { force: true });
  const amounts = [`-n${rate * seconds}`, `-c${connections}`, `--rps=${rate / connections}`];
  const argv = ['h2load', '--h1', '-t1', ...amounts, `--log-file=${log}`, load.url];
  const report = await stage.run({ argv, core: load.core });
  const elapsed = /^finished in ([\d.]+)(ms|s),/m.exec(report);
  if (elapsed === null) throw new Error(`not a report of h2load:\n${report}`);
  const { micros, errors } = readLog(readFileSync(log, 'latin1'));
  return {
    requests: micros.length,
    requestsPerSecond: micros.length / (Number(elapsed[1]) * (elapsed[2] === 's' ? 1 : 0.001)),
    p50: percentileOf(micros, 0.5),
    p99: percentileOf(micros, 0.99),
    p999: percentileOf(micros, 0.999),
    errors,
  };
}

// Each line: when it began, its status, and how long it took, in microseconds.
function readLog(text: string): { readonly micros: readonly number[]; readonly errors: number } {
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'));
  const good = lines.filter(([, status]) => status === '200');
  const micros = good.map(([, , duration]) => Number(duration)).toSorted((a, b) => a - b);
  return { micros, errors: lines.length - good.length };
}
