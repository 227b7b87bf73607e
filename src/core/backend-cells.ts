// The numbers of all backends. Each backend has a slot: the number of its record.
import {
  ALONE,
  Cells,
  NO_PLACE,
  type Seat,
  type Sections,
  type Slot,
  type Turn,
  partOf,
  slotOf,
  standingFields,
  trafficFields,
  turnOf,
} from './cells.ts';
import { Columns, Lines, Marks } from './columns.ts';
import type { TrafficSeries } from './series-cells.ts';
import { Slots } from './slots.ts';

type Part = Pick<Sections, 'standing' | 'places' | 'streams' | 'traffic' | 'heard'>;

const ENDS = [
  [trafficFields.requests, 'added'],
  [trafficFields.failures, 'added'],
  [trafficFields.served, 'added'],
  [trafficFields.whole, 'added'],
  [trafficFields.heardAt, 'latest'],
  [trafficFields.failedAt, 'latest'],
  [trafficFields.tunnels, 'dropped'],
  [trafficFields.idle, 'dropped'],
  [trafficFields.connections, 'dropped'],
  [trafficFields.open, 'dropped'],
] as const;

/** Tells another process that a place has become free at a backend that requests wait for there. */
export type Wake = (place: number, slot: Slot) => void;

const NOBODY: Wake = () => undefined;

/** Hands out slots, and says what processes count of the backends that have them. */
export class BackendCells {
  readonly standing: Cells<'standing'>;
  /** Requests that count against the most that a backend may have. */
  readonly places: Lines;
  /** Requests that hold no place any more: see `TransportTarget.streamBegan`. */
  readonly streams: Lines;
  readonly traffic: Columns<'traffic'>;
  /** Backends that have answered since the owner of standing has looked; for processes without it. */
  readonly heard: Marks;
  /** Other processes count here, too. */
  readonly isShared: boolean;
  /** How many processes there may be. */
  readonly processes: number;
  /** To be set where there are others. */
  wake: Wake = NOBODY;
  /** Where the traffic of backends is counted; null: nowhere. */
  series: TrafficSeries | null = null;
  /** That of this process; see `Seat`. */
  place: number;
  readonly turn: Turn | undefined;
  private readonly slots: Slots;

  /** `part`: in shared memory; absent: the process is alone. */
  constructor(seat: Seat = ALONE, part?: Part, room?: number) {
    this.standing = new Cells(standingFields, part?.standing);
    this.places = new Lines(seat, part?.places);
    this.streams = new Lines(seat, part?.streams);
    this.traffic = new Columns(seat, trafficFields, part?.traffic);
    this.heard = new Marks(seat, part?.heard ?? new Int32Array(0));
    this.processes = seat.processes;
    this.place = seat.place;
    this.turn = seat.turn;
    this.slots = new Slots(
      {
        grow: (slots) => this.grow(slots),
        clear: (slot) => this.clear(slot),
        isAtRest: (slot) => this.inFlight(slot) === 0,
      },
      room,
    );
    this.isShared = part !== undefined;
  }

  /** This process sees others' numbers, and has none of its own. */
  get isReader(): boolean {
    return this.place === NO_PLACE;
  }

  /** How many slots are taken. */
  get inUse(): number {
    return this.slots.inUse;
  }

  /** No slot from this number on has been taken yet. */
  get end(): number {
    return this.slots.end;
  }

  /** How many more backends there is room for. */
  get room(): number {
    return this.slots.room;
  }

  /** Requests that all processes serve at the backend. */
  inFlight(slot: Slot): number {
    return this.places.sum(slot) + this.streams.sum(slot);
  }

  /** Those of this process; where it only reads: those of all. */
  ownInFlight(slot: Slot): number {
    return this.isReader ? this.inFlight(slot) : this.places.own(slot) + this.streams.own(slot);
  }

  /** A slot whose words are all 0. Only the owner of standing takes and gives. */
  take(): Slot {
    return this.slots.take();
  }

  /** The backend is gone. */
  give(slot: Slot): void {
    this.slots.give(slot);
  }

  /** See `Slots.beginFence`. */
  beginFence(): (() => void) | null {
    return this.slots.beginFence();
  }

  /** See `partOf`. */
  shareOf(count: number): number {
    return partOf(count, turnOf(this));
  }

  /** Where this process begins, so that not all begin with the same backend. */
  get offset(): number {
    return turnOf(this).number;
  }

  /** From here on the process writes at that place. */
  sit(place: number): void {
    this.place = place;
    this.places.sit(place);
    this.streams.sit(place);
    this.traffic.sit(place);
    this.heard.sit(place);
  }

  /** A process has ended: its requests are over, and what it has counted stays. */
  takeBack(place: number): void {
    const { standing } = this;
    const { end } = this.slots;
    this.places.takeBack(place, end);
    this.streams.takeBack(place, end);
    this.traffic.takeBack(place, end, ENDS);
    for (let at = 0; at < end; at++) {
      const slot = slotOf(at);
      standing.swap(slot, standingFields.trial, place + 1, 0);
      standing.lower(slot, standingFields.waiters, 1 << place);
    }
  }

  /** Calls `visit` for each backend that has answered since the last call; for the owner of standing. */
  takeHeard(visit: (slot: Slot) => void): void {
    this.heard.take(this.slots.end, visit);
  }

  private grow(slots: number): void {
    this.standing.grow(slots);
    this.places.grow(slots);
    this.streams.grow(slots);
    this.traffic.grow(slots);
    this.series?.growBackends(slots);
  }

  private clear(slot: Slot): void {
    this.standing.clear(slot);
    this.places.clear(slot);
    this.streams.clear(slot);
    this.traffic.clear(slot);
    this.series?.clearBackend(slot);
  }
}
