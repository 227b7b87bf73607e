// The recent past of one backend: its changes of state and its last probes, each with the evidence. Bounded.
import { Ring } from '../core/ring.ts';
import type { BackendChangeKind, Operator } from '../core/observer.ts';
import type { Failure } from '../core/failure.ts';
import { type Fault, Faults } from './faults.ts';
import { ProbeHistory, type ProbeRecord, type Sight } from './probe-history.ts';

/** One change of what may happen to a backend. */
export type Change = {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly kind: BackendChangeKind;
  /** The reason, as one line for people. */
  readonly detail: string;
  /** Who has ordered it; absent: nobody. */
  readonly by?: Operator;
};

// Enough for a night of flapping, and for two minutes of probes at the default interval: some 10 KiB at most.
const MAX_CHANGES = 50;
const MAX_PROBES = 24;
const MAX_EXCERPT = 200;

/** What happened to one backend, oldest first. */
export class Timeline {
  /** Null: nothing has changed yet. */
  private changeRing: Ring<Change> | null = null;
  /** Null: no request has failed yet. */
  private faults: Faults | null = null;
  /** Null: no probe has ended yet. */
  private probeHistory: ProbeHistory | null = null;

  changed(change: Change): void {
    this.changeRing ??= new Ring(MAX_CHANGES);
    this.changeRing.push(change);
  }

  /** `kind`: the check's type. */
  probed(report: Omit<ProbeRecord, 'kind'>, kind: string): void {
    this.probeHistory ??= new ProbeHistory(MAX_PROBES);
    this.probeHistory.push(sightOf(report, kind), report.at, report.duration);
  }

  /** A request to the backend has failed. `at`: milliseconds since 1970. */
  failed(why: Pick<Failure, 'code' | 'reason'>, at: number): void {
    this.faults ??= new Faults();
    this.faults.met(why, at);
  }

  failures(): readonly Readonly<Fault>[] {
    return this.faults?.toArray() ?? [];
  }

  changes(): readonly Change[] {
    return this.changeRing?.toArray() ?? [];
  }

  probes(): readonly ProbeRecord[] {
    return this.probeHistory?.toArray() ?? [];
  }
}

// One probe may serve the backends of ten thousand tenants: what it saw is made once for all.
const sights = new WeakMap<Omit<ProbeRecord, 'kind'>, Sight>();

function sightOf(report: Omit<ProbeRecord, 'kind'>, kind: string): Sight {
  const known = sights.get(report);
  if (known?.kind === kind) return known;
  const { passed, status, detail, excerpt } = report;
  const sight = { kind, passed, status, detail, excerpt: excerpt === null ? null : printableLine(excerpt) };
  sights.set(report, sight);
  return sight;
}

/** The beginning of a body as one printable line: it comes from outside and ends up on terminals. */
export function printableLine(body: string): string {
  const line = body
    .slice(0, 4 * MAX_EXCERPT)
    .replaceAll(/[\p{C}\p{Z}]+/gu, ' ')
    .trim();
  return line.length <= MAX_EXCERPT ? line : `${line.slice(0, MAX_EXCERPT - 1)}…`;
}
