// What the attempts of one exchange show of their backends, and who is told: the notes of the pool, the search for the next
// backend, the record of the exchange, and observers.
import type { Failure } from '../core/failure.ts';
import { type Millis, millis } from '../core/units.ts';
import type { Backend } from '../pools/backend.ts';
import type { AttemptHistory } from './attempt-history.ts';
import type { Attempt } from './attempt.ts';
import type { AttemptsOwner } from './attempts-owner.ts';
import type { ExchangeTools } from './exchange-tools.ts';
import type { Search } from './search.ts';
import type { Tenant } from './snapshot.ts';

export class AttemptEvidence {
  /** When the latest answer came. */
  answeredAt = millis(0);
  /** The latest answer has begun as a good one, by its status and latency. */
  private isWell = false;

  constructor(
    private readonly owner: AttemptsOwner,
    private readonly tools: Pick<ExchangeTools, 'turnClock' | 'observer'>,
    private readonly past: AttemptHistory,
    private readonly search: Search,
  ) {}

  /** The head of an answer has come. */
  answered(attempt: Attempt, { retry }: Tenant, status: number): void {
    const { backend, began } = attempt;
    if (backend === null) return;
    const now = this.tools.turnClock.now();
    const latency = millis(now - began);
    this.answeredAt = now;
    this.isWell = backend.owner.notes.answered(backend, status, latency, this.owner.client.address);
    if (retry.hedge !== null) retry.hedge.add(latency);
    if (!this.past.isPlain) this.past.keep(attempt, status, now);
    if (this.tools.observer.wantsAttempts) this.tell(attempt, status, now);
  }

  /** The answer has come to its end. */
  whole(backend: Backend): void {
    if (this.isWell) backend.owner.notes.whole(backend, this.owner.client.address);
  }

  /** The answer had begun as a good one, and is none. */
  spoiled(backend: Backend, why: Failure): void {
    const { client, times } = this.owner;
    this.isWell = false;
    backend.owner.notes.failed(backend, why, client.address, times.attempted);
  }

  failed(attempt: Attempt, backend: Backend, why: Failure): void {
    this.past.keep(attempt, why.code);
    if (why.code !== 'gateway-exhausted') backend.traffic.countFailure(); // without a descriptor it was not asked
    this.search.passOver(backend);
    if (this.tools.observer.wantsAttempts) this.tell(attempt, why.code, this.tools.turnClock.now());
    backend.owner.notes.failed(backend, why, this.owner.client.address, attempt.began);
  }

  /** Another backend may have a better answer. */
  leftAside(backend: Backend): void {
    backend.traffic.countFailure();
    this.search.passOver(backend);
  }

  private tell(attempt: Attempt, outcome: number | Failure['code'], ended: Millis): void {
    const { backend, number, isHedge, began } = attempt;
    if (backend === null) return;
    this.tools.observer.attemptEnded({ exchange: this.owner, backend, number, isHedge, outcome, began, ended });
  }

  clear(): void {
    this.answeredAt = millis(0);
    this.isWell = false;
  }
}
