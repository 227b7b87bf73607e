// All numbers of a gateway, as one of its processes sees them.
import { BackendCells } from './backend-cells.ts';
import { ALONE, type Room, type Seat, type Sections, processFields, sectionsOf, slotOf } from './cells.ts';
import { Columns } from './columns.ts';
import { ConnectionCells } from './connection-cells.ts';
import { PlaceTable } from './place-table.ts';
import { PolicyCells } from './policy-cells.ts';
import { type SeriesRoom, TrafficSeries } from './series-cells.ts';
import { TenantCells } from './tenant-cells.ts';

/** A memory that several processes have, and what it was laid out for. */
export type SharedMemory = {
  readonly memory: ArrayBufferLike;
  readonly room: Room;
  readonly seat: Seat;
  /** It says who gets which slot: one process does, and hears when others end. */
  readonly decides: boolean;
};

// Room for as many as a large gateway has, and for those that come later: pages that nobody has looked at take no memory.
// Listeners and policies never give theirs back, and reloads may change them for years.
const LEAST_ROOM = { backends: 65_536, tenants: 16_384, listeners: 4096, clients: 16_384, policyWords: 2 ** 22 };
// 1 GiB. It is there only as far as it is used, but the runtime collects garbage the later the more is mapped.
const MOST_POLICY_WORDS = 2 ** 28;

/** How many tenants and backends have figures of their own, if nobody says. */
const USUAL_SERIES: SeriesRoom = { tenantSeries: 1000, backendSeries: 4000 };
// A small gateway gets no room for a large one's figures: memory that is mapped makes the runtime collect garbage later.
const LEAST_SERIES = 256;

/** The room for a gateway that has so many backends and tenants at first, and whose policies need so many words; `bytesOf` says
 * how much memory that is. `series`: how many of them have figures of their own at most. */
export function roomFor(backends: number, tenants: number, policyWords = 0, series = USUAL_SERIES): Room {
  const more = {
    backends: Math.max(LEAST_ROOM.backends, 4 * backends),
    tenants: Math.max(LEAST_ROOM.tenants, 4 * tenants),
    policyWords: Math.min(MOST_POLICY_WORDS, Math.max(LEAST_ROOM.policyWords, 2 * Math.ceil(policyWords / 16) * 16)),
    tenantSeries: Math.min(series.tenantSeries, Math.max(LEAST_SERIES, 4 * tenants)),
    backendSeries: Math.min(series.backendSeries, Math.max(4 * LEAST_SERIES, 4 * backends)),
  };
  return { ...LEAST_ROOM, ...more };
}

/** The numbers of a gateway. */
export class GatewayCells {
  readonly backends: BackendCells;
  readonly tenants: TenantCells;
  readonly connections: ConnectionCells;
  readonly policies: PolicyCells;
  readonly held: PlaceTable;
  readonly processes: Columns<'process'>;
  readonly traffic: TrafficSeries;

  private constructor(seat: Seat, decides: boolean, sections: Sections | null, room: Room | SeriesRoom) {
    const part = sections ?? undefined;
    const slots = 'backends' in room ? room : null;
    this.backends = new BackendCells(seat, part, slots?.backends);
    this.tenants = new TenantCells(seat, part, slots?.tenants, decides);
    this.connections = new ConnectionCells(seat, part);
    this.policies = new PolicyCells(part?.policies ?? null);
    this.held = new PlaceTable(seat, part?.held);
    this.processes = new Columns(seat, processFields, part?.processes);
    this.processes.grow(1);
    this.traffic = new TrafficSeries(seat, room, part);
    this.backends.series = this.traffic;
    this.tenants.series = this.traffic;
  }

  /** Of a process that is alone. */
  static alone(series = USUAL_SERIES): GatewayCells {
    return new GatewayCells(ALONE, true, null, series);
  }

  /** Of one of several processes. */
  static shared({ memory, room, seat, decides }: SharedMemory): GatewayCells {
    return new GatewayCells(seat, decides, sectionsOf(memory, room), room);
  }

  /** The process gets a place, that of one that has ended, for instance: from here on it counts there. */
  sit(place: number): void {
    this.backends.sit(place);
    this.tenants.sit(place);
    this.connections.sit(place);
    this.held.sit(place);
    this.processes.sit(place);
    this.traffic.sit(place);
  }

  /** The process at that place has ended. To be called by the owner of standing, before another one sits there. */
  takeBack(place: number): void {
    this.backends.takeBack(place);
    this.tenants.takeBack(place);
    this.connections.takeBack(place);
    this.held.takeBack(place);
    this.processes.takeBack(place, 1, ENDS_OF_PROCESS);
    this.traffic.takeBack(place, this.backends.end);
  }

  /** Begins to find out which slots nobody uses any more: returns what to call as soon as every process has put in force
   * what has led to their being given back; null: there are none. */
  beginFence(): (() => void) | null {
    const fences = [this.backends.beginFence(), this.tenants.beginFence()].filter((fence) => fence !== null);
    return fences.length === 0 ? null : () => fences.forEach((passed) => passed());
  }

  /** See `partOf`. */
  shareOf(count: number): number {
    return this.backends.shareOf(count);
  }
}

const ENDS_OF_PROCESS = Object.values(processFields).map((word) => [word, 'dropped'] as const);

/** The one record that a process has of itself. */
export const OWN = slotOf(0);
