// What requests show of the backends of one pool: told to the owner of standing, to the balancer that measures, and kept
// for what this process decides itself.
import type { Clock } from '../core/clock.ts';
import type { Failure } from '../core/failure.ts';
import type { TimerWheel } from '../core/timer-wheel.ts';
import { type Millis, millis } from '../core/units.ts';
import type { Balancer } from '../balance/contract.ts';
import type { PoolPlan } from '../plan/pool-plan.ts';
import type { EvidenceSink } from '../standing/contract.ts';
import { evidenceOf } from '../standing/evidence.ts';
import { answerCause } from '../standing/outlier.ts';
import type { Tally } from '../standing/tally.ts';
import type { Backend } from './backend.ts';
import type { BackendNotes } from './backend-owner.ts';
import { wasSilent, witnessOf } from './blame.ts';

export type NotesTools = {
  readonly wheel: TimerWheel;
  readonly clock: Clock;
  readonly standing: EvidenceSink;
  readonly tally: Tally;
};

/** Takes notes of attempts and answers. */
export class Notes implements BackendNotes<Backend> {
  constructor(
    private readonly pool: { readonly options: PoolPlan },
    private readonly roster: { readonly balancer: Balancer },
    private readonly tools: NotesTools,
  ) {}

  failed(backend: Backend, why: Failure, client: string, began: Millis): void {
    const { wheel, standing, clock } = this.tools;
    const evidence = evidenceOf(why.code);
    if (backend.hasLeft) return;
    if (why.source === 'upstream') standing.met(backend.slot, why);
    if (evidence === null) return;
    backend.hasFailed(wheel.time);
    const { options } = this.pool;
    const waited = millis(clock.now() - began);
    if (evidence.cause === 'timeout' && !wasSilent(backend, why, waited, options, wheel)) return;
    // Measured as if it had taken all of its time: a backend that fails fast must not look like a fast one.
    this.roster.balancer.observe?.(backend.id, options.firstByteTimeout);
    standing.failed(backend.slot, why.code, witnessOf(backend, client, waited, wheel));
    backend.doubted();
  }

  answered(backend: Backend, status: number, latency: Millis, client: string): boolean {
    if (backend.hasLeft) return true;
    const { standing, tally, wheel } = this.tools;
    const { outlier } = backend.options;
    if (latency > 0) this.roster.balancer.observe?.(backend.id, latency);
    const isFirst = tally.heard(backend.slot, status < 500);
    if (isFirst && latency > 0) backend.hearing?.usual.add(latency);
    const cause = outlier === null ? null : answerCause(status, latency, outlier);
    if (cause !== null) {
      standing.answeredBadly(backend.slot, cause, witnessOf(backend, client, latency, wheel));
      backend.doubted();
    }
    // A trial ends when the answer begins: a stream would otherwise keep the backend out for as long as it lasts.
    else if (backend.isOnTrial) standing.trialPassed(backend.slot);
    return cause === null;
  }

  whole(backend: Backend, client: string): void {
    if (backend.hasLeft) return;
    backend.servedClients.served(client, this.tools.wheel.now);
    if (backend.isOnTrial) this.tools.standing.trialPassed(backend.slot);
    else this.tools.tally.whole(backend.slot);
  }
}
