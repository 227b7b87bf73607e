// A spare worker runs through what it will have to do.
import { describe, expect, test } from 'bun:test';
import { compile } from '../../src/plan/compile.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { rehearse } from '../../src/supervise/rehearsal.ts';
import { type World, realWorld } from '../../src/world.ts';
import { config } from '../support/configs.ts';

/** Its backends are nobody's to connect to. */
const PLAN = compile(
  config(`
listeners: [{ name: front, address: "192.0.2.1:80" }]
tenants:
  - { name: empty, domains: [empty.test], services: [], routes: [{ match: { path_prefix: /a/ }, pool: own }], pools: { own: { services: [{ name: p, url: "http://192.0.2.2:1" }] } } }
  - { name: main, domains: [main.test], policies: [{ redirect: { to: "https://elsewhere.test/" } }], services: [{ name: s, url: "https://192.0.2.3:1/base", max_requests: 1 }] }
`),
);

/** A world that remembers where connections were opened, and what was logged. */
class Witness {
  readonly asked: string[] = [];
  readonly lines: string[] = [];
  readonly world: World;

  constructor() {
    const real = realWorld();
    this.world = {
      ...real,
      dial: (address, owner) => {
        this.asked.push(address.hostname);
        real.dial(address, owner);
      },
      writeLog: (line) => void this.lines.push(line),
    };
  }

  rehearse(plan: Plan, isNeeded: () => boolean): Promise<void> {
    return rehearse(plan, this.world, isNeeded);
  }
}

describe('a rehearsal', () => {
  test('asks a backend of its own, and tells nobody', async () => {
    const witness = new Witness();
    await witness.rehearse(PLAN, () => false);
    expect(new Set(witness.asked)).toEqual(new Set(['127.0.0.1']));
    expect(witness.lines).toEqual([]);
  });

  test('ends when the process is needed', async () => {
    let looks = 0;
    await new Witness().rehearse(PLAN, () => ++looks === 3);
    expect(looks).toBe(3);
  });

  test('needs a tenant with a backend', async () => {
    const witness = new Witness();
    await witness.rehearse({ ...PLAN, tenants: [] }, () => false);
    expect(witness.asked).toEqual([]);
  });
});
