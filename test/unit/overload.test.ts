// How overloaded the gateway is, and what it gives up then.
import { describe, expect, test } from 'bun:test';
import { Overload, type OverloadFacts } from '../../src/admit/overload.ts';
import { overload } from '../../src/config/overload.ts';
import { bytes, millis } from '../../src/core/units.ts';
import { ExchangeRig } from '../support/exchange-rig.ts';

const BOUNDS = overload.parse({});
const CALM: OverloadFacts = { turn: millis(1), memory: 0, hasWaiting: false };

/** The levels after each of these, one in each step of that length. */
function levels(facts: readonly Partial<OverloadFacts>[], step = 100): readonly number[] {
  const measured = new Overload(BOUNDS);
  return facts.map((more, at) => {
    measured.look({ ...CALM, ...more }, millis(at * step));
    return measured.level;
  });
}

describe('the level of overload', () => {
  test('rises at once: by requests that wait, long turns, and memory', () => {
    expect(levels([{}])).toEqual([0]);
    expect(levels([{ hasWaiting: true }])).toEqual([1]);
    expect(levels([{ turn: millis(21) }])).toEqual([2]);
    expect(levels([{ memory: 0.81 }])).toEqual([2]);
    expect(levels([{ memory: 0.96 }])).toEqual([3]);
  });

  test('falls by one level after five calm seconds, and from the first at once', () => {
    const after = levels([{ memory: 0.96 }, ...Array.from({ length: 150 }, () => ({}))]);
    expect(after.indexOf(2)).toBe(50);
    expect(after.indexOf(1)).toBe(100);
    expect(after.indexOf(0)).toBe(101);
  });

  test('goes by the bounds of the moment, as a reload has changed them', () => {
    const measured = new Overload(BOUNDS);
    measured.look({ ...CALM, memory: 0.6 }, millis(0));
    expect(measured.level).toBe(0);
    measured.bounds = overload.parse({ spare_memory: '50%', refuse_memory: 0.7, turn_time: '5ms' });
    measured.look({ ...CALM, memory: 0.6 }, millis(100));
    expect(measured.level).toBe(2);
    measured.look({ ...CALM, memory: 0.71 }, millis(200));
    expect(measured.level).toBe(3);
  });

  test('does not fall while it is called for again and again', () => {
    const pulses = Array.from({ length: 200 }, (_, at) => (at % 40 === 0 ? { turn: millis(30) } : {}));
    expect(new Set(levels(pulses))).toEqual(new Set([2]));
  });
});

const CONFIG = `limits: { memory: 100MiB }
tenants:
  - name: flood
    domains: [x]
    services: [{ name: a, url: "http://10.0.0.1:1" }, { name: b, url: "http://10.0.0.2:2" }]
    pool: { max_connections: 1000 }
    retry: { on: [connect, reset, 503], back_off: 1ms }
  - name: quiet
    domains: [quiet.test]
    services: [{ name: b, url: "http://10.0.0.3:3" }]
`;

class Scene {
  readonly rig = new ExchangeRig(CONFIG, undefined, { hasLongTurns: true });

  /** The gateway uses so much of its memory. */
  async uses(percent: number): Promise<void> {
    this.rig.residentBytes = bytes(percent * 1024 * 1024);
    await this.rig.clock.advance(300);
  }

  ask(host: string) {
    return this.rig.send(`GET /1 HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  }

  flood(): void {
    this.ask('quiet.test');
    for (let at = 0; at < 200; at++) this.ask('x');
  }
}

describe('an overloaded gateway', () => {
  test('says goodbye to clients of a tenant above its share, and serves them and all others', async () => {
    const scene = new Scene();
    scene.flood();
    await scene.uses(85);
    const [flood, quiet] = [scene.ask('x'), scene.ask('quiet.test')];
    expect([flood.isLast, quiet.isLast]).toEqual([true, false]);
    expect([flood.failure, quiet.failure]).toEqual([null, null]);
  });

  test('says goodbye to nobody where there is no other tenant to be spared', async () => {
    const scene = new Scene();
    for (let at = 0; at < 200; at++) scene.ask('x');
    await scene.uses(85);
    expect(scene.ask('x').isLast).toBe(false);
  });

  test('does not take a tenant for one above its share that sends a few at a time', async () => {
    const scene = new Scene();
    scene.flood();
    await scene.uses(85);
    const few = Array.from({ length: 10 }, () => scene.ask('quiet.test'));
    expect(few.filter(({ isLast }) => isLast)).toEqual([]);
  });

  test('refuses a tenant above its share when its memory is nearly used up, and serves all others', async () => {
    const scene = new Scene();
    scene.flood();
    await scene.uses(96);
    const [flood, quiet] = [scene.ask('x'), scene.ask('quiet.test')];
    expect([flood.failure?.code, quiet.failure?.code]).toEqual(['overloaded', undefined]);
  });

  test('repeats no request that was sent', async () => {
    const attempts = async (percent: number): Promise<number | undefined> => {
      const scene = new Scene();
      await scene.uses(percent);
      scene.ask('x');
      for (let at = 0; at < 6; at++) {
        for (const link of scene.rig.network.links) link.accept();
        scene.rig.endTurn();
        for (const link of scene.rig.network.links) if (link.request !== null) link.answer(503);
        scene.rig.endTurn();
        await scene.rig.clock.advance(100);
        scene.rig.endTurn();
      }
      return scene.rig.ended.at(-1)?.attemptCount;
    };
    expect([await attempts(10), await attempts(85)]).toEqual([2, 1]);
  });
});
