// The recent past of one backend: its changes of state and its last probes, each with the evidence. Bounded.
import { Ring } from '../core/ring.ts';
import type { BackendChangeKind, Operator } from '../core/observer.ts';
import type { Millis } from '../core/units.ts';

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

/** One finished probe. */
export type ProbeRecord = {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** The check's type. */
  readonly kind: string;
  readonly passed: boolean;
  readonly status: number | null;
  /** One line: a status, an error. */
  readonly detail: string;
  readonly duration: Millis;
  /** The beginning of the body, or null. */
  readonly excerpt: string | null;
};

// Enough for a night of flapping, and for two minutes of probes at the default interval: some 10 KiB at most.
const MAX_CHANGES = 50;
const MAX_PROBES = 24;
const MAX_EXCERPT = 200;

/** What happened to one backend, oldest first. */
export class Timeline {
  /** Null: nothing has changed yet. */
  private changeRing: Ring<Change> | null = null;
  /** Null: no probe has ended yet. */
  private probeRing: Ring<ProbeRecord> | null = null;

  changed(change: Change): void {
    this.changeRing ??= new Ring(MAX_CHANGES);
    this.changeRing.push(change);
  }

  /** `kind`: the check's type. */
  probed(report: Omit<ProbeRecord, 'kind'>, kind: string): void {
    this.probeRing ??= new Ring(MAX_PROBES);
    this.probeRing.push(recordOf(report, kind));
  }

  changes(): readonly Change[] {
    return this.changeRing?.toArray() ?? [];
  }

  probes(): readonly ProbeRecord[] {
    return this.probeRing?.toArray() ?? [];
  }
}

// One probe may serve the backends of ten thousand tenants, which share its record.
const records = new WeakMap<Omit<ProbeRecord, 'kind'>, ProbeRecord>();

function recordOf(report: Omit<ProbeRecord, 'kind'>, kind: string): ProbeRecord {
  const known = records.get(report);
  if (known?.kind === kind) return known;
  const { at, passed, status, detail, duration, excerpt } = report;
  const shown = excerpt === null ? null : printableLine(excerpt);
  const record = { at, kind, passed, status, detail, duration, excerpt: shown };
  records.set(report, record);
  return record;
}

/** The beginning of a body as one printable line: it comes from outside and ends up on terminals. */
export function printableLine(body: string): string {
  const line = body
    .slice(0, 4 * MAX_EXCERPT)
    .replaceAll(/[\p{C}\p{Z}]+/gu, ' ')
    .trim();
  return line.length <= MAX_EXCERPT ? line : `${line.slice(0, MAX_EXCERPT - 1)}…`;
}
