// Answers that take the event loop for long once they have come, such as those that are compressed: their requests have begun, and
// wait for the loop once more.
import { describe, expect, test } from 'bun:test';
import { CostedJob } from '../../src/admit/costed-job.ts';
import type { WorkInTurn } from '../../src/core/work-turns.ts';
import { JobLoop, type LoopTenant } from '../support/loop-of-jobs.ts';

// In milliseconds.
const WORK = 0.6;
const ORIGIN = 3;
const CLIENT = 0.2;

/** A client that asks again as soon as it has its answer. */
class Client extends CostedJob implements WorkInTurn {
  answers = 0;

  constructor(
    private readonly tenant: LoopTenant,
    private readonly loop: JobLoop,
    private readonly later: (delay: number, run: () => void) => void,
  ) {
    super();
  }

  get account(): number {
    return this.tenant.share.finish;
  }

  ask(): void {
    if (this.askFrom(this.tenant.share, 0) === 'begins') this.begin();
  }

  override begin(): void {
    this.later(ORIGIN, () => (this.loop.work.hasTime ? this.workOn() : this.loop.work.queue(this)));
  }

  override turnAway(): void {
    throw new Error('a request was turned away');
  }

  workOn(): void {
    const began = this.loop.work.now();
    this.loop.now += WORK;
    this.take(this.loop.work.took(began) * 1000);
    this.settle();
    this.answers++;
    this.later(CLIENT, () => this.ask());
  }
}

/** How many answers each has had in ten seconds, with 50 clients each. */
function flood(weights: readonly number[]): readonly number[] {
  const loop = new JobLoop();
  let coming: { readonly at: number; readonly run: () => void }[] = [];
  const later = (delay: number, run: () => void): void => void coming.push({ at: loop.now + delay, run });
  const clients = weights.map((weight) => {
    const tenant = loop.tenant(weight, WORK * 1000);
    return Array.from({ length: 50 }, () => new Client(tenant, loop, later));
  });
  for (const client of clients.flat()) later(0, () => client.ask());
  loop.run(10_000, () => {
    const due = coming.filter(({ at }) => at <= loop.now);
    coming = coming.filter(({ at }) => at > loop.now);
    for (const { run } of due) run();
  });
  return clients.map((own) => own.reduce((sum, { answers }) => sum + answers, 0));
}

describe('work of answers that have come', () => {
  test('is shared out by the weights of the tenants', () => {
    const [heavy, light] = flood([3, 1]);
    expect(heavy / light).toBeGreaterThan(2.9);
    expect(heavy / light).toBeLessThan(3.1);
  });

  test('is shared out evenly without weights', () => {
    const [first, second, third] = flood([1, 1, 1]);
    expect(first / second).toBeCloseTo(1, 1);
    expect(second / third).toBeCloseTo(1, 1);
  });
});
