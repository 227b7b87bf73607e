// A second attempt beside a slow first one: whether a request may have one, and its beginning.
import type { Backend } from '../pools/backend.ts';
import { Attempt, type AttemptOwner, type ResponseReceiver } from './attempt.ts';
import type { ExchangeTools } from './exchange-tools.ts';
import { type RetryGround, wheelTime } from './retry-question.ts';
import type { Tenant } from './snapshot.ts';
import type { Head } from '../message/head.ts';

/** The request that it is for. */
export interface HedgedRequest {
  readonly head: Head;
  readonly upload: { readonly isComplete: boolean; readonly isRepeatable: boolean };
}

export class Hedge {
  /** Null: there is none. */
  attempt: Attempt | null = null;

  constructor(
    private readonly request: HedgedRequest,
    private readonly ground: Pick<RetryGround, 'search' | 'past'>,
    private readonly tools: Pick<ExchangeTools, 'wheel' | 'turnClock' | 'overload'>,
  ) {}

  /** The time for one may still come. */
  get mayCome(): boolean {
    const { upload, head } = this.request;
    const isSimple = head.methodClass === 'safe' && !head.isUpgrade && upload.isRepeatable;
    return !this.ground.past.hasHedged && upload.isComplete && isSimple;
  }

  /** The time has come. Returns the attempt; null: there is no budget, or no other backend. */
  begin(tenant: Tenant, slow: Backend, events: AttemptOwner, receiver: ResponseReceiver): Attempt | null {
    const { tools, ground } = this;
    const { search, past } = ground;
    const { budget } = tenant.retry;
    past.hasHedged = true;
    if (tools.overload.isSparing || !budget.hasRoom(wheelTime(tools))) return null;
    const other = search.takeOther(tenant, slow);
    if (other === null) return null;
    budget.spend(wheelTime(tools));
    const attempt = new Attempt(events, receiver, true);
    this.attempt = attempt;
    attempt.begin(other, past.count + 1, tools.turnClock.now());
    attempt.upstream = other.transport.acquire(attempt, tenant.pool.options, 'any');
    return attempt;
  }

  /** It is one no more: its answer is left aside, or it takes the place of the first attempt. */
  take(): Attempt | null {
    const { attempt } = this;
    this.attempt = null;
    return attempt;
  }

  /** Its answer is not needed. */
  drop(): void {
    const attempt = this.take();
    if (attempt === null) return;
    this.ground.past.keep(attempt, 'superseded');
    attempt.cancel();
  }
}
