// Several processes in one: each sees the same memory, and knows nothing else of the others.
import { NO_PLACE, type Room, bytesOf } from '../../src/core/cells.ts';
import { GatewayCells } from '../../src/core/gateway-cells.ts';

export const ROOM: Room = { backends: 128, tenants: 8, listeners: 8, clients: 64, policyWords: 64 };

export type SharedProcesses = {
  /** Decides, and only reads. */
  readonly owner: GatewayCells;
  readonly processes: readonly GatewayCells[];
  /** One more that sits at that place. */
  readonly another: (place: number) => GatewayCells;
};

/** `places`: where they sit; absent: each at its own. */
export function sharedProcesses(count: number, places?: readonly number[]): SharedProcesses {
  const memory = new SharedArrayBuffer(bytesOf(ROOM));
  const at = (place: number, decides = false): GatewayCells =>
    GatewayCells.shared({ memory, room: ROOM, seat: { place, processes: count }, decides });
  const seats = places ?? Array.from({ length: count }, (_, place) => place);
  return { owner: at(NO_PLACE, true), processes: seats.map((place) => at(place)), another: (place) => at(place) };
}
