import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { GatewayCells } from '../../src/core/gateway-cells.ts';
import { TenantNumbers } from '../../src/core/tenant-cells.ts';
import { type FailureCode, failure } from '../../src/core/failure.ts';
import { millis } from '../../src/core/units.ts';
import type { RetryCondition, RetrySettings } from '../../src/config/retry.ts';
import {
  type AttemptOutcome,
  type RetryDecision,
  type RetryFacts,
  backOff,
  decideRetry,
} from '../../src/forward/retry-decision.ts';
import { RetryBudget } from '../../src/pools/retry-budget.ts';
import { BACK_OFF_DEFAULTS, BUDGET_DEFAULTS } from '../support/defaults.ts';
import { sharedProcesses } from '../support/shared-cells.ts';

const settings: RetrySettings = {
  attempts: 2,
  conditions: new Set<RetryCondition>(['connect', 'reset']),
  statuses: new Set([502, 503, 504]),
  back_off: BACK_OFF_DEFAULTS,
};

const facts: RetryFacts = {
  outcome: failedWith('connect-refused'),
  attempts: 1,
  tries: 1,
  isIdempotent: true,
  wasSent: false,
  canReplay: true,
  wasReused: false,
  hadFreeRetry: false,
  hasResponseBegun: false,
  hasOther: true,
  hasBudget: true,
  now: millis(0),
  connectDeadline: millis(0),
  endsAt: millis(10_000),
  random: 0.5,
};

function failedWith(code: FailureCode): AttemptOutcome {
  return { kind: 'failed', failure: failure(code) };
}

function decide(changes: Partial<RetryFacts>, other: Partial<RetrySettings> = {}): RetryDecision {
  return decideRetry({ ...facts, ...changes }, { ...settings, ...other });
}

const otherNow: RetryDecision = {
  kind: 'retry',
  target: 'other',
  delay: millis(0),
  spendsBudget: false,
  isFree: false,
};

