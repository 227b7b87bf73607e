// The pool of one tenant in several processes: limits are the gateway's, nobody waits for ever, and a process that is killed
// leaves nothing behind.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { standingFields } from '../../src/core/cells.ts';
import { millis } from '../../src/core/units.ts';
import { TICK } from '../../src/runtime/ticking.ts';
import { wordOf } from '../../src/standing/word.ts';
import { type SharedPools, type SharedRequest, sharedPools } from '../support/shared-pools.ts';

const PROCESSES = 3;
const MOST = [1, 3];
const SERVICES = MOST.map(
  (most, at) => `{ name: b${at}, url: "http://10.0.0.${at + 1}:1", max_requests: ${most}, health: "" }`,
);
const QUEUE = 4;
const SETTINGS = `    pool: { max_queue: ${QUEUE} }\n    timeouts: { queue: 60s }\n`;

const place = fc.nat(PROCESSES - 1);
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('comes' as const), place }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('ends' as const), place, which: fc.nat(9) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('wake' as const), isLost: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('tick' as const), place }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('dies' as const), place }) },
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** All requests that the test has made, by process. */
class Scene {
  readonly pools: SharedPools;
  waiting: SharedRequest[] = [];

  constructor(balance: string) {
    this.pools = sharedPools(PROCESSES, `    balance: ${balance}\n${SETTINGS}`, SERVICES);
  }

  play(one: Step): void {
    const { members, wakes } = this.pools;
    switch (one.kind) {
      case 'comes':
        this.waiting.push(members[one.place].request());
        break;
      case 'ends':
        this.end(one.place, one.which);
        break;
      case 'wake':
        if (one.isLost) wakes.shift();
        else this.pools.deliver();
        break;
      case 'tick':
        members[one.place].tick();
        break;
      case 'dies':
        this.waiting = this.waiting.filter(({ process }) => process !== members[one.place]);
        this.pools.kill(one.place);
        break;
    }
    this.waiting = this.waiting.filter((request) => request.backend === null && !request.isRefused);
    this.check();
  }

  private end(of: number, which: number): void {
    const held = [...this.pools.members[of].held];
    held[which % Math.max(1, held.length)]?.end();
  }

  check(): void {
    const { owner, members, backendSlots } = this.pools;
    for (const [at, slot] of backendSlots.entries()) {
      const held = members.flatMap((process) => [...process.held]).filter(({ backend }) => backend?.slot === slot);
      expect(held.length).toBeLessThanOrEqual(MOST[at]);
      expect(owner.backends.inFlight(slot)).toBe(held.length);
    }
    for (const { pool } of members) {
      expect(pool.inFlight).toBe(members.reduce((sum, process) => sum + process.held.size, 0));
      expect(pool.waiting).toBe(this.waiting.length);
      expect(pool.waiting).toBeLessThanOrEqual(QUEUE);
    }
  }

  /** Everything ends, and what waits gets its turn. Returns how many ticks that took. */
  settle(isTold: boolean): number {
    const { members, wakes } = this.pools;
    const isBusy = (): boolean => this.waiting.length > 0 || members.some(({ held }) => held.size > 0);
    let ticks = 0;
    for (; isBusy() && ticks < 100; ticks++) {
      for (const at of members.keys())
        while (members[at].held.size > 0) this.play({ kind: 'ends', place: at, which: 0 });
      while (wakes.length > 0) this.play({ kind: 'wake', isLost: !isTold });
      if (!isTold) for (const at of members.keys()) this.play({ kind: 'tick', place: at });
    }
    return ticks;
  }
}

