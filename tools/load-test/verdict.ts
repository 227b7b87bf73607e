// Decides whether the test is passed: pure.
import type { Millis, Share } from '../../src/core/units.ts';
import { count } from '../../src/cli/charts.ts';
import type { DrillReport, Rule, StageReport, Verdict } from './report.ts';

export type Limits = {
  readonly maxErrorRate: Share;
  /** Null: any. */
  readonly maxP99: Millis | null;
  readonly minBalance: Share;
};

export type Findings = {
  readonly stages: readonly StageReport[];
  readonly drill: DrillReport | null;
  /** How often health was asked for; 0: there is no admin API. */
  readonly looks: number;
  readonly untruths: readonly string[];
};

/** Applies the rules. A rule whose facts are not known is left out. */
export function judge(findings: Findings, limits: Limits): Verdict {
  const { stages } = findings;
  const rules = [
    judgeRequests(stages, limits.maxErrorRate),
    judgeLatency(stages, limits.maxP99),
    judgeBalance(stages, limits.minBalance),
    judgeHealth(findings),
  ].filter((rule) => rule !== null);
  return { passed: rules.every(({ passed }) => passed), rules };
}

/** `0.25 %`. */
export function precisePercent(share: number): string {
  const text = (share * 100).toPrecision(3);
  return `${Number(text)} %`;
}

function judgeRequests(stages: readonly StageReport[], limit: Share): Rule {
  const lost = stages.reduce((sum, stage) => sum + stage.lost, 0);
  const total = stages.reduce((sum, stage) => sum + stage.requests, 0);
  const silent = stages.find(({ requests }) => requests === 0);
  const worst = stages.reduce((a, b) => (b.error_rate > a.error_rate ? b : a));
  const passed = worst.error_rate <= limit && silent === undefined;
  const allowed = `${precisePercent(limit)} may be`;
  const detail =
    silent !== undefined
      ? `${silent.name}: no request was answered`
      : lost === 0
        ? `no request lost of ${count(total)}`
        : `${count(lost)} requests lost of ${count(total)}, at worst ${precisePercent(worst.error_rate)} (${worst.name}); ${allowed}`;
  return { rule: 'requests', passed, detail };
}

function judgeLatency(stages: readonly StageReport[], limit: Millis | null): Rule | null {
  if (limit === null) return null;
  const worst = stages.reduce((a, b) => (b.latency_ms.p99 > a.latency_ms.p99 ? b : a));
  const { p99 } = worst.latency_ms;
  return { rule: 'latency', passed: p99 <= limit, detail: `p99 up to ${p99}ms (${worst.name}), allowed ${limit}ms` };
}

function judgeBalance(stages: readonly StageReport[], limit: Share): Rule | null {
  const known = stages.flatMap(({ balance, name }) => (balance === null ? [] : [{ balance, name }]));
  if (known.length === 0) return null;
  const worst = known.reduce((a, b) => (b.balance < a.balance ? b : a));
  const least = `the least loaded backend had ${precisePercent(worst.balance)} of the most loaded one's requests`;
  const detail = `${least} at worst (${worst.name}), ${precisePercent(limit)} wanted`;
  return { rule: 'balance', passed: worst.balance >= limit, detail };
}

const MOST_NAMED = 3;

function judgeHealth({ drill, looks, untruths }: Findings): Rule | null {
  if (looks === 0) return null;
  const unnoticed = (drill?.backends ?? []).flatMap(({ tenant, backend, out_after_ms, back_after_ms }) => [
    ...(out_after_ms === null ? [`${tenant}/${backend} was never seen out`] : []),
    ...(back_after_ms === null ? [`${tenant}/${backend} was never seen back`] : []),
  ]);
  const wrong = [...untruths, ...unnoticed];
  if (wrong.length === 0) return { rule: 'health', passed: true, detail: describeRight(drill, looks) };
  const more = wrong.length > MOST_NAMED ? `; ${wrong.length - MOST_NAMED} more` : '';
  return { rule: 'health', passed: false, detail: wrong.slice(0, MOST_NAMED).join('; ') + more };
}

function describeRight(drill: DrillReport | null, looks: number): string {
  const always = `right in all ${count(looks)} looks`;
  if (drill === null) return `${always}: nothing changed`;
  const slowest = (key: 'out_after_ms' | 'back_after_ms'): string =>
    count(Math.max(...drill.backends.map((backend) => backend[key] ?? 0)));
  const { out, back } = drill.allowed_ms;
  return `${always}: origin ${drill.origin} seen out after ${slowest('out_after_ms')}ms (allowed ${count(out)}ms), back after ${slowest('back_after_ms')}ms (allowed ${count(back)}ms)`;
}
