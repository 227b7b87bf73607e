// Makes load in slices of a fixed number of requests, with h2load: wrk runs for a time, but memory grows by requests.
import type { Stage } from './processes.ts';

/** One slice. */
export type Slice = {
  readonly url: string;
  readonly requests: number;
  readonly connections: number;
  readonly core: number | null;
};

/** Runs one slice and returns how many of its requests failed. */
export async function runSlice(stage: Stage, slice: Slice): Promise<number> {
  const { requests, connections } = slice;
  const argv = ['h2load', '--h1', '-t1', `-n${requests}`, `-c${Math.min(connections, requests)}`, slice.url];
  const report = await stage.run({ argv, core: slice.core });
  const good = /^status codes: (\d+) 2xx/m.exec(report);
  if (good === null) throw new Error(`not a report of h2load:\n${report}`);
  return requests - Number(good[1]);
}
