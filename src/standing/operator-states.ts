// What people have decided about backends at run time. Kept by name, so that it outlives a reload and a new address.
import { type Admission, OPEN } from './eligibility.ts';
import type { Millis } from '../core/units.ts';

/** What an operator may order. `cutAfter`: what is still open after that time is cut off; null: nothing ever is.
 * `weight`: null for the configured one. */
export type OperatorCommand =
  | { readonly kind: 'drain'; readonly cutAfter: Millis | null }
  | { readonly kind: 'disable' }
  | { readonly kind: 'enable' }
  | { readonly kind: 'weight'; readonly weight: number | null };

export type OperatorState = { readonly admission: Admission; readonly weight: number | null };

/** A decision about the backend of that name. */
export type OperatorDecision = OperatorState & { readonly tenant: string; readonly backend: string };

const UNTOUCHED: OperatorState = { admission: OPEN, weight: null };

/** The state that holds after a command. `wall`: milliseconds since 1970. */
export function afterCommand(state: OperatorState, command: OperatorCommand, wall: number): OperatorState {
  switch (command.kind) {
    case 'drain': {
      const until = command.cutAfter === null ? null : wall + command.cutAfter;
      return { ...state, admission: { state: 'draining', since: wall, until } };
    }
    case 'disable':
      return { ...state, admission: { state: 'disabled', since: wall } };
    case 'enable':
      return { ...state, admission: OPEN };
    case 'weight':
      return { ...state, weight: command.weight };
  }
}

/** The only place where operators' decisions are kept. */
export class OperatorStates {
  private readonly states = new Map<string, OperatorDecision>();

  /** Another one after each change. */
  version = 0;

  of(tenant: string, backend: string): OperatorState {
    // Asked for each backend of a new plan: mostly there is nothing to look for.
    return this.states.size === 0 ? UNTOUCHED : (this.states.get(key(tenant, backend)) ?? UNTOUCHED);
  }

  set(tenant: string, backend: string, state: OperatorState): void {
    this.version++;
    const isUntouched = state.admission.state === 'open' && state.weight === null;
    if (isUntouched) this.states.delete(key(tenant, backend));
    else this.states.set(key(tenant, backend), { ...state, tenant, backend });
  }

  /** All decisions that hold. */
  all(): readonly OperatorDecision[] {
    return [...this.states.values()];
  }

  /** What was decided elsewhere takes the place of what was decided here. */
  replace(decisions: readonly OperatorDecision[]): void {
    this.states.clear();
    this.version++;
    this.restore(decisions);
  }

  /** Takes over what was decided before. */
  restore(decisions: readonly OperatorDecision[]): void {
    for (const { tenant, backend, ...state } of decisions) this.set(tenant, backend, state);
  }
}

function key(tenant: string, backend: string): string {
  return JSON.stringify([tenant, backend]);
}
