// When the demo does what, and how it judges what came of it.
import { describe, expect, test } from 'bun:test';
import { parseResponse } from '../../tools/demo/client.ts';
import { type Act, actAt, announce, liveTiming, onceTiming } from '../../tools/demo/schedule.ts';
import { problemOf } from '../../tools/demo/traffic.ts';
import { type Change, describeDrill, hasPassed, reviewDrills } from '../../tools/demo/verdict.ts';
import { millis } from '../../src/core/units.ts';

const ORIGINS = ['a', 'b', 'c'];

describe('the schedule', () => {
  test('kills every origin in turn and brings each back before the next', () => {
    const timing = liveTiming(ORIGINS, null);
    const acts = Array.from({ length: 8 }, (_, index) => actAt(timing, index));
    expect(acts.map((act) => act?.origin)).toEqual(['b', 'b', 'c', 'c', 'a', 'a', 'b', 'b']);
    expect(acts.map((act) => act?.kind)).toEqual([
      'kill',
      'revive',
      'kill',
      'revive',
      'kill',
      'revive',
      'kill',
      'revive',
    ]);
    expect(acts.map((act) => act?.at)).toEqual([4, 8, 12, 16, 20, 24, 28, 32].map((seconds) => millis(seconds * 1000)));
  });

  test('has room for one kill and its return in any duration, and for more in a longer one', () => {
    const actsIn = (end: number): number => {
      const timing = onceTiming(ORIGINS, millis(end));
      return Array.from({ length: 10 }, (_, index) => actAt(timing, index)).filter((act) => act !== null).length;
    };
    expect([3000, 6000, 10_000, 12_000, 18_000].map(actsIn)).toEqual([2, 2, 2, 4, 6]);
  });

  test('says what is next', () => {
    const kill: Act = { kind: 'kill', origin: 'b', at: millis(4000) };
    expect(announce(kill, null, millis(2100))).toBe('origin b is killed in 2s');
    expect(announce({ ...kill, kind: 'revive' }, null, millis(4000))).toBe('origin b comes back now');
    expect(announce(null, millis(6000), millis(5500))).toBe('the demo ends in 1s');
    expect(announce(null, null, millis(5500))).toBeNull();
  });
});

describe('the verdict', () => {
  const acts: Act[] = [
    { kind: 'kill', origin: 'b', at: millis(1000) },
    { kind: 'revive', origin: 'b', at: millis(3000) },
  ];
  const change = (tenant: string, kind: Change['kind'], at: number): Change => ({
    tenant,
    backend: 'b',
    kind,
    at: millis(at),
  });
  const out = [change('shop', 'unhealthy', 1010), change('api', 'unhealthy', 1060)];
  const back = [change('api', 'healthy', 3300), change('shop', 'healthy', 3540)];
  const review = (changes: Change[]) => reviewDrills(acts, changes, () => ['shop', 'api']);

  test('takes the time of the slowest tenant', () => {
    const drills = review([...out, ...back]);
    expect(drills).toEqual([{ origin: 'b', noticedAfter: 60, backAfter: 540 }]);
    expect(drills.every(hasPassed)).toBe(true);
    expect(drills.map(describeDrill)).toEqual([
      'origin b was killed: out of every pool after 0.06s, back in every pool 0.54s after its restart',
    ]);
  });

  test('is bad when one tenant did not notice', () => {
    expect(review([...out.slice(0, 1), ...back]).some(hasPassed)).toBe(false);
  });

  test('is bad when one tenant did not take it back', () => {
    expect(review([...out, ...back.slice(0, 1)]).some(hasPassed)).toBe(false);
  });

  test('does not take a notice that came after the return for one', () => {
    expect(review([...back, ...out.map((late) => ({ ...late, at: millis(3100) }))]).some(hasPassed)).toBe(false);
  });
});

describe('a client of the demo', () => {
  test('waits for the whole response', () => {
    const whole = 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\norigin a\n';
    expect(parseResponse(whole)).toEqual({ kind: 'response', status: 200, body: 'origin a\n' });
    for (let length = 0; length < whole.length; length++) expect(parseResponse(whole.slice(0, length))).toBeNull();
  });

  test('counts only a good answer of an origin of the tenant as one', () => {
    const visit = { origins: ['a', 'b'] };
    expect(problemOf(visit, { kind: 'response', status: 200, body: 'origin b\n' })).toBeNull();
    expect(problemOf(visit, { kind: 'response', status: 200, body: 'origin c\n' })).toBe(
      'the answer of another tenant',
    );
    expect(problemOf(visit, { kind: 'response', status: 503, body: '' })).toBe('status 503');
    expect(problemOf(visit, { kind: 'error', error: 'the connection was closed' })).toBe('the connection was closed');
  });
});
