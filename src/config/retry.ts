// When a request gets another attempt.
import { z } from 'zod';
import { err, ok } from '../core/result.ts';
import { count, duration, durationOrNone, flag, portion, setting, size } from '../core/settings.ts';
import { nearest } from '../core/near-miss.ts';
import { type Millis, type Share, bytes } from '../core/units.ts';
import { defaulted, optional } from '../core/described.ts';

/** What `retry.on` may name, beside statuses. */
export const retryConditions = ['connect', 'reset', 'timeout', 'malformed'] as const;
export type RetryCondition = (typeof retryConditions)[number];

/** The settings of the decision about another attempt. */
export type RetrySettings = {
  /** Attempts in all, the first one included. */
  readonly attempts: number;
  readonly conditions: ReadonlySet<RetryCondition>;
  readonly statuses: ReadonlySet<number>;
  readonly back_off: BackOffSettings;
};

/** How much of the traffic may be retries. */
export type RetryBudgetSettings = {
  /** The part of recent requests that may be retried. */
  readonly budget: Share;
  /** Retries that are allowed in any case, so that a tenant with little traffic may retry at all. */
  readonly min_per_second: number;
};

export type BackOffSettings = { readonly base: Millis; readonly max: Millis };

const condition = setting<string | number, RetryCondition | number>({
  type: 'condition or status',
  expected: `${retryConditions.join(', ')}, or a status from 400 to 599`,
  json: { type: ['string', 'integer'], pattern: `^(${retryConditions.join('|')}|[45]\\d\\d)$|\\$\\{` },
  parse(value) {
    const word = retryConditions.find((candidate) => candidate === value);
    if (word !== undefined) return ok(word);
    if (/^[45]\d\d$/.test(String(value))) return ok(Number(value));
    return err({ message: '{value} is not known', suggest: (typed) => nearest(typed, retryConditions) });
  },
});

const MOST = { min: bytes(0), max: bytes(16 * 1024 * 1024) };

export const retry = z.strictObject({
  attempts: defaulted(
    count({ min: 0, max: 10 }),
    'How many more attempts a request may have after its first, where that is safe.',
    {
      value: 2,
      reason:
        'two other backends; a request that fails on all three would fail everywhere, and more attempts would only add load.',
    },
  ),
  on: defaulted(
    z.array(condition),
    'What leads to another attempt: `connect` (no connection, TLS included), `reset` (closed before it answered), `timeout` (no answer in time), `malformed` (not HTTP), or a status of the response. All but `connect` apply only to requests that may be done twice.',
    {
      value: ['connect', 'reset', 502, 503, 504],
      reason:
        'what another backend is likely to do better. A 500 is as likely the fault of the request, and a report that takes too long at one backend would take as long at the next.',
    },
  ),
  budget: defaulted(
    portion,
    'How many retries may follow attempts that had sent a byte, as a share of the requests of the last 10 s.',
    {
      value: '20%',
      reason: 'when most attempts fail, more of them would overload the backends that are left.',
    },
  ),
  budget_per_second: defaulted(
    count({ min: 0, max: 100_000 }),
    'Retries in a second that are allowed in addition to `budget`.',
    {
      value: 3,
      reason: 'a tenant with little traffic would otherwise have none.',
    },
  ),
  back_off: defaulted(
    duration,
    'The longest wait after the first failed attempt; it doubles with each further one. The wait is random, from 0 to this. There is none before the first other backend, nor while nothing was sent.',
    {
      value: '25ms',
      reason: 'the wait is random, so that requests that failed together do not come back together.',
    },
  ),
  max_back_off: defaulted(duration, 'The longest wait of all.', {
    value: '1s',
    reason: 'a client that still waits wants an answer soon.',
  }),
  per_try_timeout: defaulted(
    durationOrNone,
    'How long an attempt may take to the first byte of its response while another one is possible.',
    {
      value: 'none',
      reason: 'a slow answer is better than none; `timeouts.first_byte` holds for every attempt anyway.',
    },
  ),
  hedge_after: optional(
    portion,
    'Sends a request that only reads to a second backend as well when it has waited longer than this share of such requests wait; the first answer is used. Counts for `budget`; not before 100 ms. Absent: never.',
  ),
  idempotency_key: defaulted(
    flag,
    'Whether a request with an `Idempotency-Key` may be done twice, whatever its method.',
    {
      value: false,
      reason: 'only the origin knows whether it honours the key.',
    },
  ),
  replay_bytes: defaulted(size(MOST), 'How much of a body is kept so that it can be sent again.', {
    value: '64KiB',
    reason: 'forms and API calls fit in; keeping the uploads of all clients would take too much memory.',
  }),
});
