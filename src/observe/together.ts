// Combines several observers into one.
import type { AttemptRecord, ExchangeObserver, ExchangeRecord } from '../message/record.ts';

/** An observer that tells each of these, in their order. One alone is returned as it is, so that no call goes through this. */
export function together(observers: readonly [ExchangeObserver, ...ExchangeObserver[]]): ExchangeObserver {
  return observers.length === 1 ? observers[0] : new Together(observers);
}

class Together implements ExchangeObserver {
  readonly wantsAttempts: boolean;
  readonly wantsResponses: boolean;
  private readonly forAttempts: readonly ExchangeObserver[];

  constructor(private readonly observers: readonly ExchangeObserver[]) {
    this.forAttempts = observers.filter((observer) => observer.wantsAttempts);
    this.wantsAttempts = this.forAttempts.length > 0;
    this.wantsResponses = observers.some((observer) => observer.wantsResponses === true);
  }

  exchangeEnded(record: ExchangeRecord): void {
    for (const observer of this.observers) observer.exchangeEnded(record);
  }

  attemptEnded(record: AttemptRecord): void {
    for (const observer of this.forAttempts) observer.attemptEnded(record);
  }
}
