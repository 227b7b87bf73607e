// When a request gets another attempt.
import { z } from 'zod';
import { err, ok } from '../core/result.ts';
import { count, duration, durationOrNone, flag, portion, setting, size } from '../core/settings.ts';
import { nearest } from '../core/near-miss.ts';
import { type Millis, type Share, bytes } from '../core/units.ts';
import { defaulted, optional } from './fields.ts';

/** What `retry.on` may name, beside statuses. */
export const retryConditions = ['connect', 'reset', 'timeout', 'malformed'] as const;
export type RetryCondition = (typeof retryConditions)[number];

/** What decides about another attempt, as the decision wants it. */
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
  /** So that a tenant with little traffic may retry at all. */
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
      reason: 'two other backends; what fails on all three fails everywhere, and more attempts would only add load.',
    },
  ),
  on: defaulted(
    z.array(condition),
    'After what: `connect` (no connection, TLS included), `reset` (closed before it answered), `timeout` (no answer in time), `malformed` (not HTTP), or a status of the response. Beyond `connect` only for requests that may be done twice.',
    {
      value: ['connect', 'reset', 'timeout', 502, 503, 504],
      reason: 'what another backend is likely to do better; a 500 is as likely the fault of the request.',
    },
  ),
  budget: defaulted(
    portion,
    'The part of the requests of the last 10 s that may be tried again after a byte was sent.',
    {
      value: '20%',
      reason: 'when most attempts fail, more of them would drown the backends that are left.',
    },
  ),
  budget_per_second: defaulted(
    count({ min: 0, max: 100_000 }),
    'Retries in a second that are allowed beside `budget`.',
    {
      value: 3,
      reason: 'a tenant with little traffic would else have none.',
    },
  ),
  back_off: defaulted(
    duration,
    'The longest wait after the first attempt that failed, where there is one; it doubles with each one more.',
    {
      value: '25ms',
      reason:
        'the first other backend is asked at once; who has been refused twice should not hurry. The wait is random between 0 and this, so that those who failed together do not come back together.',
    },
  ),
  max_back_off: defaulted(duration, 'The longest wait of all.', {
    value: '1s',
    reason: 'a client that still waits wants an answer, not politeness.',
  }),
  per_try_timeout: defaulted(
    durationOrNone,
    'How long an attempt may take to the first byte of its response while another one is possible.',
    { value: 'none', reason: 'slow answers are answers; `timeouts.first_byte` holds for every attempt anyway.' },
  ),
  hedge_after: optional(
    portion,
    'Asks a second backend, too, when a request that only reads has waited longer than this part of them wait; the first answer wins. Within `budget`; not before 100 ms. Absent: never.',
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
    reason: 'forms and API calls fit in; an upload cannot be kept for everybody.',
  }),
});
