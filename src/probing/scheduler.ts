// Runs the probes: at once for a new backend, then as the plan says. Equal probes of several tenants run once for all.
import type { Clock } from '../core/clock.ts';
import { Shortage } from '../core/shortage.ts';
import { hashText } from '../core/hash.ts';
import { IdMap } from '../core/id-map.ts';
import { type Millis, formatDuration, millis } from '../core/units.ts';
import type { ProbeResult, ProbeTools, Schedule } from './contract.ts';
import { earlyInterval, probeInterval } from './intervals.ts';
import { DEFAULT_MAX_RUNNING, type PlannedProbe, ProbePlan } from './probe-plan.ts';
import { failedProbe } from './probe-result.ts';
import type { HealthState } from '../standing/state-machine.ts';

// How many probes begin in one turn of the event loop. Requests are served between.
const BATCH = 64;
// A timeout noticed so much too late is no evidence: this process stood still, and the answer may lie unread.
const STALL = millis(250);
// Early probes in a second: enough for the restart of a few backends, and a bound when a whole site fails.
const MOST_EARLY = 200;
// How many probes may run out of turn at a time: enough for single backends that fall silent, and a bound when a whole
// network fails.
const MOST_ASKED = 64;
const LONGEST_PAUSE = millis(300_000);

/** A finished probe. */
export type ProbeOutcome = ProbeResult & {
  readonly duration: Millis;
  /** Milliseconds since 1970. */
  readonly at: number;
};

/** A backend as the scheduler sees it. */
export type Probed = {
  readonly id: number;
  readonly schedule: Schedule;
  /** Equal for probes that have the same address and definition. */
  readonly probeKey: string;
  readonly state: HealthState;
  /** Since when probes have found the backend down, by the monotonic clock; null: they have not. */
  readonly downSince: Millis | null;
  probe(tools: ProbeTools): Promise<ProbeResult>;
  /** Takes in an outcome; afterwards `state` and `downSince` include it. */
  report(outcome: ProbeOutcome): void;
  /** Takes in the outcome of a probe that was asked for with `ask`. */
  answer(outcome: ProbeOutcome): void;
};

/** A probe that runs once for all its members, by their ids. */
type SharedProbe = {
  readonly members: IdMap<Probed>;
  abort: AbortController | null;
  /** The probe that runs counts no more. */
  isVoid: boolean;
  latest: ProbeOutcome | null;
};

/** What probes use of the outside, and who is told if one could not be made. */
export type Outside = Pick<ProbeTools, 'connect' | 'call' | 'run'> & {
  readonly reportShortage: (shortage: Shortage) => void;
};

/** Owns all probes of the gateway. */
export class HealthScheduler {
  private readonly plan: ProbePlan;
  private readonly shared = new Map<string, SharedProbe>();
  /** By id: the probe and the schedule with which each was added. */
  private readonly known = new Map<number, { readonly key: string; readonly schedule: Schedule }>();
  private cancelTimer: (() => void) | null = null;
  private wakesAt = Number.POSITIVE_INFINITY;
  private askedNow = 0;
  private earlySecond = 0;
  private earlyCount = 0;

  constructor(
    private readonly clock: Clock,
    random: () => number,
    private readonly outside: Outside,
  ) {
    this.plan = new ProbePlan({ maxRunning: DEFAULT_MAX_RUNNING, random });
  }

  /** Probes at once, and then on schedule until `remove`. If an equal probe exists, its latest outcome is reported at once
   * and the next one soon. Added again, a backend changes over to its present probe and schedule. */
  add(probed: Probed): void {
    const { id, probeKey: key, schedule } = probed;
    const before = this.known.get(id);
    if (before?.key === key && before.schedule === schedule) return;
    this.known.set(id, { key, schedule });
    if (before?.key === key) {
      this.shared.get(key)?.members.set(id, probed);
      return this.hasten(key, probeInterval(probed.state, schedule));
    }
    this.join(probed);
    if (before !== undefined) this.leave(before.key, id);
  }

  remove({ id }: Pick<Probed, 'id'>): void {
    this.forget(id);
  }

  /** The same by its id. */
  forget(id: number): void {
    const known = this.known.get(id);
    if (known === undefined) return;
    this.known.delete(id);
    this.leave(known.key, id);
  }

  /** Probes now, not at the next interval, because requests have failed. */
  probeSoon({ id }: Pick<Probed, 'id'>): void {
    const known = this.known.get(id);
    if (known !== undefined) this.hasten(known.key, millis(0));
  }

  /** Runs one probe now, in addition to those of the schedule and with a timeout of its own. `answer` gets the outcome, or
   * none if too many such probes run or the process stood still meanwhile. */
  ask({ id }: Pick<Probed, 'id'>, timeout: Millis): void {
    const known = this.known.get(id);
    const probed = known === undefined ? undefined : this.shared.get(known.key)?.members.get(id);
    if (probed !== undefined && this.askedNow < MOST_ASKED) void this.runNow(probed, timeout);
  }

  /** Probes now. A probe that runs is ended and says nothing: it may ask where the backend is not any more. */
  anew({ id }: Pick<Probed, 'id'>): void {
    const known = this.known.get(id);
    const shared = known === undefined ? undefined : this.shared.get(known.key);
    if (known === undefined || shared === undefined) return;
    if (shared.abort === null) return this.hasten(known.key, millis(0));
    shared.isVoid = true;
    shared.abort.abort();
  }

  private async runNow(probed: Probed, timeout: Millis): Promise<void> {
    this.askedNow++;
    const attempt = await this.attempt(probed, timeout, new AbortController());
    this.askedNow--;
    if (typeof attempt !== 'string') probed.answer({ ...attempt, at: this.clock.wall() });
  }

