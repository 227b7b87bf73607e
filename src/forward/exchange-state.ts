// What an exchange knows of itself: what it leaves to the observer when it ends, and what decides on another attempt.
import type { FailureCode } from '../core/failure.ts';
import type { ExchangeRecord, TrafficCounters } from '../core/observer.ts';
import { type Millis, millis } from '../core/units.ts';
import { EMPTY } from '../message/bytes.ts';
import type { ClientFacts } from '../message/contract.ts';
import { fieldValue } from '../message/field-value.ts';
import { Head } from '../message/head.ts';
import type { Backend } from '../pools/backend.ts';
import { NONE_TRIED, Waiter } from '../pools/waiting-line.ts';
import type { Tenant } from './snapshot.ts';
import { ReplayBuffer } from './replay-buffer.ts';
import { type AttemptOutcome, type RetryDecision, decideRetry } from './retry-decision.ts';
import type { ExchangeSurroundings } from './surroundings.ts';

// For an exchange that has no request.
const NO_HEAD = new Head();
const NOBODY: ClientFacts = { address: '', isTls: false, forwardedLines: EMPTY, namesHost: false, plainLines: EMPTY };

/** The state of an exchange; `clear` makes it ready for its next life. */
export abstract class ExchangeState extends Waiter implements ExchangeRecord {
  head: Head = NO_HEAD;
  client: ClientFacts = NOBODY;
  /** Bytes of the path that are not passed on. */
  strip = 0;
  status = 0;
  attempts = 0;
  failure: FailureCode | null = null;
  startedAt = millis(0);
  answeredAt = millis(0);
  protected startedTick = 0;
  protected destination: Tenant | null = null;
  /** Of the latest attempt. */
  protected backend: Backend | null = null;
  /** The backend that the client belongs to; null: none. */
  protected wanted: Backend | null = null;
  /** When the latest attempt began; 0: not measured. */
  protected attemptedAt = millis(0);
  /** Attempts over idle connections that turned out to be dead. */
  protected staleAttempts = 0;
  /** Those of all attempts whose retry did not count. */
  protected freeAttempts = 0;
  /** [bodyStart, bodyEnd) of head.bytes is the beginning of the body; `replay` has what came after it. */
  bodyStart = 0;
  bodyEnd = 0;
  protected readonly replay = new ReplayBuffer();
  protected requestEnded = false;
  protected hasResponded = false;
  /** It has had its chance of a second attempt beside the first. */
  protected hasHedged = false;
  /** Counts lives, so that what comes late does not meet another's request. */
  protected life = 0;

  constructor(protected readonly around: ExchangeSurroundings) {
    super();
  }

  get tenant(): string | null {
    return this.destination === null ? null : this.destination.name;
  }

  get traffic(): TrafficCounters | null {
    return this.backend === null ? null : this.backend.traffic;
  }

  /** From the beginning of the attempt to the head of the response; 0: not measured. */
  protected get latency(): Millis {
    return millis(this.answeredAt === 0 || this.attemptedAt === 0 ? 0 : this.answeredAt - this.attemptedAt);
  }

  /** It may be done twice: by its method (RFC 9110 9.2.2), or because its sender makes sure of it. */
  protected get isIdempotent(): boolean {
    if (this.head.methodClass !== 'once') return true;
    return this.destination?.retry.trustsKeys === true && fieldValue(this.head, 'idempotency-key') !== null;
  }

  /** Another attempt after this outcome, or the end. */
  protected decide(tenant: Tenant, backend: Backend, outcome: AttemptOutcome, wasReused: boolean): RetryDecision {
    const pool = tenant.pool;
    const now = this.wheelTime(this.around.wheel.now);
    const start = this.wheelTime(this.startedTick);
    return decideRetry(
      {
        outcome,
        attempts: this.attempts - this.freeAttempts,
        tries: this.attempts - this.staleAttempts,
        isIdempotent: this.isIdempotent,
        wasSent: outcome.kind === 'answered' || outcome.failure.retry !== 'yes',
        canReplay: this.replay.isWhole,
        wasReused,
        hadFreeRetry: this.staleAttempts > 0,
        hasResponseBegun: this.hasResponded,
        hasOther: pool.hasUntried([...this.tried, backend]),
        hasBudget: tenant.retry.budget.hasRoom(now),
        now,
        connectDeadline: millis(start + (pool.mayRecover ? pool.options.queueTimeout : 0)),
        deadline: this.deadlineOf(tenant),
        random: this.around.random(),
      },
      tenant.retry,
    );
  }

  /** When a response must have begun. */
  protected deadlineOf(tenant: Tenant): Millis {
    return millis(this.wheelTime(this.startedTick) + tenant.exchangeTimeout);
  }

  protected wheelTime(tick: number): Millis {
    return millis(tick * this.around.wheel.tick);
  }

  protected clear(): void {
    this.head = NO_HEAD;
    this.client = NOBODY;
    this.status = 0;
    this.attempts = 0;
    this.failure = null;
    this.answeredAt = millis(0);
    this.attemptedAt = millis(0);
    this.destination = null;
    this.backend = null;
    this.wanted = null;
    this.tried = NONE_TRIED;
    this.staleAttempts = 0;
    this.freeAttempts = 0;
    this.replay.clear();
    this.hasResponded = false;
    this.hasHedged = false;
    this.deadline = 0;
    this.life++;
  }
}
