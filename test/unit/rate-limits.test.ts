import { describe, expect, test } from 'bun:test';
import { RateLimits } from '../../src/core/rate-limits.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

describe('a rate limit', () => {
  test('lets a burst happen, and after it so many a second', async () => {
    const clock = new VirtualClock();
    const limits = new RateLimits({ burst: 3, perSecond: 1, most: 10 }, clock.now);
    const happens = (): number => {
      let count = 0;
      for (; limits.allows('a'); count++) limits.count('a');
      return count;
    };
    expect(happens()).toBe(3);
    expect(limits.allows('b')).toBe(true);
    await clock.advance(1000);
    expect(happens()).toBe(1);
    await clock.advance(60_000);
    expect(happens()).toBe(3);
  });

  test('remembers no more keys than it may', () => {
    const limits = new RateLimits({ burst: 1, perSecond: 1, most: 2 }, new VirtualClock().now);
    for (const key of ['a', 'b', 'c']) limits.count(key);
    expect(['a', 'b', 'c'].map((key) => limits.allows(key))).toEqual([true, false, false]);
  });
});
