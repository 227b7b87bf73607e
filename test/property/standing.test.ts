// The owner of standing sees good answers as counts. It must come to the same as if each had been told on its own.
import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { BackendCells } from '../../src/core/backend-cells.ts';
import { type Slot, standingFields } from '../../src/core/cells.ts';
import type { Witness } from '../../src/standing/witness.ts';
import type { FailureCode } from '../../src/core/failure.ts';
import type { BackendChange } from '../../src/core/observer.ts';
import { TimerWheel } from '../../src/core/timer-wheel.ts';
import { millis, share } from '../../src/core/units.ts';
import type { MemberPlan } from '../../src/standing/contract.ts';
import { Member } from '../../src/standing/member.ts';
import { OperatorStates } from '../../src/standing/operator-states.ts';
import { OutlierTracker, outlierCauses } from '../../src/standing/outlier.ts';
import { type Report, Standing } from '../../src/standing/standing.ts';
import { newGroup } from '../../src/standing/telling.ts';
import { Tally } from '../../src/standing/tally.ts';
import { isOnTrialBy } from '../../src/standing/word.ts';
import { OUTLIER_DEFAULTS, SLOW_START } from '../support/defaults.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const TICK = millis(50);
const NAMES = ['a', 'b', 'c'] as const;
const CODES = ['connect-refused', 'reset', 'first-byte-timeout', 'response-cut', 'client-gone'] as const;

const outlier = fc.record({
  consecutive: fc.integer({ min: 2, max: 6 }),
  failure_share: fc.constantFrom(share(0.3), share(0.6)),
  min_requests: fc.integer({ min: 3, max: 12 }),
  window: fc.constantFrom(millis(1000), millis(5000)),
  base_time: fc.constantFrom(millis(200), millis(2000)),
});

const event = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('good' as const), of: fc.nat(2), count: fc.integer({ min: 1, max: 9 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('failed' as const), of: fc.nat(2), code: fc.constantFrom(...CODES) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('bad' as const), of: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('probe' as const), of: fc.nat(2), passed: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('time' as const), ticks: fc.integer({ min: 1, max: 30 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('look' as const), of: fc.nat(2) }) },
);
type Event = typeof event extends fc.Arbitrary<infer Value> ? Value : never;

/** One owner with three backends. */
// The only client, so that all it meets counts.
const WITNESS: Witness = { client: '192.0.2.1', servesOthers: false, waited: millis(0) };

class Subject {
  readonly changes: BackendChange[] = [];
  private readonly wheel = new TimerWheel(TICK);
  private readonly clock = new VirtualClock();
  private readonly cells = new BackendCells();
  private readonly standing: Standing<MemberPlan>;
  private readonly tally: Tally;
  private readonly slots: readonly Slot[];

  constructor(
    settings: Partial<typeof OUTLIER_DEFAULTS>,
    /** The owner looks at the counts after each answer, as if it were told of it. */
    private readonly isEager: boolean,
  ) {
    const none = (): void => undefined;
    this.standing = new Standing<MemberPlan>({
      cells: this.cells,
      wheel: this.wheel,
      clock: this.clock,
      observer: { backendChanged: (change) => this.changes.push(change), tenantChanged: none },
      events: { entered: none, changed: none, doubted: none, cut: none },
      operators: new OperatorStates(),
      probes: { watch: none, soon: none, ask: none, anew: none, end: none },
      nameProblem: () => null,
    });
    this.tally = new Tally(this.cells.traffic, this.wheel, this.standing);
    const check = { type: 'http', schedule: { rise: 2, fall: 3, timeout: millis(1000) }, host: null };
    const plans = NAMES.map((name) => ({
      name,
      identity: name,
      host: null,
      weight: 1,
      tier: 0,
      check,
      outlier: { ...OUTLIER_DEFAULTS, ...settings, max_share: share(1), on: new Set(outlierCauses) },
    }));
    this.slots = this.standing.open(
      { tenant: 'main', pool: null },
      { slowStart: SLOW_START, leaveWithin: null },
      plans,
    );
    for (const of of NAMES.keys()) this.play({ kind: 'probe', of, passed: true });
  }

