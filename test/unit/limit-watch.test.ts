import { expect, test } from 'bun:test';
import { failure, failureBecause } from '../../src/core/failure.ts';
import { LimitWatch } from '../../src/observe/limit-watch.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

test('a limit that keeps requests out is told at once, and then once a minute with how many there were', async () => {
  const clock = new VirtualClock();
  const told: string[] = [];
  const watch = new LimitWatch(({ tenant, kind, detail }) => told.push(`${tenant} ${kind}: ${detail}`), clock);
  const full = failureBecause('queue-full', 'pool.max_queue (1)');
  for (let times = 0; times < 3; times++) watch.failed('shop', full);
  watch.failed('shop', failure('reset'));
  watch.failed('api', full);
  expect(told).toEqual(['shop limit_reached: pool.max_queue (1)', 'api limit_reached: pool.max_queue (1)']);
  await clock.advance(60_000);
  watch.failed('shop', full);
  watch.failed('api', full);
  expect(told.slice(2)).toEqual([
    'shop limit_reached: pool.max_queue (1) (and 2 more requests before)',
    'api limit_reached: pool.max_queue (1)',
  ]);
});
