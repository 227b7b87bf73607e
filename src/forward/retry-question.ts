// Gathers what the decision about another attempt depends on.
import { type Millis, millis } from '../core/units.ts';
import type { AttemptHistory } from './attempt-history.ts';
import type { Attempt } from './attempt.ts';
import type { ExchangeTools } from './exchange-tools.ts';
import { type Phase, RESPONDING, TUNNEL } from './phases.ts';
import { type AttemptOutcome, type RetryDecision, decideRetry } from './retry-decision.ts';
import type { Search } from './search.ts';
import type { Tenant } from './snapshot.ts';
import type { Upload } from './upload.ts';

/** The exchange, as the decision sees it. */
export type RetriedExchange = {
  readonly phase: Phase;
  readonly upload: Pick<Upload, 'isRepeatable'>;
  readonly isIdempotent: boolean;
  /** When it began to wait for its response, in ticks of the wheel. */
  readonly startedTick: number;
};

/** What all attempts of an exchange have in common. */
export type RetryGround = {
  readonly owner: RetriedExchange;
  readonly search: Search;
  readonly past: AttemptHistory;
  readonly tools: Pick<ExchangeTools, 'wheel' | 'overload' | 'random'>;
};

/** How an attempt has ended. `wasReused`: its connection had served another exchange before. */
export type EndOfAttempt = {
  readonly attempt: Attempt;
  readonly outcome: AttemptOutcome;
  readonly wasReused: boolean;
};

/** Whether another attempt follows. */
export function askRetry(
  ground: RetryGround,
  tenant: Tenant,
  { attempt, outcome, wasReused }: EndOfAttempt,
): RetryDecision {
  const { owner, search, past, tools } = ground;
  const { pool, retry } = tenant;
  const now = wheelTime(tools);
  const start = timeOf(tools, owner.startedTick);
  return decideRetry(
    {
      outcome,
      attempts: search.countAs(past.count - past.free),
      tries: past.count - past.stale,
      isIdempotent: owner.isIdempotent,
      wasSent: attempt.hasSent,
      canReplay: owner.upload.isRepeatable,
      wasReused,
      hadFreeRetry: past.stale > 0,
      hasResponseBegun: owner.phase === RESPONDING || owner.phase === TUNNEL,
      hasOther: attempt.backend !== null && search.hasNext(tenant, attempt.backend),
      hasBudget: !tools.overload.isSparing && retry.budget.hasRoom(now),
      now,
      connectDeadline: millis(start + (pool.mayRecover ? pool.options.queueTimeout : 0)),
      endsAt: endOf(ground, tenant),
      random: tools.random(),
    },
    retry,
  );
}

/** When a response must have begun. */
export function endOf({ owner, tools }: RetryGround, tenant: Tenant): Millis {
  return millis(timeOf(tools, owner.startedTick) + tenant.exchangeTimeout);
}

/** The time of the timer wheel. */
export function wheelTime(tools: Pick<ExchangeTools, 'wheel'>): Millis {
  return timeOf(tools, tools.wheel.now);
}

function timeOf({ wheel }: Pick<ExchangeTools, 'wheel'>, tick: number): Millis {
  return millis(tick * wheel.tick);
}
