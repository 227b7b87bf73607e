// One simulated request with its attempts.
import { failure } from '../../src/core/failure.ts';
import { type Millis, millis } from '../../src/core/units.ts';
import { type AttemptOutcome, decideRetry } from '../../src/forward/retry-decision.ts';
import type { Reply, SimBackend } from './sim-backend.ts';
import type { SimGateway } from './sim-gateway.ts';
import { SimEvent } from './simulation.ts';

const NONE: readonly SimBackend[] = [];
const REFUSED: AttemptOutcome = { kind: 'failed', failure: failure('connect-refused') };
const TIMED_OUT: AttemptOutcome = { kind: 'failed', failure: failure('first-byte-timeout') };

/** One request under way. Its event is the end of the present attempt. */
export class SimExchange extends SimEvent {
  private readonly startedAt: Millis;
  private attempts = 0;
  private tried: readonly SimBackend[] = NONE;
  private backend: SimBackend | null = null;
  private reply: Reply | null = null;
  private attemptedAt = millis(0);

  constructor(
    private readonly gateway: SimGateway,
    private readonly keyHash: number,
  ) {
    super();
    this.startedAt = gateway.simulation.now();
  }

  begin(): void {
    this.gateway.metrics.count('requests', this.startedAt);
    this.gateway.budget.requested(this.startedAt);
    this.attempt(this.gateway.pick(this.keyHash, NONE));
  }

  private attempt(backend: SimBackend | null): void {
    const { gateway } = this;
    const now = gateway.simulation.now();
    if (backend === null) return gateway.metrics.lose('none eligible', now);
    this.attempts++;
    this.backend = backend;
    this.attemptedAt = now;
    backend.inFlight++;
    backend.attempts++;
    gateway.load.inFlight++;
    gateway.metrics.count('attempts', now);
    if (gateway.settings.watched(backend)) gateway.metrics.count('watched', now);
    this.reply = backend.origin.serve(now, gateway.settings.firstByteTimeout);
    gateway.simulation.at(this.reply.at, this);
  }

  override happen(): void {
    const { backend, reply, gateway } = this;
    if (backend === null || reply === null) return;
    backend.inFlight--;
    gateway.load.inFlight--;
    switch (reply.kind) {
      case 'refused':
        gateway.failed(backend, 'connect');
        return this.after(REFUSED, backend, false);
      case 'timeout':
        gateway.failed(backend, 'timeout');
        return this.after(TIMED_OUT, backend, true);
      case 'answered':
        if (reply.status === 200) return this.serve(backend);
        gateway.failed(backend, '5xx');
        return this.after({ kind: 'answered', status: reply.status }, backend, true);
    }
  }

  private serve(backend: SimBackend): void {
    const { gateway } = this;
    const now = gateway.simulation.now();
    gateway.served(backend, now - this.attemptedAt);
    gateway.metrics.serve(now - this.startedAt, now);
  }

  private after(outcome: AttemptOutcome, backend: SimBackend, wasSent: boolean): void {
    const { gateway } = this;
    const { settings, budget, metrics, simulation } = gateway;
    const now = simulation.now();
    this.tried = [...this.tried, backend];
    const other = gateway.pick(this.keyHash, this.tried);
    const decision = decideRetry(
      {
        outcome,
        attempts: this.attempts,
        tries: this.attempts,
        isIdempotent: true,
        wasSent,
        canReplay: true,
        wasReused: false,
        hadFreeRetry: false,
        hasResponseBegun: false,
        hasOther: other !== null,
        hasBudget: !settings.hasBudget || budget.hasRoom(now),
        now,
        connectDeadline: millis(0),
        endsAt: millis(this.startedAt + settings.exchangeTimeout),
        random: settings.random(),
      },
      settings.retry,
    );
    if (decision.kind === 'give_up') return metrics.lose(decision.reason, now);
    if (decision.spendsBudget) budget.spend(now);
    const next = decision.target === 'other' ? other : backend;
    if (decision.delay === 0) this.attempt(next);
    else simulation.once(now + decision.delay, () => this.attempt(next));
  }
}
