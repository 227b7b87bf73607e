// What decides about backends, one for the whole gateway, and what the pools of this process share because of it.
import { BackendCells } from '../core/backend-cells.ts';
import type { Clock } from '../core/clock.ts';
import type { BackendObserver } from '../core/observer.ts';
import type { TimerWheel } from '../core/timer-wheel.ts';
import type { BackendPlan } from '../plan/plan.ts';
import type { PoolTools } from '../pools/pool.ts';
import { SilenceWatch } from '../pools/silence-watch.ts';
import { SlotTable } from '../pools/slot-table.ts';
import { HealthScheduler, type Outside } from '../probing/scheduler.ts';
import { OperatorStates } from '../standing/operator-states.ts';
import { Standing } from '../standing/standing.ts';
import { Tally } from '../standing/tally.ts';
import type { TransportTools } from '../upstream/contract.ts';
import { probesBy } from './probes.ts';

export type ControlOptions = {
  readonly wheel: TimerWheel;
  readonly clock: Clock;
  readonly random: () => number;
  readonly observer: BackendObserver;
  /** For the ways to backends. */
  readonly transport: TransportTools;
  /** What probes may use of the outside. */
  readonly outside: Outside;
  /** Why the name of a host has no addresses; null: it has. */
  readonly nameProblem: (name: string) => string | null;
};

export type Control = Omit<PoolTools, 'affinitySecret'> & {
  readonly scheduler: HealthScheduler;
  readonly standing: Standing<BackendPlan>;
};

export function createControl({
  wheel,
  clock,
  random,
  observer,
  transport,
  outside,
  nameProblem,
}: ControlOptions): Control {
  const scheduler = new HealthScheduler(clock, random, outside);
  const cells = new BackendCells();
  const slots = new SlotTable();
  const probes = probesBy(scheduler, () => standing);
  const operators = new OperatorStates();
  const standing: Standing<BackendPlan> = new Standing({
    cells,
    wheel,
    clock,
    observer,
    events: slots,
    operators,
    probes,
    nameProblem,
  });
  const tally = new Tally(cells.traffic, wheel, standing);
  const silence = new SilenceWatch(wheel, standing);
  return { wheel, clock, random, scheduler, cells, slots, standing, tally, silence, transport };
}
