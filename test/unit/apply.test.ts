// How a plan is put in force: what it touches, in which steps, and what is left of one that fails.
import { describe, expect, test } from 'bun:test';
import type { Balancer, BalancerKind } from '../../src/balance/contract.ts';
import { roundRobin } from '../../src/balance/round-robin.ts';
import type { TenantConfig } from '../../src/config/schema.ts';
import { atOnce, inSlices } from '../../src/core/slices.ts';
import { millis } from '../../src/core/units.ts';
import { compile } from '../../src/plan/compile.ts';
import type { BalancerOptions } from '../../src/plan/pool-plan.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { config, manyTenants } from '../support/configs.ts';
import { ExchangeRig, read } from '../support/exchange-rig.ts';
import type { FakeClient } from '../support/fake-client.ts';

const MANY = 10_000;
const BOUND = 60_000;

const SIMPLE: BalancerKind<Record<string, never>> = roundRobin;

/** What balancers have been asked, by the names of their backends' tenants. */
class Watched {
  made = 0;
  /** Which balancers have had other candidates since the last look. */
  readonly updated = new Set<Balancer>();
  failsToMake = false;
  failsToTake = false;

  get kinds(): readonly BalancerKind<BalancerOptions>[] {
    return [this.kind, { ...this.kind, type: 'other' }];
  }

  /** `round_robin`, watched. */
  private readonly kind: BalancerKind<BalancerOptions> = {
    ...roundRobin,
    type: 'watched',
    create: (_, tools) => {
      if (this.failsToMake) throw new Error('it cannot be made');
      this.made++;
      const real = SIMPLE.create({}, tools);
      const balancer: Balancer = {
        keySource: null,
        pick: (keyHash) => real.pick(keyHash),
        peek: (keyHash) => real.peek(keyHash),
        pickOther: (keyHash, tried) => real.pickOther(keyHash, tried),
        update: (candidates) => {
          if (this.failsToTake && candidates.length > 0) throw new Error('it takes no candidates');
          this.updated.add(balancer);
          real.update(candidates);
        },
      };
      return balancer;
    },
  };
}

const BASE = config(
  'tenants: [{ name: t, domains: [t.test], services: [{ name: a, url: "http://10.0.0.1:1" }, { name: b, url: "http://10.0.0.1:2" }] }]',
);

/** So many tenants, all with the watched balancer. */
function planOf(count: number, change?: (tenant: TenantConfig, at: number) => TenantConfig): Plan {
  const plan = compile(manyTenants(BASE, count, change));
  return { ...plan, tenants: plan.tenants.map((tenant) => ({ ...tenant, balance: { type: 'watched', options: {} } })) };
}

