// The event loop shared out to tenants, over a virtual clock.
import { describe, expect, test } from 'bun:test';
import { millis } from '../../src/core/units.ts';
import { JobLoop, type LoopTenant } from '../support/loop-of-jobs.ts';

/** Keeps so many jobs of a tenant in the loop: each that has begun is followed by another one in the next turn. */
class ClosedLoop {
  private toAsk: number;

  constructor(
    private readonly loop: JobLoop,
    readonly tenant: LoopTenant,
    connections: number,
  ) {
    this.toAsk = connections;
  }

  ask(): void {
    const count = this.toAsk;
    this.toAsk = 0;
    for (let at = 0; at < count; at++) if (this.loop.ask(this.tenant).outcome === 'refused') this.toAsk++;
  }

  ended(): void {
    this.toAsk++;
  }
}

function closedLoops(loop: JobLoop, tenants: readonly LoopTenant[], connections: number): () => void {
  const loads = tenants.map((tenant) => new ClosedLoop(loop, tenant, connections));
  loop.onBegun = (job) => loads.find(({ tenant }) => tenant === job.tenant)?.ended();
  return () => {
    for (const load of loads) load.ask();
  };
}

/** How much of the loop tenants have had from here on, as parts of one. */
function partsOf(tenants: readonly LoopTenant[], since: readonly number[] = tenants.map(() => 0)): number[] {
  const worked = tenants.map((tenant, at) => tenant.worked - since[at]);
  const sum = worked.reduce((one, other) => one + other, 0);
  return worked.map((part) => part / sum);
}

describe('while there is room', () => {
  test('a job begins at once', () => {
    const loop = new JobLoop();
    const tenant = loop.tenant(1, 30);
    loop.run(100, () => {
      for (let at = 0; at < 5; at++) expect(loop.ask(tenant).outcome).toBe('begun');
    });
    expect(loop.admission.waiting).toBe(0);
  });

  test('nothing is done at the end of a turn in which nothing has asked', () => {
    const loop = new JobLoop();
    const tenant = loop.tenant(1, 30);
    loop.turn(() => void loop.ask(tenant));
    expect(loop.hasTasks).toBe(false);
  });
});

describe('a tenant that floods', () => {
  test('alone has all of the loop, in turns of about a millisecond', () => {
    const loop = new JobLoop();
    const tenant = loop.tenant(1, 100);
    loop.run(2000, closedLoops(loop, [tenant], 400));
    expect(tenant.worked / 1000).toBeGreaterThan(0.97 * loop.now);
    const settled = loop.turnLengths.slice(50).toSorted((a, b) => a - b);
    expect(settled[Math.floor(settled.length / 2)]).toBeLessThan(1.3);
    expect(settled.at(-1)).toBeLessThan(2);
    expect(tenant.turnedAway + tenant.refused).toBe(0);
  });

  test('does not keep one waiting that takes less than its share', () => {
    const loop = new JobLoop();
    const flood = loop.tenant(1, 100);
    const small = loop.tenant(1, 30);
    const asks = closedLoops(loop, [flood], 1500);
    let due = 0;
    loop.run(5000, () => {
      asks();
      for (; due <= loop.now; due += 2) loop.ask(small);
    });
    expect(small.longestTurns).toBeLessThanOrEqual(2);
    expect(small.turnedAway + small.refused).toBe(0);
    expect(small.begun).toBeGreaterThan(2400);
  });

  test('gets what others leave', () => {
    const loop = new JobLoop();
    const flood = loop.tenant(1, 100);
    const small = loop.tenant(1, 100);
    const asks = closedLoops(loop, [flood], 400);
    let due = 0;
    loop.run(5000, () => {
      asks();
      for (; due <= loop.now; due += 1) loop.ask(small); // a tenth of the loop
    });
    const [its] = partsOf([flood, small]);
    expect(its).toBeGreaterThan(0.88);
    expect(its).toBeLessThan(0.92);
  });
});

describe('tenants that flood together', () => {
  test.each([
    ['the same', [1, 1], [100, 100]],
    ['three to one', [3, 1], [100, 100]],
    ['one is a hundred times dearer', [1, 1], [20, 2000]],
    ['three to one, and the heavier is a hundred times dearer', [3, 1], [2000, 20]],
    ['three', [1, 2, 5], [50, 300, 20]],
  ] as const)('have the loop by their weights: %s', (_, weights, costs) => {
    const loop = new JobLoop();
    const tenants = weights.map((weight, at) => loop.tenant(weight, costs[at]));
    const asks = closedLoops(loop, tenants, 200);
    loop.run(1000, asks); // the averages have to be found first
    const before = tenants.map(({ worked }) => worked);
    loop.run(10_000, asks);
    const sum = weights.reduce<number>((one, other) => one + other, 0);
    const parts = partsOf(tenants, before);
    for (const [at, weight] of weights.entries()) expect(Math.abs(parts[at] / (weight / sum) - 1)).toBeLessThan(0.05);
  });

  test('one whose weight changes while its jobs wait gets the new part from there on', () => {
    const loop = new JobLoop();
    const tenants = [loop.tenant(1, 100), loop.tenant(1, 100)];
    const asks = closedLoops(loop, tenants, 100);
    loop.run(1000, asks);
    tenants[0].share.reconfigure({ weight: 3, patience: millis(1000) });
    const before = tenants.map(({ worked }) => worked);
    loop.run(4000, asks);
    expect(partsOf(tenants, before)[0]).toBeCloseTo(0.75, 1);
  });

  test('a hundred among ten thousand do not keep the others waiting', () => {
    const loop = new JobLoop();
    const tenants = Array.from({ length: 10_000 }, () => loop.tenant(1, 30));
    const asks = closedLoops(loop, tenants.slice(0, 100), 20);
    const quiet = tenants.slice(100);
    loop.run(200, asks); // at first nobody has used its share up
    let due = loop.now;
    let next = 0;
    loop.run(2000, () => {
      asks();
      for (; due <= loop.now; due += 0.5) loop.ask(quiet[next++ % quiet.length]);
    });
    expect(Math.max(...quiet.map(({ longestTurns }) => longestTurns))).toBeLessThanOrEqual(2);
    const parts = partsOf(tenants.slice(0, 100));
    expect(Math.max(...parts) / Math.min(...parts)).toBeLessThan(1.1);
  });
});

