// Makes the report from what the test has seen: pure.
import { VERSION } from '../../src/core/version.ts';
import type { Look } from './admin.ts';
import { type Drill, findUntruths, reviewDrill } from './drill.ts';
import type { GeneratorName } from './generator.ts';
import type { LoadResult } from './load-program.ts';
import type { DrillReport, Report, StageHealth, StageReport } from './report.ts';
import type { Sample } from './sampler.ts';
import type { Outcome } from './session.ts';
import { balanceOf, sharesOf } from './shares.ts';
import { lanesOf } from './timeline.ts';
import { type Limits, judge } from './verdict.ts';

export type Seen = {
  readonly gateway: Report['gateway'];
  readonly generator: GeneratorName;
  /** Milliseconds since 1970, and how many the test took. */
  readonly startedAt: number;
  readonly duration: number;
  readonly outcomes: readonly Outcome[];
  readonly drill: Drill | null;
  readonly looks: readonly Look[];
  readonly samples: readonly Sample[];
  readonly throughput: Report['timeline']['throughput'];
  readonly notes: readonly string[];
};

/** The whole report. */
export function makeReport(seen: Seen, limits: Limits): Report {
  const { looks, outcomes } = seen;
  const stages = outcomes.map(stageReport);
  const drill = seen.drill === null ? null : drillReport(seen.drill, looks);
  const findings = { stages, drill, looks: looks.length, untruths: findUntruths(looks, seen.drill) };
  return {
    keystone: VERSION,
    started_at: new Date(seen.startedAt).toISOString(),
    duration_ms: Math.round(seen.duration),
    generator: seen.generator,
    gateway: seen.gateway,
    stages,
    drill,
    timeline: {
      throughput: seen.throughput,
      latency: seen.samples.map(({ at, latency }) => ({
        at: Math.round(at),
        ms: latency === null ? null : hundredths(latency),
      })),
      health: lanesOf(looks, seen.duration),
    },
    verdict: judge(findings, limits),
    notes: seen.notes,
  };
}

/** The report of one stage. */
export function stageReport(outcome: Outcome): StageReport {
  const { stage, load, looks } = outcome;
  const { target, name, connections } = stage;
  const errors = errorsOf(outcome);
  const lost = Object.values(errors).reduce((sum, count) => sum + count, 0);
  const answeredBadly = (errors['4xx'] ?? 0) + (errors['5xx'] ?? 0);
  // The generator does not count requests that were never answered.
  const tried = load.requests + lost - answeredBadly;
  const shares = sharesOf(looks);
  return {
    name,
    url: target.url,
    host: target.host,
    proxied: stage.isProxied,
    connections,
    started_at: Math.round(outcome.startedAt),
    ended_at: Math.round(outcome.endedAt),
    requests: load.requests,
    requests_per_second: Math.round((load.requests * 1e6) / Math.max(1, load.duration_us)),
    bytes: load.bytes,
    latency_ms: latencyOf(load.latency_us),
    statuses: classesOf(load.statuses),
    errors,
    lost,
    error_rate: tried === 0 ? 1 : lost / tried,
    shares,
    balance: shares === null ? null : balanceOf(shares),
    health: looks.length === 0 ? null : healthOf(outcome),
  };
}

function latencyOf({ mean, p50, p90, p99, p999, max }: LoadResult['latency_us']): StageReport['latency_ms'] {
  return {
    mean: inMillis(mean),
    p50: inMillis(p50),
    p90: inMillis(p90),
    p99: inMillis(p99),
    p999: inMillis(p999),
    max: inMillis(max),
  };
}

function errorsOf({ load, samples }: Outcome): Record<string, number> {
  const classes = classesOf(load.statuses);
  const kinds = {
    ...load.errors,
    sample: samples.filter(({ latency }) => latency === null).length,
    '4xx': classes['4xx'] ?? 0,
    '5xx': classes['5xx'] ?? 0,
  };
  return Object.fromEntries(Object.entries(kinds).filter(([, count]) => count > 0));
}

function classesOf(statuses: Readonly<Record<string, number>>): Record<string, number> {
  const classes: Record<string, number> = {};
  for (const [status, count] of Object.entries(statuses)) {
    const name = `${status.slice(0, 1)}xx`;
    classes[name] = (classes[name] ?? 0) + count;
  }
  return classes;
}

function healthOf({ looks, changes }: Outcome): StageHealth {
  return {
    before: looks.at(0)?.health ?? null,
    changes: changes.map((change) => ({ ...change, at: Math.round(change.at) })),
    after: looks.at(-1)?.health ?? null,
  };
}

function drillReport(drill: Drill, looks: readonly Look[]): DrillReport {
  return {
    origin: drill.origin,
    killed_at: Math.round(drill.killedAt),
    revived_at: Math.round(drill.revivedAt),
    allowed_ms: { out: drill.allowed.down, back: drill.allowed.up },
    backends: reviewDrill(drill, looks),
  };
}

function inMillis(micros: number): number {
  return hundredths(micros / 1000);
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100;
}
