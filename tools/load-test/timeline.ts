// Puts results on a time axis: the throughput from the ticks of the load generator, the states from the looks. Pure.
import { nameOf, subjectsOf, type Look } from './admin.ts';
import type { Lane } from './report.ts';

/** Requests over time, in steps of equal length. */
export class Throughput {
  private readonly steps: number[] = [];

  constructor(readonly stepMillis: number) {}

  /** Adds requests that were answered between two moments; spreads them evenly. */
  add(requests: number, from: number, to: number): void {
    const length = Math.max(1, to - from);
    const start = Math.max(0, to - length);
    for (let at = start; at < to; ) {
      const step = Math.floor(at / this.stepMillis);
      const end = Math.min(to, (step + 1) * this.stepMillis);
      while (this.steps.length <= step) this.steps.push(0);
      this.steps[step] += (requests * (end - at)) / length;
      at = end;
    }
  }

  perSecond(): readonly number[] {
    return this.steps.map((requests) => Math.round((requests * 1000) / this.stepMillis));
  }
}

/** One lane for each subject, with a span for each state that it was in; until `end`. */
export function lanesOf(looks: readonly Look[], end: number): readonly Lane[] {
  const lanes = new Map<string, { lane: Pick<Lane, 'tenant' | 'backend'>; spans: Lane['spans'][number][] }>();
  for (const look of looks) {
    for (const subject of subjectsOf(look)) {
      const { tenant, backend, state } = subject;
      const known = lanes.get(nameOf(subject)) ?? { lane: { tenant, backend }, spans: [] };
      lanes.set(nameOf(subject), known);
      const at = Math.round(look.answeredAt);
      const last = known.spans.at(-1);
      if (last?.state === state) continue;
      if (last !== undefined) known.spans[known.spans.length - 1] = { ...last, to: at };
      known.spans.push({ from: at, to: Math.round(end), state });
    }
  }
  return [...lanes.values()].map(({ lane, spans }) => ({ ...lane, spans }));
}
