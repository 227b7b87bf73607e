// What the processes that serve need to begin.
import { type Result, err, ok } from '../core/result.ts';
import type { Millis } from '../core/units.ts';
import type { GivenSockets } from '../listen/given-sockets.ts';
import type { Plan } from '../plan/plan.ts';
import type { Places } from '../plan/wanted-addresses.ts';
import type { ControlState } from '../runtime/control-state.ts';
import { BoundSlots } from '../supervise/bound-slots.ts';
import { fleetGround } from '../supervise/fleet-ground.ts';
import { Fleet } from '../supervise/fleet.ts';
import type { Recruits } from '../supervise/recruits.ts';
import { PLACES_BESIDE_SLOTS } from '../supervise/places.ts';
import type { World } from '../world.ts';

export type FleetOptions = {
  readonly plan: Plan;
  readonly world: World;
  readonly places: Places;
  readonly given: GivenSockets;
  readonly carried: ControlState | null;
  readonly workers: number;
  readonly recruits: Recruits;
};

/** The workers of a gateway, not started yet, with all addresses bound. Null: this process serves alone, because one is
 * enough, or `tell` has said why it must. An error is one line for people. */
export function fleetFor(options: FleetOptions, tell: (why: string) => void): Result<Fleet | null, string> {
  const { plan, world, places, given, carried, workers, recruits } = options;
  const kernel = world.sockets;
  if (workers === 1) return ok(null);
  const secrets = carried?.secrets ?? null;
  const processes = workers + PLACES_BESIDE_SLOTS;
  const shared = kernel === null ? err('ENOSYS') : fleetGround({ plan, world, places, processes, secrets });
  if (kernel === null || !shared.ok) {
    tell('this system has no memory that processes can share: one process serves');
    return ok(null);
  }
  const rest = (delay: Millis): Promise<void> => new Promise((resolve) => world.clock.after(delay, resolve));
  const bound = BoundSlots.bind(plan, { kernel, slots: workers, places, rest }, given);
  if (!bound.ok) return bound;
  return ok(new Fleet({ plan, world, shared: shared.value, bound: bound.value, slots: workers, recruits }));
}
