// Runs probes: at once for a new target, then again and again; never two at a time for one target, and never more than
// a bounded number in all.
import type { Clock } from '../core/clock.ts';
import type { Connector } from '../core/connector.ts';
import { type Millis, millis } from '../core/units.ts';
import type { ProbeResult, ProbeTools, Schedule } from './contract.ts';
import { type Evidence, type HealthState, nextProbeDelay } from './state-machine.ts';

// Each probe holds a descriptor and a little memory; more at once would only queue in the kernel.
const MAX_CONCURRENT = 128;
// A flood of failed requests asks for a probe each; one in this time is enough.
const MIN_GAP = millis(100);

/** Something to probe. */
export type Probed = {
  readonly schedule: Schedule;
  readonly state: HealthState;
  probe(tools: ProbeTools): Promise<ProbeResult>;
  /** Takes in what a probe brought; `state` shows it afterwards. */
  report(evidence: Evidence): void;
};

type Job = {
  readonly probed: Probed;
  cancelTimer: (() => void) | null;
  abort: AbortController | null;
  isQueued: boolean;
  startedAt: Millis;
  isRemoved: boolean;
};

/** Owns all probes of the gateway. */
export class HealthScheduler {
  private readonly jobs = new Map<Probed, Job>();
  private readonly queue: Job[] = [];
  private running = 0;

  constructor(
    private readonly clock: Clock,
    private readonly random: () => number,
    private readonly connect: Connector,
  ) {}

  /** Probes at once, and then on schedule until it is removed. */
  add(probed: Probed): void {
    if (this.jobs.has(probed)) return;
    const job: Job = {
      probed,
      cancelTimer: null,
      abort: null,
      isQueued: false,
      startedAt: millis(Number.NEGATIVE_INFINITY),
      isRemoved: false,
    };
    this.jobs.set(probed, job);
    this.enqueue(job);
  }

  remove(probed: Probed): void {
    const job = this.jobs.get(probed);
    if (job === undefined) return;
    this.jobs.delete(probed);
    job.isRemoved = true;
    job.cancelTimer?.();
    job.abort?.abort();
  }

  /** Traffic has seen trouble: asks now, not at the next interval. */
  probeSoon(probed: Probed): void {
    const job = this.jobs.get(probed);
    if (job === undefined || job.abort !== null || job.isQueued) return;
    if (this.clock.now() - job.startedAt < MIN_GAP) return;
    this.enqueue(job);
  }

  /** Ends all probes; for shutdown. */
  stop(): void {
    for (const probed of this.jobs.keys()) this.remove(probed);
  }

  private enqueue(job: Job): void {
    job.cancelTimer?.();
    job.cancelTimer = null;
    job.isQueued = true;
    this.queue.push(job);
    this.fill();
  }

  private fill(): void {
    while (this.running < MAX_CONCURRENT) {
      const job = this.queue.shift();
      if (job === undefined) return;
      job.isQueued = false;
      if (!job.isRemoved) void this.run(job);
    }
  }

  private async run(job: Job): Promise<void> {
    const { probed } = job;
    this.running++;
    job.startedAt = this.clock.now();
    job.abort = new AbortController();
    const { signal } = job.abort;
    const { timeout } = probed.schedule;
    const abort = job.abort;
    const cancel = this.clock.after(timeout, () => abort.abort());
    const result = await probed.probe({ connect: this.connect, signal }).catch(failedProbe);
    cancel();
    this.running--;
    job.abort = null;
    if (!job.isRemoved) this.conclude(job, signal.aborted ? timedOut(timeout) : result);
    this.fill();
  }

  private conclude(job: Job, result: ProbeResult): void {
    const { probed } = job;
    const duration = millis(this.clock.now() - job.startedAt);
    probed.report({ kind: 'probe', passed: result.passed, detail: result.detail, duration, at: this.clock.wall() });
    const delay = nextProbeDelay(probed.state, probed.schedule, this.random());
    job.cancelTimer = this.clock.after(delay, () => this.enqueue(job));
  }
}

function timedOut(timeout: Millis): ProbeResult {
  return { passed: false, detail: `no answer within ${timeout} ms`, status: null };
}

// A check resolves always; one that throws has a bug, and a bug must not pass for health.
function failedProbe(error: unknown): ProbeResult {
  return { passed: false, detail: `the check itself failed: ${String(error)}`, status: null };
}
