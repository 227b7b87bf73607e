// Several processes in one: each sees the same memory, and knows nothing else of the others.
import { NO_PLACE, type Room, type Turn, bytesOf } from '../../src/core/cells.ts';
import { GatewayCells } from '../../src/core/gateway-cells.ts';

export const ROOM: Room = {
  backends: 128,
  tenants: 8,
  listeners: 8,
  clients: 64,
  policyWords: 256,
  tenantSeries: 4,
  backendSeries: 8,
};

export type SharedProcesses = {
  /** Decides, and only reads. */
  readonly owner: GatewayCells;
  readonly processes: readonly GatewayCells[];
  /** One more that sits at that place. */
  readonly another: (place: number) => GatewayCells;
};

/** `count`: how many places there are; `places`: where they sit; absent: each at its own; `turns`: of each; see `Seat`. */
export function sharedProcesses(
  count: number,
  places?: readonly number[],
  turns: readonly Turn[] = [],
): SharedProcesses {
  const memory = new SharedArrayBuffer(bytesOf(ROOM));
  const at = (place: number, decides = false, turn?: Turn): GatewayCells =>
    GatewayCells.shared({ memory, room: ROOM, seat: { place, processes: count, turn }, decides });
  const seats = places ?? Array.from({ length: count }, (_, place) => place);
  return {
    owner: at(NO_PLACE, true),
    processes: seats.map((place, number) => at(place, false, turns[number])),
    another: (place) => at(place),
  };
}
