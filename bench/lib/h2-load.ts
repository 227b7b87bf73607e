// Makes load over HTTP/2 with h2load.
import type { LoadResult } from './load.ts';
import type { Stage } from './processes.ts';

/** One run. */
export type H2Load = {
  readonly url: string;
  readonly seconds: number;
  readonly connections: number;
  /** Requests at a time on each connection. */
  readonly streams: number;
  readonly core: number | null;
};

const MICROS = { us: 1, ms: 1000, s: 1_000_000 } as const;

/** Runs h2load once. */
export async function runH2Load(stage: Stage, load: H2Load): Promise<LoadResult> {
  const { url, seconds, connections, streams, core } = load;
  const argv = ['h2load', '-t1', `-D${seconds}`, `-c${connections}`, `-m${streams}`, url];
  return parse(await stage.run({ argv, core }), seconds);
}

// It tells the mean and the longest of all latencies, but no quantiles: the mean stands for the median.
function parse(report: string, seconds: number): LoadResult {
  const counts = /(\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout/.exec(report);
  const times = /time for request:\s+\S+\s+\S+\s+([\d.]+)(us|ms|s)/.exec(report);
  if (counts === null || times === null) throw new Error(`not a report of h2load:\n${report}`);
  const [requests = 0, ...bad] = counts.slice(1).map(Number);
  const factor = Object.entries(MICROS).find(([name]) => name === times[2])?.[1] ?? Number.NaN;
  return {
    requests,
    requestsPerSecond: requests / seconds,
    p50: Number(times[1]) * factor,
    p99: Number.NaN,
    p999: Number.NaN,
    errors: bad.reduce((sum, count) => sum + count, 0),
  };
}