describe('what cannot be served', () => {
  test('is turned away after its patience, and then soon', () => {
    const loop = new JobLoop();
    const tenant = loop.tenant(1, 100);
    let due = 0;
    loop.run(10_000, () => {
      for (; due <= loop.now; due += 0.08) loop.ask(tenant); // 12,500 in a second, where 10,000 can be served
    });
    expect(tenant.turnedAway).toBeGreaterThan(1000);
    expect(tenant.longestWait).toBeLessThan(1100);
    tenant.longestWait = 0;
    loop.run(2000, () => {
      for (; due <= loop.now; due += 0.08) loop.ask(tenant);
    });
    expect(tenant.longestWait).toBeLessThan(110);
  });

  test('of a closed loop is served in the end, however long its line is', () => {
    const loop = new JobLoop();
    const tenant = loop.tenant(1, 100);
    loop.run(5000, closedLoops(loop, [tenant], 4000));
    expect(tenant.turnedAway + tenant.refused).toBe(0);
  });

  test('is not what has waited because the whole process stood still', () => {
    const loop = new JobLoop();
    const tenant = loop.tenant(1, 100);
    loop.turn(() => {
      for (let at = 0; at < 1000; at++) loop.ask(tenant);
      loop.now += 5000;
    });
    loop.run(200, () => undefined);
    expect(tenant.begun).toBe(1000);
  });

  test('is not what has waited because other programs had the processor', () => {
    const loop = new JobLoop();
    const tenant = loop.tenant(1, 100);
    loop.turn(() => {
      for (let at = 0; at < 1000; at++) loop.ask(tenant);
    });
    // A tenth of the processor is left.
    loop.run(5000, () => {
      loop.now += 9;
      loop.stolen += 9;
    });
    expect(tenant.begun).toBe(1000);
  });

  test('is refused when too many wait, and leaves room for others', () => {
    const loop = new JobLoop();
    const flood = loop.tenant(1, 100);
    const small = loop.tenant(1, 100);
    loop.turn(() => {
      for (let at = 0; at < 10_000; at++) loop.ask(flood);
      expect(flood.share.size).toBe(4096);
      for (let at = 0; at < 40; at++) loop.ask(small);
    });
    expect(flood.refused).toBeGreaterThan(5000);
    expect(small.refused).toBe(0);
  });

  test('has its line again when fewer ask', () => {
    const loop = new JobLoop();
    const tenant = loop.tenant(1, 100);
    loop.run(3000, () => {
      for (let at = 0; at < 30; at++) loop.ask(tenant);
    });
    expect(tenant.share.isOverrun).toBe(true);
    loop.run(500, () => undefined);
    expect(loop.admission.waiting).toBe(0);
    const { turnedAway } = tenant;
    loop.turn(() => {
      for (let at = 0; at < 3000; at++) loop.ask(tenant); // 300 ms of work
    });
    loop.run(500, () => undefined);
    expect(tenant.turnedAway).toBe(turnedAway);
  });
});

describe('a job in line', () => {
  test('that leaves is not begun, and those behind it are', () => {
    const loop = new JobLoop();
    const tenant = loop.tenant(1, 100);
    loop.turn(() => {
      const jobs = Array.from({ length: 40 }, () => loop.ask(tenant));
      const waiting = jobs.filter(({ outcome }) => outcome === 'waits');
      for (const job of waiting.slice(0, 5)) {
        job.leave();
        job.outcome = 'left';
      }
    });
    loop.run(100, () => undefined);
    expect(tenant.begun).toBe(35);
    expect(loop.admission.waiting).toBe(0);
  });

  test('that fails does not keep the others there', () => {
    const loop = new JobLoop();
    const tenant = loop.tenant(1, 100);
    loop.turn(() => {
      const jobs = Array.from({ length: 40 }, () => loop.ask(tenant));
      const first = jobs.find(({ outcome }) => outcome === 'waits');
      if (first === undefined) throw new Error('none waits');
      first.begin = () => {
        throw new Error('a bug');
      };
    });
    loop.run(100, () => undefined);
    expect(tenant.begun).toBe(39);
    expect(loop.bugs.map(({ message }) => message)).toEqual(['a bug']);
  });
});

test('what passes besides jobs is charged to its tenant', () => {
  const loop = new JobLoop();
  const streams = loop.tenant(1, 100);
  const other = loop.tenant(1, 100);
  const asks = closedLoops(loop, [streams, other], 100);
  loop.run(500, asks);
  const before = [streams.worked, other.worked];
  loop.run(5000, () => {
    asks();
    streams.share.charge(250);
    loop.now += 0.25;
    streams.worked += 250;
  });
  expect(partsOf([streams, other], before)[0]).toBeCloseTo(0.5, 1);
});
