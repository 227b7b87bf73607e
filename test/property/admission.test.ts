// Whatever tenants ask for: nobody is forgotten or overtaken within a tenant, the loop never rests while a job waits, tenants
// that have jobs in line get the loop by their weights, and one below its share hardly waits.
import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { Admission } from '../../src/admit/admission.ts';
import type { Share } from '../../src/admit/share.ts';
import { ShareHeap } from '../../src/admit/share-heap.ts';
import { millis } from '../../src/core/units.ts';
import { JobLoop, type LoopJob, type LoopTenant } from '../support/loop-of-jobs.ts';

const someTenants = fc.array(
  fc.record({ weight: fc.integer({ min: 1, max: 8 }), cost: fc.integer({ min: 20, max: 2000 }) }),
  { minLength: 1, maxLength: 5 },
);

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('ask' as const), of: fc.nat(4), count: fc.nat(60) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('leave' as const), of: fc.nat(500) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('reweigh' as const),
      of: fc.nat(4),
      weight: fc.integer({ min: 1, max: 8 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('charge' as const), of: fc.nat(4), cost: fc.nat(5000) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('turn' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;
type Event = Exclude<Step, { kind: 'turn' }>;

/** Carries out steps, and looks after each turn whether all is as it must be. */
class Course {
  readonly loop = new JobLoop();
  readonly tenants: LoopTenant[];
  private jobs: LoopJob[] = [];
  private pending: Event[] = [];

  constructor(tenants: readonly { readonly weight: number; readonly cost: number }[]) {
    this.tenants = tenants.map(({ weight, cost }) => this.loop.tenant(weight, cost, millis(200)));
    this.loop.onBegun = (job) => this.expectFirst(job);
  }

  take(next: Step): void {
    if (next.kind === 'turn') this.turn();
    else this.pending.push(next);
  }

  turn(): void {
    const { loop } = this;
    const hadWaiting = loop.admission.waiting > 0;
    const before = this.served();
    loop.turn(() => {
      for (const one of this.pending.splice(0)) this.carryOut(one);
    });
    if (hadWaiting && loop.admission.waiting > 0) expect(this.served()).toBeGreaterThan(before);
    this.expectLines();
    this.jobs = this.jobs.filter(({ outcome }) => outcome === 'waits');
  }

  private served(): number {
    return this.tenants.reduce((sum, { begun, turnedAway }) => sum + begun + turnedAway, 0);
  }

  private carryOut(one: Event): void {
    const { loop, tenants } = this;
    const tenant = tenants[one.of % tenants.length];
    switch (one.kind) {
      case 'ask':
        for (let at = 0; at < one.count; at++) this.jobs.push(loop.ask(tenant));
        return;
      case 'leave': {
        const job = this.jobs[one.of];
        if (job === undefined || job.outcome !== 'waits') return;
        job.leave();
        job.outcome = 'left';
        return;
      }
      case 'reweigh':
        return tenant.share.reconfigure({ weight: one.weight, patience: millis(200) });
      case 'charge':
        return tenant.share.charge(one.cost);
    }
  }

  // Jobs of one tenant begin in the order in which they have come.
  private expectFirst(job: LoopJob): void {
    const at = this.jobs.indexOf(job);
    if (at < 0) return; // it has not waited
    expect(this.jobs.slice(0, at).some(({ tenant, outcome }) => tenant === job.tenant && outcome === 'waits')).toBe(
      false,
    );
  }

  private expectLines(): void {
    for (const { share } of this.tenants) {
      const own = this.jobs.filter((job) => job.outcome === 'waits' && job.tenant.share === share);
      expect(share.size).toBe(own.length);
      expect(share.place >= 0).toBe(own.length > 0);
    }
    expect(this.loop.admission.waiting).toBe(this.jobs.filter(({ outcome }) => outcome === 'waits').length);
  }
}

test('every job begins, leaves, or is turned away, in order, and none is forgotten', () => {
  fc.assert(
    fc.property(someTenants, fc.array(step, { maxLength: 60 }), (tenants, steps) => {
      const course = new Course(tenants);
      for (const one of steps) course.take(one);
      for (let turns = 0; turns < 100_000 && course.loop.hasTasks; turns++) course.turn();
      expect(course.loop.admission.waiting).toBe(0);
      expect(course.loop.hasTasks).toBe(false);
    }),
    { numRuns: 200 },
  );
});

// Start-time fair queueing (Goyal, Vin and Cheng 1996, theorem 1): as long as two tenants have jobs in line, what they have
// got by their weights differs by one job of each at most.
test('tenants whose lines are never empty get the loop by their weights, to a job of each', () => {
  fc.assert(
    fc.property(someTenants, fc.integer({ min: 1, max: 400 }), (plans, turns) => {
      const loop = new JobLoop();
      const tenants = plans.map(({ weight, cost }) => loop.tenant(weight, cost, millis(1e9)));
      const fill = (): void => {
        for (const tenant of tenants) while (tenant.share.size < 50) loop.ask(tenant);
      };
      for (const tenant of tenants) tenant.share.cost = tenant.cost;
      for (let at = 0; at < 5; at++) loop.turn(fill);
      const before = tenants.map(({ worked }) => worked);
      for (let at = 0; at < turns; at++) loop.turn(fill);
      const got = tenants.map(({ worked, share }, at) => (worked - before[at]) / share.weight);
      for (const [at, one] of got.entries())
        for (const [other, two] of got.entries())
          expect(Math.abs(one - two)).toBeLessThanOrEqual(
            plans[at].cost / plans[at].weight + plans[other].cost / plans[other].weight + 1e-6,
          );
    }),
    { numRuns: 100 },
  );
});

test('a tenant that asks for less than its share waits two turns at the most', () => {
  fc.assert(
    fc.property(someTenants, fc.integer({ min: 20, max: 400 }), (plans, cost) => {
      const loop = new JobLoop();
      const floods = plans.map((plan) => loop.tenant(plan.weight, plan.cost, millis(1e9)));
      const small = loop.tenant(1, cost, millis(1e9));
      const weights = plans.reduce((sum, { weight }) => sum + weight, 1);
      const fill = (): void => {
        for (const tenant of floods) while (tenant.share.size < 50) loop.ask(tenant);
      };
      loop.run(100, fill);
      let due = loop.now;
      // Half of its share.
      const pause = (2 * weights * cost) / 1000;
      loop.run(300, () => {
        fill();
        for (; due <= loop.now; due += pause + 2.5) loop.ask(small);
      });
      expect(small.begun).toBeGreaterThan(0);
      expect(small.longestTurns).toBeLessThanOrEqual(2);
    }),
    { numRuns: 100 },
  );
});

test('the heap has the share with the least account first, whatever changes', () => {
  const admission = new Admission({
    now: () => millis(0),
    loopTime: () => millis(0),
    atEnd: () => undefined,
    leastBegun: () => Number.POSITIVE_INFINITY,
    reportBug: () => undefined,
  });
  const change = fc.record({ of: fc.nat(12), to: fc.integer({ min: 0, max: 50 }), stays: fc.boolean() });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 80 }), (changes) => {
      const heap = new ShareHeap();
      const shares = Array.from({ length: 13 }, () => admission.shareOf({ weight: 1, patience: millis(1) }));
      for (const { of, to, stays } of changes) {
        const share = shares[of];
        if (!stays && share.place >= 0) heap.remove(share);
        share.finish = to;
        if (share.place >= 0) heap.moved(share);
        else if (stays) heap.add(share);
        const inside = shares.filter(({ place }) => place >= 0);
        expect(heap.size).toBe(inside.length);
        expect(inside.every((one) => heap.at(one.place) === one)).toBe(true);
        if (inside.length > 0) expect(heap.least?.finish).toBe(Math.min(...inside.map((one: Share) => one.finish)));
      }
    }),
  );
});
