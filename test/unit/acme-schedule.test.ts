// When certificates are ordered: before their end, not all at once, and not again and again where it is of no use.
import { describe, expect, test } from 'bun:test';
import {
  type HostState,
  OrderAllowance,
  UNKNOWN_HOST,
  afterAdvice,
  afterFailure,
  afterSuccess,
  dueJobs,
  orderAt,
} from '../../src/acme/schedule.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NOW = Date.parse('2030-01-01T00:00:00Z');

function times(lot = 0) {
  return { validFrom: NOW, expires: NOW + 90 * DAY, lot };
}

function withAdvice(start: number, end: number, lot = 0.5): HostState {
  return { ...afterSuccess(times(lot), NOW), advice: { start, end, askAgain: NOW } };
}

describe('a certificate', () => {
  test('is renewed at two thirds of its lifetime, those of the same hour at different times', () => {
    expect(orderAt(afterSuccess(times(0), NOW))).toBe(NOW + 60 * DAY);
    expect(orderAt(afterSuccess(times(0.5), NOW))).toBe(NOW + 62.25 * DAY);
  });

  test('is renewed when its authority advises that, at a time of its own', () => {
    expect(orderAt(withAdvice(NOW + 10 * DAY, NOW + 12 * DAY))).toBe(NOW + 11 * DAY);
  });

  test('is renewed before its end, and not all the time, whatever the authority advises', () => {
    expect(orderAt(withAdvice(NOW + 200 * DAY, NOW + 300 * DAY))).toBe(NOW + 81 * DAY);
    expect(orderAt(withAdvice(NOW - 200 * DAY, NOW - 100 * DAY))).toBe(NOW + 6 * HOUR);
  });
});

describe('advice', () => {
  const at = { now: NOW, random: 0 };
  const none = (notBefore: number | null) =>
    ({ ok: false, error: { message: 'it is being repaired', kind: 'other', notBefore } }) as const;

  test('is asked for again when the authority says so, and after six hours where it gives none', () => {
    const advice = { start: NOW, end: NOW + DAY, askAgain: NOW + 2 * HOUR };
    const advised = afterAdvice(afterSuccess(times(), NOW), { ok: true, value: advice }, at);
    expect(advised).toMatchObject({ advice, adviceAt: NOW + 2 * HOUR });
    expect(afterAdvice(advised, { ok: true, value: null }, at)).toMatchObject({
      advice: null,
      adviceAt: NOW + 6 * HOUR,
    });
  });

  test('stays while the authority cannot be asked, which is tried less and less often and not before the time that it has named', () => {
    let state = withAdvice(NOW + 10 * DAY, NOW + 12 * DAY);
    const waits: number[] = [];
    for (let turn = 0; turn < 9; turn++) {
      state = afterAdvice(state, none(null), at);
      waits.push((state.adviceAt - NOW) / MINUTE);
    }
    expect(waits).toEqual([5, 10, 20, 40, 80, 160, 320, 360, 360]);
    expect(orderAt(state)).toBe(NOW + 11 * DAY);
    expect(afterAdvice(state, none(NOW + 20 * HOUR), at).adviceAt).toBe(NOW + 20 * HOUR);
    expect(afterAdvice(state, { ok: true, value: null }, at).unadvised).toBe(0);
  });
});

describe('an order that has failed', () => {
  const wait = { now: NOW, retryAfter: 5 * MINUTE, random: 0 };
  const failure = { kind: 'wait', notBefore: null } as const;

  test('is tried again after a time that doubles, up to half a day', () => {
    const waits: number[] = [];
    for (let state = UNKNOWN_HOST, turn = 0; turn < 12; turn++) {
      state = afterFailure(state, failure, wait);
      waits.push((orderAt(state) - NOW) / MINUTE);
    }
    expect(waits).toEqual([5, 10, 20, 40, 80, 160, 320, 640, 720, 720, 720, 720]);
  });

  test('is not tried before the time that the authority has named', () => {
    const named = afterFailure(UNKNOWN_HOST, { kind: 'wait', notBefore: NOW + 7 * DAY }, wait);
    expect(orderAt(named)).toBe(NOW + 7 * DAY);
    const early = afterFailure(UNKNOWN_HOST, { kind: 'wait', notBefore: NOW + 1 }, wait);
    expect(orderAt(early)).toBe(NOW + 5 * MINUTE);
  });

  test('is tried later where somebody has to change something first', () => {
    expect(orderAt(afterFailure(UNKNOWN_HOST, { kind: 'refused', notBefore: null }, wait))).toBe(NOW + HOUR);
  });

  test('is no reason to renew a certificate earlier than it is due', () => {
    expect(orderAt(afterFailure(afterSuccess(times(), NOW), failure, wait))).toBe(NOW + 60 * DAY);
  });
});

describe('what is due', () => {
  test('comes in the order of its urgency: hosts without a certificate, those that end first, and last what is only asked', () => {
    const later = { ...times(), expires: NOW + 91 * DAY };
    const states = new Map<string, HostState>([
      ['asked', afterSuccess({ ...times(), validFrom: NOW + 60 * DAY, expires: NOW + 150 * DAY }, NOW)],
      ['second', afterSuccess(later, NOW)],
      ['first', afterSuccess(times(), NOW)],
      ['new', UNKNOWN_HOST],
      ['failed', { ...UNKNOWN_HOST, notBefore: NOW + 200 * DAY }],
    ]);
    expect(dueJobs(states, NOW + 80 * DAY)).toEqual([
      { kind: 'order', host: 'new' },
      { kind: 'order', host: 'first' },
      { kind: 'order', host: 'second' },
      { kind: 'advice', host: 'asked' },
    ]);
  });
});

describe('the allowance of orders', () => {
  test('is so many in three hours, whenever they begin', () => {
    const allowance = new OrderAllowance();
    allowance.take(NOW);
    allowance.take(NOW + HOUR);
    expect(allowance.freeAt(3, NOW + HOUR)).toBe(NOW + HOUR);
    expect(allowance.freeAt(2, NOW + HOUR)).toBe(NOW + 3 * HOUR);
    expect(allowance.freeAt(2, NOW + 3 * HOUR)).toBe(NOW + 3 * HOUR);
    allowance.take(NOW + 3 * HOUR);
    expect(allowance.freeAt(2, NOW + 3 * HOUR)).toBe(NOW + 4 * HOUR);
  });

  test('is given back where an order has come to no authority', () => {
    const allowance = new OrderAllowance();
    allowance.take(NOW);
    allowance.giveBack();
    expect(allowance.freeAt(1, NOW)).toBe(NOW);
  });
});
