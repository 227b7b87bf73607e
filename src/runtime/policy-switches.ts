// What operators have decided about policies that can be turned on and off. Kept by names, so that it outlives a reload, a restart
// and another program. Each decision is put into the words of its policies, where all processes read it.
import type { PolicySwitch } from '../policies/contract.ts';

/** A decision about the policy of that name; one without a name is called by its type. */
export type SwitchDecision = { readonly tenant: string; readonly policy: string; readonly on: boolean };

/** Such a policy as it is at the moment. `decided` null: no operator has decided. */
export type SwitchReport = { readonly policy: string; readonly active: boolean; readonly decided: boolean | null };

/** A policy with its name. */
export type NamedSwitch = { readonly policy: string; readonly switch: PolicySwitch };

export class PolicySwitches {
  /** Another one after each change. */
  version = 0;
  private readonly decisions = new Map<string, SwitchDecision>();

  constructor(
    /** Those of a tenant; empty also where there is no such tenant. */
    private readonly switchesOf: (tenant: string) => readonly NamedSwitch[],
    decisions: readonly SwitchDecision[],
  ) {
    for (const decision of decisions) this.decisions.set(keyOf(decision), decision);
  }

  of(tenant: string): readonly SwitchReport[] {
    return this.switchesOf(tenant).map(({ policy, switch: { isOn, decided } }) => ({ policy, active: isOn, decided }));
  }

  /** `policy` null: all of the tenant; `on` null: the configuration says from here on. False: there is none. */
  turn(tenant: string, policy: string | null, on: boolean | null): boolean {
    const meant = this.switchesOf(tenant).filter((one) => policy === null || one.policy === policy);
    for (const one of meant) {
      const decision = { tenant, policy: one.policy };
      if (on === null) this.decisions.delete(keyOf(decision));
      else this.decisions.set(keyOf(decision), { ...decision, on });
      one.switch.turn(on);
    }
    if (meant.length > 0) this.version++;
    return meant.length > 0;
  }

  /** Policies have been made: they learn what has been decided. */
  adopt(): void {
    for (const { tenant, policy, on } of this.decisions.values())
      for (const one of this.switchesOf(tenant)) if (one.policy === policy) one.switch.turn(on);
  }

  all(): readonly SwitchDecision[] {
    return [...this.decisions.values()];
  }

  /** What was decided elsewhere takes the place of what was decided here. */
  replace(decisions: readonly SwitchDecision[]): void {
    for (const { tenant, policy } of this.all())
      for (const one of this.switchesOf(tenant)) if (one.policy === policy) one.switch.turn(null);
    this.decisions.clear();
    for (const decision of decisions) this.decisions.set(keyOf(decision), decision);
    this.version++;
    this.adopt();
  }
}

function keyOf({ tenant, policy }: Pick<SwitchDecision, 'tenant' | 'policy'>): string {
  return JSON.stringify([tenant, policy]);
}