describe('the retry decision', () => {
  test.each<[string, Partial<RetryFacts>, RetryDecision]>([
    ['a refused connect goes to another at once', {}, otherNow],
    ['for any method', { isIdempotent: false }, otherNow],
    ['and whatever the budget', { hasBudget: false }, otherNow],
    [
      'a reset is given to another when idempotent',
      { outcome: failedWith('reset'), wasSent: true },
      { ...otherNow, spendsBudget: true },
    ],
    [
      'and ends when it is not',
      { outcome: failedWith('reset'), wasSent: true, isIdempotent: false },
      { kind: 'give_up', reason: 'not_safe' },
    ],
    [
      'a reused connection that was closed is replaced',
      { outcome: failedWith('reset'), wasSent: true, wasReused: true },
      { ...otherNow, target: 'fresh', isFree: true },
    ],
    [
      'even when that was the last attempt',
      { outcome: failedWith('reset'), wasSent: true, wasReused: true, attempts: 2 },
      { ...otherNow, target: 'fresh', isFree: true },
    ],
    [
      'but once only',
      { outcome: failedWith('reset'), wasSent: true, wasReused: true, hadFreeRetry: true },
      { ...otherNow, spendsBudget: true },
    ],
    [
      'and never for what must not run twice',
      { outcome: failedWith('reset'), wasSent: true, wasReused: true, isIdempotent: false },
      { kind: 'give_up', reason: 'not_safe' },
    ],
    [
      'unless nothing of it was sent',
      { outcome: failedWith('reset'), wasReused: true, isIdempotent: false },
      { ...otherNow, target: 'fresh', isFree: true },
    ],
    [
      'a timeout ends unless it is configured',
      { outcome: failedWith('first-byte-timeout'), wasSent: true },
      { kind: 'give_up', reason: 'not_configured' },
    ],
    [
      'a status goes to another',
      { outcome: { kind: 'answered', status: 503 }, wasSent: true },
      { ...otherNow, spendsBudget: true },
    ],
    [
      'another status stays',
      { outcome: { kind: 'answered', status: 500 }, wasSent: true },
      { kind: 'give_up', reason: 'not_configured' },
    ],
    [
      'without budget no second run',
      { outcome: { kind: 'answered', status: 503 }, wasSent: true, hasBudget: false },
      { kind: 'give_up', reason: 'budget_used' },
    ],
    ['a body that is gone cannot be sent again', { canReplay: false }, { kind: 'give_up', reason: 'not_replayable' }],
    ['all attempts are used', { attempts: 2 }, { kind: 'give_up', reason: 'attempts_used' }],
    [
      'but while the backends may be about to start, a refused connect is no attempt',
      { attempts: 2, connectDeadline: millis(1) },
      { ...otherNow, isFree: true },
    ],
    [
      'a status with nobody else stays',
      { outcome: { kind: 'answered', status: 503 }, wasSent: true, hasOther: false },
      { kind: 'give_up', reason: 'no_other' },
    ],
    ['the client is gone', { outcome: failedWith('client-gone') }, { kind: 'give_up', reason: 'not_upstream' }],
    [
      'with nobody else the same one, after a wait',
      { hasOther: false },
      { kind: 'retry', target: 'same', delay: millis(12.5), spendsBudget: false, isFree: false },
    ],
    ['the time is over', { now: millis(10_000) }, { kind: 'give_up', reason: 'deadline' }],
    ['or would be after the wait', { hasOther: false, endsAt: millis(12) }, { kind: 'give_up', reason: 'deadline' }],
  ])('%s', (_name, changes, expected) => {
    expect(decide(changes)).toEqual(expected);
  });

  test('a configured timeout goes to another', () => {
    const other = { conditions: new Set<RetryCondition>(['timeout']) };
    expect(decide({ outcome: failedWith('first-byte-timeout'), wasSent: true }, other)).toEqual({
      ...otherNow,
      spendsBudget: true,
    });
  });

  test('nothing ever runs twice that must not, nor after a response began, nor beyond attempts and deadline', () => {
    const codes: FailureCode[] = [
      'connect-refused',
      'connect-timeout',
      'tls-failed',
      'reset',
      'first-byte-timeout',
      'response-malformed',
      'response-cut',
      'client-gone',
      'internal',
    ];
    const outcomes = fc.oneof(
      fc.constantFrom(...codes).map(failedWith),
      fc.constantFrom(200, 500, 502, 503, 504).map((status): AttemptOutcome => ({ kind: 'answered', status })),
    );
    const any: fc.Arbitrary<RetryFacts> = fc.record({
      outcome: outcomes,
      tries: fc.integer({ min: 1, max: 9 }),
      connectDeadline: fc.nat(200).map(millis),
      attempts: fc.integer({ min: 1, max: 4 }),
      isIdempotent: fc.boolean(),
      wasSent: fc.boolean(),
      canReplay: fc.boolean(),
      wasReused: fc.boolean(),
      hadFreeRetry: fc.boolean(),
      hasResponseBegun: fc.boolean(),
      hasOther: fc.boolean(),
      hasBudget: fc.boolean(),
      now: fc.nat(200).map(millis),
      endsAt: fc.nat(200).map(millis),
      random: fc.double({ min: 0, max: 0.999, noNaN: true }),
    });
    fc.assert(
      fc.property(any, (given) => {
        const decision = decideRetry(given, settings);
        if (decision.kind === 'give_up') return;
        expect(given.hasResponseBegun).toBe(false);
        expect(given.canReplay).toBe(true);
        expect(given.isIdempotent || !given.wasSent).toBe(true);
        expect(given.now + decision.delay).toBeLessThan(given.endsAt);
        expect(given.attempts < settings.attempts || decision.isFree).toBe(true);
        const isFirstStale = decision.target === 'fresh' && !given.hadFreeRetry;
        const isStarting = !given.wasSent && given.now < given.connectDeadline;
        expect(decision.isFree).toBe(isFirstStale || isStarting);
        expect(decision.spendsBudget && !given.hasBudget).toBe(false);
        if (decision.target === 'other') expect(given.hasOther).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the retry budget', () => {
  test('lets through at most its share of the last seconds, and its minimum', () => {
    const traffic = fc.array(fc.record({ gap: fc.nat(400), wantsRetry: fc.boolean() }), { maxLength: 300 });
    fc.assert(
      fc.property(traffic, (requests) => {
        const budget = new RetryBudget(BUDGET_DEFAULTS);
        const seen: number[] = [];
        const retries: number[] = [];
        let now = 0;
        for (const { gap, wantsRetry } of requests) {
          now += gap;
          budget.requested(millis(now));
          seen.push(now);
          const recent = (times: readonly number[]): number =>
            times.filter((at) => Math.floor(at / 1000) > Math.floor(now / 1000) - 10).length;
          expect(budget.hasRoom(millis(now))).toBe(recent(retries) < 30 + 0.2 * recent(seen));
          if (!wantsRetry || !budget.hasRoom(millis(now))) continue;
          budget.spend(millis(now));
          retries.push(now);
        }
      }),
    );
  });

  test('is full again after a pause of any length', () => {
    fc.assert(
      fc.property(fc.nat(1e9), (pause) => {
        const budget = new RetryBudget(BUDGET_DEFAULTS);
        for (let at = 0; at < 30; at++) budget.spend(millis(0));
        expect(budget.hasRoom(millis(0))).toBe(false);
        expect(budget.hasRoom(millis(10_000 + pause))).toBe(true);
      }),
    );
  });
});

describe('the retry budget of several processes', () => {
  const PROCESSES = 4;
  const wheel = { time: 1, tick: millis(50) };

  function shared() {
    wheel.time = 20_000;
    const { owner, processes, another } = sharedProcesses(PROCESSES);
    owner.tenants.take('main');
    const budgetOf = ({ tenants }: GatewayCells): RetryBudget => {
      const numbers = new TenantNumbers(tenants);
      numbers.enter('main');
      return new RetryBudget(BUDGET_DEFAULTS, { numbers, wheel });
    };
    return { owner, budgets: processes.map(budgetOf), begin: (place: number) => budgetOf(another(place)) };
  }

  const now = () => millis(wheel.time * wheel.tick);

  test('is one budget', () => {
    const { budgets } = shared();
    let retries = 0;
    for (let request = 0; request < 400; request++) {
      const budget = budgets[request % PROCESSES];
      budget.requested(now());
      if (request % 20 === 0) wheel.time++;
      if (!budget.hasRoom(now())) continue;
      budget.spend(now());
      retries++;
    }
    expect(retries).toBeWithin(30 + 0.2 * 400 - 1, 30 + 0.2 * 400 + 1);
  });

  test('forgets what a process has counted that counts no more, or has ended', () => {
    const { owner, budgets, begin } = shared();
    for (let at = 0; at < 30; at++) budgets[1].spend(now());
    expect(budgets.map((budget) => budget.hasRoom(now()))).toEqual([false, false, false, false]);
    wheel.time += 9_000 / wheel.tick;
    expect(budgets[0].hasRoom(now())).toBe(false);
    wheel.time += 3_000 / wheel.tick;
    expect(budgets.map((budget) => budget.hasRoom(now()))).toEqual([true, true, true, true]);
    for (let at = 0; at < 30; at++) budgets[2].spend(now());
    expect(budgets[0].hasRoom(now())).toBe(false);
    owner.takeBack(2);
    expect([budgets[0].hasRoom(now()), begin(2).hasRoom(now())]).toEqual([true, true]);
  });
});

test('back-off is anything up to a limit that doubles, and never beyond the maximum', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 60 }),
      fc.double({ min: 0, max: 0.999999, noNaN: true }),
      (attempts, random) => {
        const delay = backOff(attempts, random, BACK_OFF_DEFAULTS);
        expect(delay).toBeGreaterThanOrEqual(0);
        expect(delay).toBeLessThan(Math.min(1000, 25 * 2 ** (attempts - 1)));
      },
    ),
  );
});
