// Operators' orders about backends: drain, disable, enable, weight.
import type { Admission } from './eligibility.ts';
import type { Clock } from '../core/clock.ts';
import { failureBecause } from '../core/failure.ts';
import { type Operator, describeOperator } from '../core/observer.ts';
import { type Millis, countOf, formatDuration } from '../core/units.ts';
import type { StandingEvents } from './contract.ts';
import type { Member } from './member.ts';
import { type OperatorCommand, type OperatorStates, afterCommand } from './operator-states.ts';
import type { Returns } from './returns.ts';
import type { Telling } from './telling.ts';

const CUT = failureBecause(
  'drain-deadline',
  'The backend is being taken out, and the time for its last requests is over.',
);

/** Carries out operators' orders. */
export class Orders {
  /** Orders to drain of which it was told that no request is left. */
  private readonly drained = new WeakSet<Admission>();

  constructor(
    private readonly telling: Telling,
    private readonly returns: Returns,
    private readonly tools: {
      readonly clock: Clock;
      readonly operators: OperatorStates;
      readonly events: StandingEvents;
    },
  ) {}

  command(member: Member, command: OperatorCommand, by: Operator): void {
    const { operators, clock } = this.tools;
    const { tenant } = member.group;
    const { name } = member.plan;
    operators.set(tenant, name, afterCommand(operators.of(tenant, name), command, clock.wall()));
    const wasOut = member.admission.state !== 'open';
    this.adopt(member);
    if (wasOut && command.kind === 'enable') this.returns.comeBack(member);
    else this.telling.publish(member);
    this.announce(member, command, by);
    if (command.kind !== 'drain') return;
    if (member.left === 0) this.emptied(member);
    else if (command.cutAfter !== null) this.cutLater(member, command.cutAfter);
  }

  /** Applies what operators have ordered earlier to a backend that is new or was kept by a reload. */
  adopt(member: Member): void {
    const { admission, weight } = this.tools.operators.of(member.group.tenant, member.plan.name);
    member.admission = admission;
    member.ownWeight = weight;
  }

  /** The last request has left a backend that takes no new ones, or an address that it had before. */
  emptied(member: Member): void {
    const { admission } = member;
    // Each process says so of its own last request, and the last two may be told of together.
    if (admission.state !== 'draining' || member.left > 0 || this.drained.has(admission)) return;
    this.drained.add(admission);
    this.telling.announce(member, 'drained', 'no request is left');
  }

  private announce(member: Member, command: OperatorCommand, by: Operator): void {
    const { telling } = this;
    const who = describeOperator(by);
    switch (command.kind) {
      case 'drain': {
        const limit = command.cutAfter === null ? '' : `, for at most ${formatDuration(command.cutAfter)}`;
        const left = countOf(member.left, 'request');
        return telling.announce(member, 'draining', `${left} left${limit}; ${who}`, by);
      }
      case 'disable':
        return telling.announce(member, 'disabled', who, by);
      case 'enable':
        return telling.announce(member, 'enabled', who, by);
      case 'weight':
        return telling.announce(member, 'weighted', `weight ${member.ownWeight ?? member.plan.weight}, ${who}`, by);
    }
  }

  // A reload may move the backend meanwhile: what has begun at its address of before is cut off as well.
  private cutLater({ admission, group, plan: { name } }: Member, delay: Millis): void {
    const { clock, operators } = this.tools;
    clock.after(delay, () => {
      // Not if the backend was enabled again or drained anew meanwhile.
      if (operators.of(group.tenant, name).admission !== admission) return;
      const bearers = [...group.members, ...group.leaving].filter(({ plan }) => plan.name === name);
      this.cut(bearers, 'the time to drain is over');
    });
  }

  /** Cuts off what these backends, which have one name, still have. */
  cut(bearers: readonly Member[], why: string): void {
    const busy = bearers.filter(({ inFlight }) => inFlight > 0);
    if (busy.length === 0) return;
    const left = busy.reduce((sum, { inFlight }) => sum + inFlight, 0);
    this.telling.announce(bearers[0], 'cut', `${why}; ${countOf(left, 'request')} cut off`);
    for (const { slot } of busy) this.tools.events.cut(slot, CUT);
  }
}
