// What an exchange knows of itself: what it leaves to the observer when it ends, and what decides on another attempt.
import type { Failure, FailureCode } from '../core/failure.ts';
import type { ExchangeRecord, TrafficCounters } from '../core/observer.ts';
import { type Millis, millis } from '../core/units.ts';
import { Head } from '../message/head.ts';
import type { Backend } from '../pools/backend.ts';
import { Waiter } from '../pools/waiting-line.ts';
import type { Tenant } from '../snapshot/snapshot.ts';
import { mayRetry } from './retry.ts';

// For an exchange that has no request.
const NO_HEAD = new Head();
const NONE_TRIED: readonly Backend[] = [];

/** The state of an exchange; `clear` makes it ready for its next life. */
export abstract class ExchangeState extends Waiter implements ExchangeRecord {
  head: Head = NO_HEAD;
  status = 0;
  attempts = 0;
  failure: FailureCode | null = null;
  startedAt = millis(0);
  answeredAt = millis(0);
  protected destination: Tenant | null = null;
  /** Of the latest attempt. */
  protected backend: Backend | null = null;
  /** Backends that have failed this request. */
  protected tried: readonly Backend[] = NONE_TRIED;
  /** Attempts over idle connections that turned out to be dead. */
  protected staleAttempts = 0;
  protected isReplayable = true;
  protected hasResponded = false;

  get tenant(): string | null {
    return this.destination === null ? null : this.destination.name;
  }

  get traffic(): TrafficCounters | null {
    return this.backend === null ? null : this.backend.traffic;
  }

  /** To the head of the response; 0: not measured. */
  protected get latency(): Millis {
    return millis(this.answeredAt === 0 ? 0 : this.answeredAt - this.startedAt);
  }

  protected mayRetry(why: Failure): boolean {
    return mayRetry({
      failure: why,
      method: this.head.methodClass,
      isReplayable: this.isReplayable,
      hasResponded: this.hasResponded,
      attempts: this.attempts - this.staleAttempts,
      maxAttempts: 1 + (this.destination?.retries ?? 0),
    });
  }

  protected clear(): void {
    this.head = NO_HEAD;
    this.status = 0;
    this.attempts = 0;
    this.failure = null;
    this.answeredAt = millis(0);
    this.destination = null;
    this.backend = null;
    this.tried = NONE_TRIED;
    this.staleAttempts = 0;
    this.isReplayable = true;
    this.hasResponded = false;
  }
}
