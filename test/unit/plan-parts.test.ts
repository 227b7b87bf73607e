// How a configuration that was read comes to the process that serves.
import { describe, expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { planParts } from '../../src/cli/plan-parts.ts';
import type { PlanPart } from '../../src/plan/parts.ts';
import { readPlanAgain, readPlanAside } from '../../src/cli/read-aside.ts';
import { compile } from '../../src/plan/compile.ts';
import type { Plan } from '../../src/plan/plan.ts';
import type { TenantPlan } from '../../src/plan/tenant-plan.ts';
import type { Config } from '../../src/config/schema.ts';
import { config, manyTenants } from '../support/configs.ts';

const BOUND = 60_000;
const NO_NAMES = new Set<string>();

const [SERVICE] = config('tenants: [{ name: t, domains: [t.test], services: [{ name: s, url: "http://10.0.0.1:1" }] }]')
  .tenants[0].services;

/** So many tenants with so many services each. */
function copies(count: number, services: (at: number) => number = () => 2): Config {
  return manyTenants(config('tenants: [{ name: t, domains: [t.test] }]'), count, (tenant, at) => ({
    ...tenant,
    services: Array.from({ length: services(at) }, (_, one) => ({ ...SERVICE, name: `s${one}` })),
  }));
}

function tenantsOf(part: PlanPart): readonly (TenantPlan | string)[] {
  return part.kind === 'tenants' ? part.tenants : [];
}

function servicesIn(part: PlanPart): number {
  return tenantsOf(part).reduce((sum, one) => sum + (typeof one === 'string' ? 0 : one.services.length), 0);
}

describe('the parts of a plan', () => {
  test('are the whole of it, in its order', () => {
    const read = copies(300, (at) => at % 7);
    const [first, ...others] = planParts(read, { known: NO_NAMES });
    const { gateway, tenants } = compile(read);
    expect(first).toEqual({ kind: 'gateway', gateway });
    expect(others.flatMap(tenantsOf)).toEqual([...tenants]);
  });

  test('are small, however many tenants there are', () => {
    const parts = [
      ...planParts(
        copies(500, (at) => (at === 250 ? 40 : 2)),
        { known: NO_NAMES },
      ),
    ];
    expect(Math.max(...parts.map(servicesIn))).toBeLessThanOrEqual(100);
    expect(Math.max(...parts.map((part) => tenantsOf(part).length))).toBeLessThanOrEqual(66);
  });

  test('name those that are known by their fingerprints, many at a time', () => {
    const before = compile(copies(3000));
    const known = new Set(before.tenants.map(({ fingerprint }) => fingerprint));
    const [, ...parts] = planParts(
      copies(3000, (at) => (at === 1500 ? 3 : 2)),
      { known },
    );
    const whole = parts.flatMap(tenantsOf).filter((one) => typeof one !== 'string');
    expect(whole.map(({ name }) => name)).toEqual(['t1500']);
    expect(parts.map((part) => tenantsOf(part).length)).toEqual([1000, 956, 1000, 44]);
  });
});

describe('a configuration that is read in another process', () => {
  const rest = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  async function readAside(content: string, inForce: Plan | null = null) {
    const directory = await mkdtemp(join(tmpdir(), 'keystone-plan-'));
    try {
      await Bun.write(join(directory, 'keystone.yaml'), content);
      const file = join(directory, 'keystone.yaml');
      return await (inForce === null ? readPlanAside(file) : readPlanAgain({ file, from: null }, inForce, rest));
    } finally {
      await rm(directory, { recursive: true });
    }
  }

  test(
    'comes as it would in this one, and what is in force comes from here',
    async () => {
      const lines = Array.from(
        { length: 120 },
        (_, at) => `  - { name: t${at}, domains: [t${at}.test], services: [{ name: a, url: "http://a.test" }] }\n`,
      );
      const content = `tenants:\n${lines.join('')}`;
      const first = await readAside(content);
      expect(first).toMatchObject({ plan: compile(config(content)), problems: [], texts: expect.anything() });
      const { plan: same } = await readAside(content, compile(config('{}')));
      expect(same).toEqual(first.plan);
      const inForce = compile(config(content));
      const changed = content.replace('name: t7,', 'allow_trace: true, name: t7,');
      const { plan } = await readAside(changed, inForce);
      const others = plan?.tenants.filter((tenant, at) => tenant !== inForce.tenants[at]);
      expect(others?.map(({ name }) => name)).toEqual(['t7']);
      expect(plan?.tenants).toHaveLength(120);
    },
    BOUND,
  );

  test(
    'comes with all that is wrong with it, or strange',
    async () => {
      const wrong = await readAside('tenants: [{ name: a }, { name: a }]\nlimits: { connections: 0 }\n');
      expect(wrong.plan).toBeNull();
      expect(wrong.problems.length).toBeGreaterThan(1);
      const missing = await readPlanAside('/nowhere/keystone.yaml');
      expect(missing.problems.map(({ message }) => message)).toEqual(['does not exist']);
    },
    BOUND,
  );
});