  private join(probed: Probed): void {
    const { id, probeKey: key } = probed;
    const shared = this.shared.get(key) ?? { members: new IdMap<Probed>(), abort: null, isVoid: false, latest: null };
    this.shared.set(key, shared);
    shared.members.set(id, probed);
    this.plan.subscribe(key, hashText(key), id, this.clock.now());
    if (shared.latest === null) return this.arm();
    probed.report(shared.latest);
    this.hasten(key, millis(0));
  }

  private leave(key: string, id: number): void {
    const shared = this.shared.get(key);
    if (shared === undefined || !shared.members.delete(id)) return;
    this.plan.unsubscribe(key, id);
    if (shared.members.size > 0) return;
    this.shared.delete(key);
    shared.abort?.abort();
  }

  private hasten(key: string, interval: Millis): void {
    this.plan.hasten(key, interval, this.clock.now());
    this.arm();
  }

  /** Ends all probes; for shutdown. */
  stop(): void {
    for (const shared of this.shared.values()) for (const probed of shared.members.values()) this.remove(probed);
    this.cancelTimer?.();
    this.cancelTimer = null;
    this.wakesAt = Number.POSITIVE_INFINITY;
  }

  private arm(): void {
    const due = this.plan.nextDue();
    if (due === null || due >= this.wakesAt) return;
    this.cancelTimer?.();
    this.wakesAt = due;
    this.cancelTimer = this.clock.after(millis(Math.max(0, due - this.clock.now())), () => this.wake());
  }

  private wake(): void {
    this.wakesAt = Number.POSITIVE_INFINITY;
    // Timers may come a little early; what is due within a millisecond is due.
    const now = millis(this.clock.now() + 1);
    for (let begun = 0; begun < BATCH; begun++) {
      const probe = this.plan.take(now);
      if (probe === null) break;
      void this.run(probe);
    }
    this.arm();
  }

  private async run(probe: PlannedProbe): Promise<void> {
    const shared = this.shared.get(probe.key);
    const first = shared?.members.first();
    if (shared === undefined || first === undefined) return this.plan.finished(probe, millis(0), this.clock.now());
    const abort = new AbortController();
    shared.abort = abort;
    shared.isVoid = false;
    const attempt = await this.attempt(first, first.schedule.timeout, abort);
    shared.abort = null;
    // Void, too, if all members left while it ran: those that have come since want a probe of their own.
    const isVoid = attempt === 'late' || shared.isVoid || this.shared.get(probe.key) !== shared;
    if (!isVoid && attempt !== 'not-made') this.conclude(shared, attempt);
    this.plan.finished(probe, isVoid ? millis(0) : this.pause(shared), this.clock.now());
    this.arm();
  }

  /** Runs a probe. Neither is evidence about the backend: `late`: its timeout was noticed too late; `not-made`: the gateway
   * itself lacked something that it needs for a probe. */
  private async attempt(
    probed: Probed,
    timeout: Millis,
    abort: AbortController,
  ): Promise<(ProbeResult & { readonly duration: Millis }) | 'late' | 'not-made'> {
    const cancel = this.clock.after(timeout, () => abort.abort());
    const startedAt = this.clock.now();
    const tools = { ...this.outside, wall: this.clock.wall, signal: abort.signal };
    const result = await probed.probe(tools).catch(shortageOrBug);
    cancel();
    if (result instanceof Shortage) {
      this.outside.reportShortage(result);
      return 'not-made';
    }
    const duration = millis(this.clock.now() - startedAt);
    const isTimeout = abort.signal.aborted;
    if (isTimeout && duration > timeout + STALL) return 'late';
    return { ...(isTimeout ? timedOut(result, timeout) : result), duration };
  }

  // A backend may ask not to be probed for a while (Retry-After), up to LONGEST_PAUSE.
  private pause({ members, latest }: SharedProbe): Millis {
    const asked = millis(Math.min(latest?.advice?.retryAfter ?? 0, LONGEST_PAUSE));
    return millis(Math.min(...members.values().map((one) => this.intervalOf(one, asked))));
  }

  // The pause is granted to unhealthy backends only: a backend that gets requests must be watched.
  private intervalOf({ state, schedule, downSince }: Probed, asked: Millis): Millis {
    if (asked > 0 && state.health === 'unhealthy') return asked;
    const usual = probeInterval(state, schedule);
    const now = this.clock.now();
    const early = downSince === null ? usual : earlyInterval(millis(now - downSince));
    if (early >= usual) return usual;
    const second = Math.floor(now / 1000);
    if (second !== this.earlySecond) this.earlyCount = 0;
    this.earlySecond = second;
    return this.earlyCount++ < MOST_EARLY ? early : usual;
  }

  private conclude(shared: SharedProbe, result: ProbeResult & { readonly duration: Millis }): void {
    const outcome = { ...result, at: this.clock.wall() };
    shared.latest = outcome;
    for (const probed of shared.members.values()) probed.report(outcome);
  }
}

// Keeps what the probe had seen before its timeout: it is evidence.
function timedOut(result: ProbeResult, timeout: Millis): ProbeResult {
  const what = result.status === null ? 'no answer' : `status ${result.status}, but no end of the answer`;
  return { ...result, passed: false, detail: `${what} within ${formatDuration(timeout)}` };
}

// A check rejects for nothing else; one that does has a bug, which must not count as health.
function shortageOrBug(error: unknown): ProbeResult | Shortage {
  return error instanceof Shortage ? error : failedProbe(`the check itself failed: ${String(error)}`);
}
