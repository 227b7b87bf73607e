import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { Timed, TimerWheel } from '../../src/core/timer-wheel.ts';
import { millis } from '../../src/core/units.ts';

class Alarm extends Timed {
  expiredAt: number | null = null;
  constructor(
    private readonly wheel: TimerWheel,
    private readonly then: () => void = () => {},
  ) {
    super();
  }
  override expired(): void {
    this.expiredAt = this.wheel.now;
    this.then();
  }
}

const TICK = millis(50);

describe('the timer wheel', () => {
  test('never calls early, and at most two ticks late', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 200_000 }), { minLength: 1, maxLength: 40 }), (delays) => {
        const wheel = new TimerWheel(TICK);
        const alarms = delays.map((delay) => {
          const alarm = new Alarm(wheel);
          wheel.set(alarm, millis(delay));
          return alarm;
        });
        for (let tick = 0; tick < 200_000 / 50 + 3; tick++) wheel.advance();
        for (const [at, alarm] of alarms.entries()) {
          const ticks = (alarm.expiredAt ?? Number.NaN) - 1;
          expect(ticks * 50).toBeGreaterThanOrEqual(delays[at] ?? 0);
          expect(ticks * 50).toBeLessThanOrEqual((delays[at] ?? 0) + 100);
        }
      }),
      { numRuns: 30 },
    );
  });

  test('moves a deadline, earlier or later', () => {
    const wheel = new TimerWheel(TICK);
    const alarm = new Alarm(wheel);
    wheel.set(alarm, millis(10_000));
    wheel.set(alarm, millis(100));
    for (let tick = 0; tick < 4; tick++) wheel.advance();
    expect(alarm.expiredAt).toBe(4);
    wheel.set(alarm, millis(100));
    wheel.set(alarm, millis(1000));
    for (let tick = 0; tick < 10; tick++) wheel.advance();
    expect(alarm.expiredAt).toBe(4);
    for (let tick = 0; tick < 15; tick++) wheel.advance();
    expect(alarm.expiredAt).toBeGreaterThan(20);
  });

  test('forgets what was cleared or removed', () => {
    const wheel = new TimerWheel(TICK);
    const cleared = new Alarm(wheel);
    const removed = new Alarm(wheel);
    wheel.set(cleared, millis(100));
    wheel.set(removed, millis(100));
    wheel.clear(cleared);
    wheel.remove(removed);
    for (let tick = 0; tick < 600; tick++) wheel.advance();
    expect([cleared.expiredAt, removed.expiredAt]).toEqual([null, null]);
  });

  test('copes with an alarm that removes or sets its neighbours', () => {
    const wheel = new TimerWheel(TICK);
    const late = new Alarm(wheel);
    const victim = new Alarm(wheel);
    const first = new Alarm(wheel, () => {
      wheel.remove(victim);
      wheel.set(late, millis(500));
    });
    for (const alarm of [victim, late, first]) wheel.set(alarm, millis(100));
    for (let tick = 0; tick < 5; tick++) wheel.advance();
    expect([first.expiredAt, victim.expiredAt, late.expiredAt]).toEqual([4, null, null]);
    for (let tick = 0; tick < 20; tick++) wheel.advance();
    expect(late.expiredAt).not.toBeNull();
  });

  test('deals with many in parts, in one tick all the same', () => {
    const wheel = new TimerWheel(TICK);
    const alarms = Array.from({ length: 100 }, () => new Alarm(wheel));
    const expired = (): number => alarms.filter(({ expiredAt }) => expiredAt !== null).length;
    for (const alarm of alarms) wheel.set(alarm, TICK);
    expect([wheel.advance(), wheel.advance()]).toEqual([true, false]);
    const parts = [expired()];
    wheel.remove(alarms[99 - parts[0]]);
    wheel.remove(alarms[0]);
    for (let isDone = false; !isDone; parts.push(expired())) isDone = wheel.carryOn();
    expect(parts.length).toBeGreaterThan(4);
    expect(parts.at(-1)).toBe(98);
    expect(alarms.every(({ expiredAt }) => expiredAt === null || expiredAt === 3)).toBe(true);
  });

  test('leaves nothing of one tick to the one after the next', () => {
    const wheel = new TimerWheel(TICK);
    const alarms = Array.from({ length: 100 }, () => new Alarm(wheel));
    for (const alarm of alarms) wheel.set(alarm, TICK);
    for (let tick = 0; tick < 4; tick++) wheel.advance();
    expect(alarms.every(({ expiredAt }) => expiredAt !== null)).toBe(true);
  });
});
