// Policies that do what a test tells them.
import { z } from 'zod';
import type { BodyStage, StageOutput } from '../../../src/policies/stage.ts';
import type { Policy, PolicyKind } from '../../../src/policies/contract.ts';
import type { PolicyPlan, WhenPlan } from '../../../src/policies/policy-plan.ts';
import type { Plan } from '../../../src/plan/plan.ts';

/** A kind whose policies are all this one. */
export function scripted(type: string, policy: Policy): PolicyKind<object> {
  return {
    type,
    summary: 'For tests.',
    options: z.strictObject({}),
    words: () => 0,
    isShared: false,
    create: () => policy,
  };
}

/** The plan with these policies for every tenant, before those that it has. */
export function withPolicies(plan: Plan, policies: readonly PolicyPlan[]): Plan {
  const tenants = plan.tenants.map((tenant) => ({
    ...tenant,
    policies: [...policies, ...tenant.policies],
    fingerprint: `${tenant.fingerprint} ${JSON.stringify(policies)}`,
  }));
  return { ...plan, tenants };
}

/** One of each kind, without options. */
export function plansOf(kinds: readonly PolicyKind<object>[]): readonly PolicyPlan[] {
  return kinds.map(({ type }) => planOf(type));
}

/** One policy for all requests. */
export function planOf(type: string, options: object = {}, when: WhenPlan | null = null): PolicyPlan {
  return { type, options, name: null, when };
}

/** A stage that passes each slice on, changed. */
export class ChangingStage implements BodyStage {
  /** What was done to it beside writing. */
  readonly calls: string[] = [];

  constructor(
    private readonly output: StageOutput,
    private readonly change: (text: string) => string,
  ) {}

  write(bytes: Uint8Array, start: number, end: number): boolean {
    const changed = Buffer.from(this.change(Buffer.from(bytes.subarray(start, end)).toString('latin1')), 'latin1');
    return this.output.produced(changed, 0, changed.length);
  }

  end(): void {
    this.calls.push('end');
    const last = Buffer.from(this.change(''), 'latin1');
    if (last.length > 0) this.output.produced(last, 0, last.length);
    this.output.ended();
  }

  resume(): void {
    this.calls.push('resume');
    this.output.drained();
  }

  destroy(): void {
    this.calls.push('destroy');
  }
}