function get(rig: ExchangeRig, host: string): FakeClient {
  return rig.send(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
}

/** Asks and is answered, by whatever connection. */
function served(rig: ExchangeRig, host: string): readonly number[] {
  get(rig, host);
  for (const link of rig.network.links) {
    link.accept();
    if (link.request !== null) link.answer(200);
  }
  return rig.ended.splice(0).map(({ status }) => status);
}

function objectsOf(rig: ExchangeRig): readonly unknown[] {
  const { router, sites } = rig.store.current;
  return [router, ...sites, ...sites.flatMap(({ current }) => [current, current.pool, ...current.pool.backends])];
}

describe('a plan that says the same again', () => {
  const TEXT = `
tenants:
  - name: turns
    domains: [turns.test]
    services: [{ name: a, url: "http://10.0.0.1:1" }, { name: b, url: "http://10.0.0.1:2" }, { name: c, url: "http://10.0.0.1:3" }]
  - name: measures
    domains: [measures.test]
    balance: peak_ewma
    services: [{ name: slow, url: "http://10.0.0.2:1" }, { name: fast, url: "http://10.0.0.2:2" }]
  - name: names
    domains: [names.test]
    services: [{ name: dns, url: "http://dyn.test:9", discover: addresses }]
`;

  test('changes nothing that can be observed', async () => {
    const rig = new ExchangeRig(TEXT);
    rig.lookup.a('dyn.test', ['10.0.0.7'], 600);
    await rig.clock.advance(100);
    get(rig, 'turns.test');
    rig.network.links.at(-1)?.accept();
    rig.network.links.at(-1)?.answer(200);
    const inFlight = get(rig, 'turns.test');
    const before = {
      status: rig.status(),
      asked: [...rig.lookup.asked],
      links: rig.network.links.length,
    };
    const objects = objectsOf(rig);
    rig.reload(TEXT.replaceAll('http://10', 'HTTP://10'));
    expect({
      status: rig.status(),
      asked: [...rig.lookup.asked],
      links: rig.network.links.length,
    }).toEqual(before);
    expect(objectsOf(rig).every((one, at) => one === objects[at])).toBe(true);
    await rig.clock.advance(2000);
    expect([rig.lookup.asked, inFlight.isOpen]).toEqual([before.asked, true]);
  });

  test('lets turns and measures go on', () => {
    const rig = new ExchangeRig(TEXT);
    const asked = (host: string): string => {
      get(rig, host);
      return rig.network.links.at(-1)?.backend.name ?? '';
    };
    const turns = Array.from({ length: 6 }, () => {
      rig.reload(TEXT);
      return asked('turns.test');
    });
    expect(turns.toSorted()).toEqual(['a', 'a', 'b', 'b', 'c', 'c']);
    expect(turns.slice(0, 3)).toEqual(turns.slice(3));
    const { balancer, backends } = rig.store.current.sites[1].current.pool;
    balancer.observe?.(backends[0].id, millis(500));
    balancer.observe?.(backends[1].id, millis(1));
    rig.reload(TEXT);
    expect(rig.store.current.sites[1].current.pool.balancer).toBe(balancer);
    expect(asked('measures.test')).toBe('fast');
  });
});

describe('among ten thousand tenants', () => {
  const balance = new Watched();
  const plan = planOf(MANY);
  const rig = new ExchangeRig(plan, undefined, { balancers: balance.kinds });
  const slower = (tenant: TenantConfig): TenantConfig => ({ ...tenant, timeouts: { queue: millis(2000) } });

  test(
    'one that changes is the only one that is touched, after a few steps',
    () => {
      const next = planOf(MANY, (tenant, at) => (at === 5000 ? slower(tenant) : tenant));
      const before = objectsOf(rig);
      balance.made = 0;
      balance.updated.clear();
      const steps = stepsOf(next);
      const changed = objectsOf(rig).filter((one, at) => one !== before[at]);
      expect(changed).toEqual([rig.store.current.sites[5000].current]);
      expect(rig.store.current.sites[5000].current.pool.options.queueTimeout).toBe(millis(2000));
      expect([balance.made, balance.updated.size]).toEqual([0, 1]);
      // What is the same is kept once.
      expect(rig.plan.tenants.filter((one, at) => one !== plan.tenants[at])).toEqual([next.tenants[5000]]);
      // The most are those of the comparison, in groups.
      expect(steps).toBeLessThan(60);
      expect(stepsOf(plan)).toBe(steps);
    },
    BOUND,
  );

  test(
    'where all change, none of the steps touches more than one, and requests are served between them',
    () => {
      const next = planOf(MANY, (tenant) => ({
        ...slower(tenant),
        domains: [...tenant.domains, `www.${tenant.name}.test`],
      }));
      let most = 0;
      let answered = 0;
      const steps = stepsOf(next, (step) => {
        most = Math.max(most, balance.updated.size);
        balance.updated.clear();
        if (step % 500 !== 0) return;
        if (served(rig, `t${step % MANY}.test`)[0] === 200) answered++;
      });
      expect(most).toBe(1);
      expect(steps).toBeGreaterThan(3 * MANY);
      expect(answered).toBe(Math.floor(steps / 500));
      expect(rig.network.bugs).toEqual([]);
      stepsOf(plan);
    },
    BOUND,
  );

  test(
    'those that are new are at work before a route leads to them, and those that are gone after none does',
    () => {
      const shifted = planOf(MANY, (tenant, at) => (at % 2 === 0 ? tenant : { ...tenant, name: `new${at}` }));
      stepsOf(shifted, (step) => {
        if (step % 1000 !== 0) return;
        // Its host stays, whoever has it.
        expect(served(rig, 't4999.test')).toEqual([200]);
      });
      expect(rig.store.current.sites.filter(({ current }) => current.name.startsWith('new'))).toHaveLength(MANY / 2);
      stepsOf(plan);
    },
    BOUND,
  );

  function stepsOf(next: Plan, after: (step: number) => void = () => undefined): number {
    const steps = rig.apply(next);
    let count = 0;
    while (steps.next().done !== true) after(++count);
    return count;
  }
});

describe('a tenant that changes', () => {
  const tenant = (more: string) =>
    `tenants: [{ name: a, domains: [a.test], services: [{ name: one, url: "http://10.0.0.1:1" }]${more} }]`;

  test('keeps its budget of retries and its latencies, and takes another share of them anew', () => {
    const rig = new ExchangeRig(tenant(', retry: { hedge_after: 90% }'));
    const { retry } = rig.store.current.sites[0].current;
    rig.reload(tenant(', retry: { hedge_after: 90%, budget: 50% }'));
    const next = rig.store.current.sites[0].current.retry;
    expect([next.budget === retry.budget, next.hedge === retry.hedge]).toEqual([true, true]);
    rig.reload(tenant(', retry: { hedge_after: 95% }'));
    expect(rig.store.current.sites[0].current.retry.hedge).not.toBe(retry.hedge);
  });

  test('serves what it had begun as it began', async () => {
    const rig = new ExchangeRig(tenant(', timeouts: { exchange: 10s, first_byte: 10s }'));
    const client = get(rig, 'a.test');
    rig.network.links.at(-1)?.accept();
    rig.reload(tenant(', timeouts: { exchange: 1s, first_byte: 1s }'));
    await rig.clock.advance(3000);
    expect(client.isOpen).toBe(true);
  });

  test('may say what it likes of other hosts in another order', () => {
    const two = (first: string, second: string) =>
      `tenants:\n${[first, second].map((name) => `  - { name: ${name}, domains: [${name}.test] }\n`).join('')}`;
    const rig = new ExchangeRig(two('a', 'b'));
    const [a, b] = rig.store.current.sites;
    rig.reload(two('b', 'a'));
    expect(rig.store.current.sites).toEqual([b, a]);
  });
});

describe('a plan that cannot be put in force', () => {
  const base = (change: (tenant: TenantConfig, at: number) => TenantConfig = (same) => same) => planOf(10, change);

  test('leaves everything as it was where a balancer cannot be made', () => {
    const balance = new Watched();
    const rig = new ExchangeRig(read('{}'), undefined, { balancers: balance.kinds });
    atOnce(rig.apply(base()));
    const before = objectsOf(rig);
    balance.failsToMake = true;
    // What would change, the last of them another balancer; a tenant that would be new; one that would go; and routes.
    const other = base((tenant, at) => ({
      ...tenant,
      name: at === 0 ? 'new' : tenant.name,
      domains: [`other${at}.test`],
    }));
    const withOther = {
      ...other,
      tenants: other.tenants.map((tenant) => ({ ...tenant, balance: { type: 'other', options: {} } })),
    };
    expect(() => atOnce(rig.apply(withOther))).toThrow('it cannot be made');
    expect(objectsOf(rig).every((one, at) => one === before[at])).toBe(true);
    expect(served(rig, 't9.test')).toEqual([200]);
    expect(get(rig, 'other9.test').failure?.code).toBe('no-route');
  });

  test('changes nothing before it is put in force, and nothing if it is dropped', () => {
    const rig = new ExchangeRig(base(), undefined, { balancers: new Watched().kinds });
    const [before, objects] = [rig.store.current, objectsOf(rig)];
    const next = planOf(11, (tenant, at) => ({ ...tenant, domains: [`other${at}.test`] }));
    atOnce(rig.prepare(next)).drop();
    expect(rig.store.current).toBe(before);
    expect(objectsOf(rig).every((one, at) => one === objects[at])).toBe(true);
    const prepared = atOnce(rig.prepare(next));
    expect(prepared.change.added.map(({ name }) => name)).toEqual(['t10']);
    expect(rig.store.current).toBe(before);
    atOnce(prepared.commit());
    expect(served(rig, 'other10.test')).toEqual([200]);
  });

  test('and where a tenant fails only when it is to take over, takes back those that had', () => {
    const balance = new Watched();
    const rig = new ExchangeRig(base(), undefined, { balancers: balance.kinds });
    const before = rig.store.current;
    const tenants = before.sites.map(({ current }) => current);
    const other = base((tenant, at) => ({
      ...tenant,
      domains: [`other${at}.test`],
      services: at === 5 ? [...tenant.services, { ...tenant.services[0], name: 'c' }] : tenant.services,
    }));
    const steps = rig.apply(other);
    while (rig.store.current === before) steps.next();
    for (let taken = 0; taken < 3; taken++) steps.next();
    balance.failsToTake = true;
    expect(() => atOnce(steps)).toThrow('it takes no candidates');
    balance.failsToTake = false;
    expect(rig.store.current).toBe(before);
    expect(before.sites.map(({ current }) => current)).toEqual(tenants);
    atOnce(rig.apply(other));
    expect(served(rig, 'other5.test')).toEqual([200]);
  });

  test('and where a new tenant fails to begin, nobody is led to it', () => {
    const balance = new Watched();
    const rig = new ExchangeRig(base(), undefined, { balancers: balance.kinds });
    const before = rig.store.current;
    balance.failsToTake = true;
    expect(() => atOnce(rig.apply(planOf(12)))).toThrow('it takes no candidates');
    expect(rig.store.current).toBe(before);
    balance.failsToTake = false;
    atOnce(rig.apply(planOf(12)));
    expect(rig.store.current.sites).toHaveLength(12);
  });
});

describe('work in slices', () => {
  test('rests when its time is up, and goes on where it was', async () => {
    let time = 0;
    let rests = 0;
    const pace = {
      clock: { now: () => millis(time) },
      afterEvents: (task: () => void): void => {
        rests++;
        queueMicrotask(task);
      },
    };
    const done = await inSlices(count(100), pace, () => false);
    // Each step takes a millisecond, and so a slice has four of them.
    expect([done, rests]).toEqual([100, 25]);

    function* count(most: number) {
      for (let at = 0; at < most; at++) {
        time++;
        yield;
      }
      return most;
    }
  });

  test('is left alone when nobody wants it any more', async () => {
    let made = 0;
    const pace = { clock: { now: () => millis(made * 10) }, afterEvents: queueMicrotask };
    expect(await inSlices(forever(), pace, () => made >= 3)).toBeNull();
    expect(made).toBe(3);

    function* forever() {
      for (;;) {
        made++;
        yield;
      }
    }
  });
});