  play(one: Event): void {
    switch (one.kind) {
      case 'good':
        for (let left = one.count; left > 0; left--) this.answer(this.slots[one.of]);
        return undefined;
      case 'failed':
        return this.standing.failed(this.slots[one.of], one.code satisfies FailureCode, WITNESS);
      case 'bad':
        this.tally.heard(this.slots[one.of], false);
        return this.standing.answeredBadly(this.slots[one.of], '5xx', WITNESS);
      case 'probe':
        return this.standing.probed(this.slots[one.of], {
          passed: one.passed,
          detail: 'x',
          status: one.passed ? 200 : 500,
          excerpt: null,
          advice: null,
          duration: millis(1),
          at: 0,
        });
      case 'time':
        for (let left = one.ticks; left > 0; left--) while (!this.wheel.advance());
        return undefined;
      case 'look':
        return void this.report(one.of);
    }
  }

  // As a pool does it.
  private answer(slot: Slot): void {
    const { tally, standing } = this;
    tally.heard(slot, true);
    if (this.isEager) standing.settle(slot);
    if (this.isOnTrial(slot)) standing.trialPassed(slot);
    if (this.isOnTrial(slot)) standing.trialPassed(slot);
    else tally.whole(slot);
    if (this.isEager) standing.settle(slot);
  }

  private isOnTrial(slot: Slot): boolean {
    return isOnTrialBy(this.cells.standing.get(slot, standingFields.word));
  }

  private report(of: number): Report | null {
    return this.standing.report(this.slots[of]);
  }

  /** All that anybody could see of a backend. */
  show(of: number): unknown {
    const report = this.report(of);
    return { ...report, timeline: report?.timeline.changes() };
  }
}

test('good answers that are counted come to the same as good answers that are told one by one', () => {
  fc.assert(
    fc.property(outlier, fc.array(event, { maxLength: 120, size: 'max' }), (settings, events) => {
      const eager = new Subject(settings, true);
      const lazy = new Subject(settings, false);
      for (const one of events) {
        eager.play(one);
        lazy.play(one);
        expect(lazy.changes).toEqual(eager.changes);
      }
      for (const of of NAMES.keys()) expect(lazy.show(of)).toEqual(eager.show(of));
    }),
    { numRuns: 300 },
  );
});

test('the tracker of a backend sees counted answers at the times when they came', () => {
  const step = fc.record({ ticks: fc.nat(30), goods: fc.nat(9), isBad: fc.boolean() });
  fc.assert(
    fc.property(outlier, fc.array(step, { maxLength: 60 }), (settings, steps) => {
      const cells = new BackendCells();
      const all = { ...OUTLIER_DEFAULTS, ...settings, on: new Set(outlierCauses) };
      const plan = { name: 'a', identity: 'a', host: null, weight: 1, tier: 0, check: null, outlier: all };
      const group = newGroup({ tenant: 'main', pool: null }, SLOW_START);
      const none = () => null;
      const tools = { cells, nameProblem: none, ejectionEnds: none };
      const member = new Member(cells.take(), group, plan, tools);
      const wheel = { time: 1 };
      const tally = new Tally(cells.traffic, wheel, { settle: () => member.settle(TICK) });
      const told = new OutlierTracker(all);
      for (const { ticks, goods, isBad } of steps) {
        wheel.time += ticks;
        const now = millis(wheel.time * TICK);
        for (let left = goods; left > 0; left--) {
          tally.whole(member.slot);
          told.succeeded(1, now);
        }
        if (!isBad) continue;
        member.settle(TICK);
        const reason = told.failed('5xx', now);
        expect(member.tracker?.failed('5xx', now)).toEqual(reason);
        if (reason !== null) expect(member.tracker?.eject(reason, now)).toEqual(told.eject(reason, now));
      }
    }),
  );
});
