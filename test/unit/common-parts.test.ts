// Parts of plans that tenants have in common, where the tenants come in several messages.
import { describe, expect, test } from 'bun:test';
import { compile } from '../../src/plan/compile.ts';
import { ReceivedPlan, partsOf } from '../../src/plan/parts.ts';
import type { Plan } from '../../src/plan/plan.ts';
import type { TenantPlan } from '../../src/plan/tenant-plan.ts';
import { config } from '../support/configs.ts';

const TENANTS = 200;

function planWith(line: (at: number) => string): Plan {
  const lines = Array.from(
    { length: TENANTS },
    (_, at) => `  - { name: t${at}, domains: [t${at}.test], ${line(at)} }\n`,
  );
  return compile(config(`tenants:\n${lines.join('')}`));
}

/** The plan as another process has it that it was sent to in parts. */
function received({ gateway, tenants }: Plan): Plan {
  const plan = new ReceivedPlan(new Map());
  for (const part of partsOf(gateway, tenants)) plan.take(structuredClone(part));
  if (plan.plan === null) throw new Error('there is no plan');
  return plan.plan;
}

function countOf(plan: Plan, pick: (tenant: TenantPlan) => unknown): number {
  return new Set(plan.tenants.map(pick)).size;
}

const SERVICE = 'services: [{ name: a, url: "http://10.0.0.1:1", health: /up }]';

describe('what tenants have in common', () => {
  test('is one object for all of them, and says the same as before', () => {
    const plan = planWith(() => SERVICE);
    const whole = received(plan);
    expect(whole).toEqual(plan);
    for (const pick of ['retry', 'balance', 'limits', 'policies', 'prefixes', 'routes', 'pools'] as const)
      expect([pick, countOf(whole, (tenant) => tenant[pick])]).toEqual([pick, 1]);
    expect(countOf(whole, ({ services }) => services[0].backend.check)).toBe(1);
    expect(countOf(whole, ({ services }) => services[0].backend.outlier)).toBe(1);
    expect(countOf(whole, ({ services }) => services[0].backend.url.secrets)).toBe(1);
  });

  test('does not mix what differs in one setting', () => {
    const plan = planWith(
      (at) =>
        `retry: { attempts: ${at % 5} }, health_interval: ${10 + (at % 3)}s, hsts: { enabled: ${at % 2 === 0} }, ${SERVICE}`,
    );
    const whole = received(plan);
    expect(whole).toEqual(plan);
    expect(countOf(whole, ({ retry }) => retry)).toBe(5);
    expect(countOf(whole, ({ policies }) => policies)).toBe(2);
    expect(countOf(whole, ({ services }) => services[0].backend.check?.schedule)).toBe(3);
  });

  test('stays right where there are more kinds of it than tenants that share one', () => {
    const plan = planWith((at) => `retry: { back_off: ${at + 1}ms }, ${SERVICE}`);
    expect(received(plan)).toEqual(plan);
  });
});
