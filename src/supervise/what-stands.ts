// What a worker is told of backends when it begins: where each has its record, and which get no requests, and why.
import type { BackendCells } from '../core/backend-cells.ts';
import { type Slot, slotOf, standingFields } from '../core/cells.ts';
import type { Snapshot } from '../forward/snapshot.ts';
import type { Plan } from '../plan/plan.ts';
import { poolsOf } from '../plan/pools-of.ts';
import type { Backend } from '../pools/backend.ts';
import type { Ineligibility } from '../standing/eligibility.ts';
import { isServingBy } from '../standing/word.ts';
import type { News, SlotNews } from './messages.ts';

// Its name leads to others, or to none yet: those are told by their names.
const NO_SEAT = -1;

const NONE: readonly Backend[] = [];

/** The slots of the backends of a plan, in its order: tenants, their pools, their services. As names, those of ten thousand
 * tenants would be written and read for longer than the worker takes to assemble them. */
export function seatsOf({ tenants }: Plan, { sites }: Pick<Snapshot, 'sites'>): Int32Array {
  const seats: number[] = [];
  for (let at = 0; at < tenants.length; at++) {
    const current = sites[at]?.current;
    const pools = poolsOf(tenants[at]);
    for (let of = 0; of < pools.length; of++) {
      const backends = current?.pools[of]?.pool.backends ?? NONE;
      const { services } = pools[of];
      for (let one = 0; one < services.length; one++) seats.push(slotIn(backends, one, services[one].backend.identity));
    }
  }
  return Int32Array.from(seats);
}

// Mostly they are in the order of the services.
function slotIn(backends: readonly Backend[], at: number, identity: string): number {
  const here = backends[at];
  const backend =
    here?.options.identity === identity ? here : backends.find(({ options }) => options.identity === identity);
  return backend?.slot ?? NO_SEAT;
}

export type Standings = {
  readonly cells: Pick<BackendCells, 'standing' | 'end'>;
  /** Why a backend gets no requests; null: nothing keeps them away. */
  readonly why: (slot: Slot) => Ineligibility | null;
};

/** What seats do not say of these backends: the slots of the others, and why some get no requests. */
export function whatStands(
  backends: readonly Backend[],
  seats: Int32Array,
  { cells, why }: Standings,
): Pick<News, 'slots' | 'changed'> {
  const isSeated = new Uint8Array(cells.end);
  for (const seat of seats) if (seat !== NO_SEAT) isSeated[seat] = 1;
  const slots: SlotNews[] = [];
  const changed: News['changed'][number][] = [];
  for (const { options, slot } of backends) {
    const { tenant, pool, identity } = options;
    if (isSeated[slot] !== 1) slots.push({ tenant, pool, identity, slot });
    const reason = isServingBy(cells.standing.get(slot, standingFields.word)) ? null : why(slot);
    if (reason !== null) changed.push({ slot, why: reason });
  }
  return { slots, changed };
}

/** The slot of a seat; null: its backend has none. */
export function slotAt(seats: Int32Array, at: number): Slot | null {
  const seat = seats[at] ?? NO_SEAT;
  return seat === NO_SEAT ? null : slotOf(seat);
}
