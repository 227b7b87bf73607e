// What an exchange leaves behind: read by the observer when it ends.
import type { FailureCode } from '../core/failure.ts';
import type { ExchangeRecord, TrafficCounters } from '../core/observer.ts';
import { millis } from '../core/units.ts';
import type { Backend } from '../pools/backend.ts';
import { Waiter } from '../pools/waiting-line.ts';
import type { Tenant } from '../snapshot/snapshot.ts';

/** The recorded part of an exchange. */
export abstract class RecordedExchange extends Waiter implements ExchangeRecord {
  status = 0;
  attempts = 0;
  failure: FailureCode | null = null;
  startedAt = millis(0);
  answeredAt = millis(0);
  protected destination: Tenant | null = null;
  /** Of the latest attempt. */
  protected backend: Backend | null = null;

  get tenant(): string | null {
    return this.destination === null ? null : this.destination.name;
  }

  get traffic(): TrafficCounters | null {
    return this.backend === null ? null : this.backend.traffic;
  }

  protected clearRecord(): void {
    this.status = 0;
    this.attempts = 0;
    this.failure = null;
    this.answeredAt = millis(0);
    this.destination = null;
    this.backend = null;
  }
}