describe('pools that share their cells', () => {
  for (const balance of ['round_robin', 'least_requests', 'p2c'])
    test(`never exceed a limit, count exactly, and let nobody wait for ever (${balance})`, () => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 120, size: 'max' }), fc.boolean(), (steps, isTold) => {
          const scene = new Scene(balance);
          for (const one of steps) scene.play(one);
          for (const at of scene.pools.members.keys()) scene.play({ kind: 'tick', place: at });
          expect(scene.settle(isTold)).toBeLessThan(100);
          for (const slot of scene.pools.backendSlots) {
            const { standing } = scene.pools.owner.backends;
            for (const at of scene.pools.members.keys()) scene.play({ kind: 'tick', place: at });
            expect(standing.get(slot, standingFields.waiters)).toBe(0);
          }
        }),
        { numRuns: 200 },
      );
    });

  test('give a freed place to a process that has none, and not only to those that have', () => {
    const { members, deliver } = sharedPools(2, SETTINGS, [SERVICES[0]]);
    const first = members[0].request();
    const own = members[0].request();
    const others = members[1].request();
    first.end();
    expect([own.backend, others.backend]).toEqual([null, null]);
    deliver();
    expect(own.backend).toBeNull();
    expect(others.backend?.name).toBe('b0');
    others.end();
    deliver();
    expect(own.backend?.name).toBe('b0');
  });

  test('try a backend with one request in the whole gateway', () => {
    const { members, owner, backendSlots, kill } = sharedPools(3, SETTINGS, [SERVICES[1]]);
    const [slot] = backendSlots;
    const before = members[0].request();
    const onTrial = wordOf({ reason: null, isOnTrial: true, health: null, isUnwanted: false });
    owner.backends.standing.set(slot, standingFields.word, onTrial);
    for (const { slots } of members) slots.changed(slot);
    const trial = members[1].request();
    expect([trial.backend?.name, trial.isTrial]).toEqual(['b1', true]);
    for (const { pool } of members) expect(pool.eligibleCount).toBeLessThanOrEqual(1);
    const late = [members[0].request(), members[2].request(), members[1].request()];
    expect(late.map(({ backend }) => backend)).toEqual([null, null, null]);
    // The request from before is none that tries it.
    before.end();
    expect(late.map(({ backend }) => backend)).toEqual([null, null, null]);
    kill(1);
    for (const process of members) process.tick();
    expect(late.filter(({ backend }) => backend !== null)).toHaveLength(1);
  });

  test('let a later trial begin while the request of an earlier one goes on', () => {
    const { members, owner, backendSlots } = sharedPools(2, SETTINGS, [SERVICES[1]]);
    const [slot] = backendSlots;
    const say = (isOnTrial: boolean): void => {
      const word = wordOf({ reason: null, isOnTrial, health: null, isUnwanted: false });
      owner.backends.standing.set(slot, standingFields.word, word);
      for (const { slots } of members) slots.changed(slot);
    };
    say(true);
    const long = members[0].request();
    say(false);
    say(true);
    const next = members[1].request();
    expect([long.isTrial, next.isTrial]).toEqual([true, true]);
    long.end();
    expect(owner.backends.standing.get(slot, standingFields.trial)).toBe(2);
    next.end();
    expect(owner.backends.standing.get(slot, standingFields.trial)).toBe(0);
  });

  test.each([true, false])('send no second request after a trial that went badly: a verdict comes: %p', (comes) => {
    const { members, owner, backendSlots } = sharedPools(2, SETTINGS, [SERVICES[1]]);
    const [slot] = backendSlots;
    const say = (reason: 'ejected' | null, isOnTrial: boolean): void => {
      owner.backends.standing.set(
        slot,
        standingFields.word,
        wordOf({ reason, isOnTrial, health: null, isUnwanted: false }),
      );
      for (const { slots } of members) slots.changed(slot);
    };
    const next = (): (boolean | undefined)[] =>
      members.map((process) => {
        const request = process.request();
        const { isTrial } = request;
        process.abandon(request);
        return isTrial;
      });
    say(null, true);
    const trial = members[0].request();
    const { backend } = trial;
    if (backend === null) throw new Error('nothing was tried');
    members[0].pool.notes.answered(backend, 500, millis(1), 'somebody');
    trial.end();
    expect(next()).toEqual([false, false]);
    if (comes) say('ejected', false);
    else for (let passed = 0; passed <= 250; passed += TICK) members[0].tick();
    expect(owner.backends.standing.get(slot, standingFields.trial)).toBe(0);
    say(null, true);
    expect(next()).toContain(true);
  });

  test('begin with different backends, so that few requests are spread evenly', () => {
    const services = [1, 2, 3].map((at) => `{ name: b${at}, url: "http://10.0.0.${at}:1" }`);
    for (const balance of ['round_robin', 'least_requests']) {
      const { members, owner, backendSlots } = sharedPools(4, `    balance: ${balance}\n`, services);
      const counts = backendSlots.map(() => 0);
      for (let at = 0; at < 12; at++) {
        const request = members[at % 4].request();
        counts[backendSlots.indexOf(request.backend?.slot ?? backendSlots[0])]++;
        request.end();
      }
      expect(counts).toEqual([4, 4, 4]);
      expect(backendSlots.map((slot) => owner.backends.inFlight(slot))).toEqual([0, 0, 0]);
    }
  });
});
