// Combines several observers into one.
import type { AttemptRecord, ExchangeObserver, ExchangeRecord } from '../message/record.ts';

/** An observer that tells each of these, in their order. One alone is returned as it is, so that no call goes through this. */
export function together(observers: readonly [ExchangeObserver, ...ExchangeObserver[]]): ExchangeObserver {
  return observers.length === 1 ? observers[0] : new Together(observers);
}

class Together implements ExchangeObserver {
  readonly wantsAttempts: boolean;
  private readonly forAttempts: readonly ExchangeObserver[];

  constructor(private readonly observers: readonly ExchangeObserver[]) {
    this.forAttempts = observers.filter((observer) => observer.wantsAttempts);
    this.wantsAttempts = this.forAttempts.length > 0;
  }

  // It may change with a plan.
  get wantsResponses(): boolean {
    for (const observer of this.observers) if (observer.wantsResponses === true) return true;
    return false;
  }

  exchangeEnded(record: ExchangeRecord): void {
    for (const observer of this.observers) observer.exchangeEnded(record);
  }

  attemptEnded(record: AttemptRecord): void {
    for (const observer of this.forAttempts) observer.attemptEnded(record);
  }
}

/** Tells one observer, and others as long as they want to be told: what is off costs nothing. */
export class Observers implements ExchangeObserver {
  wantsAttempts: boolean;
  private all: ExchangeObserver;

  constructor(private readonly first: ExchangeObserver) {
    this.all = first;
    this.wantsAttempts = first.wantsAttempts;
  }

  /** From here on these are told besides the first one. */
  use(others: readonly ExchangeObserver[]): void {
    this.all = together([this.first, ...others]);
    this.wantsAttempts = this.all.wantsAttempts;
  }

  get wantsResponses(): boolean {
    return this.all.wantsResponses === true;
  }

  exchangeEnded(record: ExchangeRecord): void {
    this.all.exchangeEnded(record);
  }

  attemptEnded(record: AttemptRecord): void {
    this.all.attemptEnded(record);
  }
}
