// Counts of traffic, in records of doubles: a column for each process, and one for those that have ended.
import { ALL_PLACES, MOST_PROCESSES, NO_PLACE, type Seat, type Sections, type Slot, slotOf } from './cells.ts';
import {
  BACKEND_RECORD,
  FIRST_BACKEND,
  FIRST_TENANT,
  GATEWAY_RECORD,
  MOST_BOUNDS,
  OTHER_BACKENDS,
  OTHER_TENANTS,
  TENANT_RECORD,
} from './series-layout.ts';

const DEPARTED = MOST_PROCESSES;

// Where a process writes that only reads: typed arrays ignore it.
const OUTSIDE = -(2 ** 30);

/** Records of one kind. */
export class Series {
  /** Those of all columns. Whoever writes looks here anew each time: memory of a process's own grows. */
  words: Float64Array;
  /** Where the column of this process begins. */
  base: number;
  private readonly isPrivate: boolean;
  private readonly stride: number;
  private readonly processes: number;

  constructor(
    seat: Seat,
    /** Doubles in a record. */
    readonly size: number,
    section?: Int32Array,
  ) {
    this.isPrivate = section === undefined;
    this.words = section === undefined ? new Float64Array(0) : doublesOf(section);
    this.stride = this.words.length / ALL_PLACES;
    this.processes = seat.processes;
    this.base = this.baseOf(seat.place);
  }

  sit(place: number): void {
    this.base = this.baseOf(place);
  }

  /** Counts in this process. */
  add(record: number, at: number, by: number): void {
    this.words[this.base + record * this.size + at] += by;
  }

  /** That of all processes, of those that have ended, too. */
  sum(record: number, at: number): number {
    const start = record * this.size + at;
    if (this.isPrivate) return this.words[start] ?? 0;
    let sum = this.words[DEPARTED * this.stride + start] ?? 0;
    for (let place = 0; place < this.processes; place++) sum += this.words[place * this.stride + start];
    return sum;
  }

  /** For whoever has the record next. */
  clear(record: number): void {
    const start = record * this.size;
    if (this.isPrivate) return void this.words.fill(0, start, start + this.size);
    for (let column = 0; column < ALL_PLACES; column++) this.clearIn(column * this.stride + start);
  }

  // Without a write where nothing was counted: pages that nobody has written take no memory.
  private clearIn(start: number): void {
    for (let at = start; at < start + this.size; at++) if (this.words[at] !== 0) this.words[at] = 0;
  }

  /** A process has ended: what it has counted in the first `records` stays, with those that have ended before. */
  takeBack(place: number, records: number): void {
    const from = place * this.stride;
    const to = DEPARTED * this.stride;
    for (let at = 0; at < records * this.size; at++) {
      if (this.words[from + at] === 0) continue;
      this.words[to + at] += this.words[from + at];
      this.words[from + at] = 0;
    }
  }

  /** Makes room for as many records at least, in memory of the process's own. */
  grow(records: number): void {
    if (!this.isPrivate || records * this.size <= this.words.length) return;
    const more = new Float64Array(records * this.size);
    more.set(this.words);
    this.words = more;
  }

  private baseOf(place: number): number {
    return place === NO_PLACE ? OUTSIDE : place * this.stride;
  }
}

/** How many tenants and backends have records of their own. */
export type SeriesRoom = { readonly tenantSeries: number; readonly backendSeries: number };

export type SeriesPart = Pick<Sections, 'tenantTraffic' | 'backendTraffic' | 'gatewayCounts' | 'bounds'>;

/** What is counted of all traffic. */
export class TrafficSeries {
  readonly tenants: Series;
  readonly backends: Series;
  /** One record: of what belongs to no tenant. */
  readonly gateway: Series;
  private readonly boundWords: Float64Array;
  private readonly free: number[] = [];
  private reached = FIRST_TENANT;

  constructor(
    seat: Seat,
    private readonly room: SeriesRoom,
    part?: SeriesPart,
  ) {
    this.tenants = new Series(seat, TENANT_RECORD, part?.tenantTraffic);
    this.backends = new Series(seat, BACKEND_RECORD, part?.backendTraffic);
    this.gateway = new Series(seat, GATEWAY_RECORD, part?.gatewayCounts);
    this.boundWords = part === undefined ? new Float64Array(MOST_BOUNDS) : doublesOf(part.bounds);
    this.tenants.grow(FIRST_TENANT);
    this.backends.grow(FIRST_BACKEND);
    this.gateway.grow(1);
  }

  /** The bounds of all histograms in milliseconds, the least first. They stay as they are as long as anything is counted. */
  get bounds(): readonly number[] {
    return [...this.boundWords.subarray(0, MOST_BOUNDS)].filter((bound) => bound > 0);
  }

  /** To be set by the process that decides, before others count. */
  set bounds(bounds: readonly number[]) {
    this.boundWords.fill(0);
    this.boundWords.set(bounds.slice(0, MOST_BOUNDS));
  }

  /** The record of a tenant that has come; the first have one of their own, as long as they are there. */
  takeTenant(): number {
    const free = this.free.pop();
    if (free !== undefined) return free;
    if (this.reached >= FIRST_TENANT + this.room.tenantSeries) return OTHER_TENANTS;
    const record = this.reached++;
    // Doubling: ten thousand tenants grow it some ten times.
    if (record * TENANT_RECORD >= this.tenants.words.length) this.tenants.grow(2 * record);
    return record;
  }

  /** The tenant is gone. */
  giveTenant(record: number): void {
    if (record < FIRST_TENANT) return;
    this.tenants.clear(record);
    this.free.push(record);
  }

  /** The record of the backend with that slot. */
  ofBackend(slot: number): number {
    return slot < this.room.backendSeries ? FIRST_BACKEND + slot : OTHER_BACKENDS;
  }

  /** The slot of the backend that has that record of its own. */
  slotOf(record: number): Slot {
    return slotOf(record - FIRST_BACKEND);
  }

  /** A backend is gone, and another one may have its slot. */
  clearBackend(slot: number): void {
    if (this.ofBackend(slot) !== OTHER_BACKENDS) this.backends.clear(this.ofBackend(slot));
  }

  /** Makes room for so many slots of backends. */
  growBackends(slots: number): void {
    this.backends.grow(FIRST_BACKEND + Math.min(slots, this.room.backendSeries));
  }

  sit(place: number): void {
    this.tenants.sit(place);
    this.backends.sit(place);
    this.gateway.sit(place);
  }

  /** A process has ended. `backends`: no slot from this number on has been taken yet. */
  takeBack(place: number, backends: number): void {
    this.tenants.takeBack(place, this.reached);
    this.backends.takeBack(place, FIRST_BACKEND + Math.min(backends, this.room.backendSeries));
    this.gateway.takeBack(place, 1);
  }
}

/** By settings of the configuration. */
export function seriesRoomOf(settings: { readonly max_tenants: number; readonly max_backends: number }): SeriesRoom {
  return { tenantSeries: settings.max_tenants, backendSeries: settings.max_backends };
}

function doublesOf(section: Int32Array): Float64Array {
  return new Float64Array(section.buffer, section.byteOffset, section.length >>> 1);
}
