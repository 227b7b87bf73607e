// What decides about backends, one for the whole gateway.
import type { BackendCells } from '../core/backend-cells.ts';
import type { Clock } from '../core/clock.ts';
import type { BackendObserver } from '../core/observer.ts';
import type { TimerWheel } from '../core/timer-wheel.ts';
import { ProbeCounter } from '../observe/metrics/probe-counter.ts';
import type { BackendPlan } from '../plan/pool-plan.ts';
import type { SlotTable } from '../pools/slot-table.ts';
import { HealthScheduler, type Outside } from '../probing/scheduler.ts';
import type { StandingEvents } from '../standing/contract.ts';
import { OperatorStates } from '../standing/operator-states.ts';
import { Standing } from '../standing/standing.ts';
import { type ControlState, recallOf } from './control-state.ts';
import { type NamedSwitch, PolicySwitches } from './policy-switches.ts';
import { probesBy } from './probes.ts';

export type ControlOptions = {
  readonly wheel: TimerWheel;
  readonly clock: Clock;
  readonly random: () => number;
  readonly observer: BackendObserver;
  readonly cells: BackendCells;
  readonly slots: SlotTable;
  /** Who is told of changes. */
  readonly events: StandingEvents;
  /** What probes may use of the outside. */
  readonly outside: Outside;
  /** Why the name of a host has no addresses; null: it has. */
  readonly nameProblem: (name: string) => string | null;
  /** What an earlier process has decided and known; null: there was none. */
  readonly carried: Pick<ControlState, 'operators' | 'switches' | 'backends'> | null;
  /** What operators may turn on and off of a tenant. */
  readonly switchesOf: (tenant: string) => readonly NamedSwitch[];
};

export type Control = {
  readonly scheduler: HealthScheduler;
  readonly cells: BackendCells;
  readonly slots: SlotTable;
  readonly standing: Standing<BackendPlan>;
  readonly operators: OperatorStates;
  readonly switches: PolicySwitches;
  readonly probes: ProbeCounter;
};

export function createControl(options: ControlOptions): Control {
  const { wheel, clock, random, observer, cells, slots, events, outside, nameProblem, carried } = options;
  const switches = new PolicySwitches(options.switchesOf, carried?.switches ?? []);
  const scheduler = new HealthScheduler(clock, random, outside);
  const counter = new ProbeCounter(() => cells.series?.bounds ?? []);
  const probes = probesBy(scheduler, () => standing, counter);
  const operators = new OperatorStates();
  operators.restore(carried?.operators ?? []);
  const standing: Standing<BackendPlan> = new Standing({
    cells,
    wheel,
    clock,
    observer,
    events,
    operators,
    probes,
    nameProblem,
    recall: recallOf(carried?.backends ?? [], clock),
  });
  return { scheduler, cells, slots, standing, operators, switches, probes: counter };
}

/** What another process has decided last takes the place of what was decided here. */
export function adoptDecisions(
  { operators, standing, switches }: Control,
  decided: Pick<ControlState, 'operators' | 'switches'>,
): void {
  operators.replace(decided.operators);
  standing.adoptOrders();
  switches.replace(decided.switches);
}
