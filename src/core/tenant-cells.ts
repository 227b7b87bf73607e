// What processes count of each tenant. A tenant has a slot as long as it has its name.
import { ALONE, NO_PLACE, type Seat, type Sections, type Slot, budgetFields, slotOf } from './cells.ts';
import { Columns, Lines } from './columns.ts';
import { Slots } from './slots.ts';

type Part = Pick<Sections, 'tenantRequests' | 'tenantStreams' | 'waiting' | 'budgets'>;

const ENDS = [
  [budgetFields.at, 'dropped'],
  [budgetFields.requests, 'dropped'],
  [budgetFields.retries, 'dropped'],
] as const;

/** Says which slot a tenant has. The owner of standing decides; other processes are told. */
export interface TenantSlots {
  take(tenant: string): Slot;
  /** The tenant is gone. */
  give(tenant: string, slot: Slot): void;
}

/** The numbers of all tenants. For the owner of standing: who gets which slot. */
export class TenantCells implements TenantSlots {
  readonly requests: Lines;
  readonly streams: Lines;
  readonly waiting: Lines;
  readonly budgets: Columns<'budget'>;
  /** Other processes count here, too. */
  readonly isShared: boolean;
  readonly processes: number;
  /** That of this process; see `Seat`. */
  place: number;
  private readonly slots: Slots;

  /** `part`: in shared memory; absent: the process is alone. */
  constructor(seat: Seat = ALONE, part?: Part, room?: number) {
    this.requests = new Lines(seat, part?.tenantRequests);
    this.streams = new Lines(seat, part?.tenantStreams);
    this.waiting = new Lines(seat, part?.waiting);
    this.budgets = new Columns(seat, budgetFields, part?.budgets);
    this.isShared = part !== undefined;
    this.processes = seat.processes;
    this.place = seat.place;
    this.slots = new Slots(
      { grow: (slots) => this.grow(slots), clear: (slot) => this.clear(slot), isAtRest: () => true },
      room,
    );
  }

  /** How many more tenants there is room for. */
  get room(): number {
    return this.slots.room;
  }

  take(): Slot {
    return this.slots.take();
  }

  give(_tenant: string, slot: Slot): void {
    this.slots.give(slot);
  }

  /** See `Slots.beginFence`. */
  beginFence(): (() => void) | null {
    return this.slots.beginFence();
  }

  sit(place: number): void {
    this.place = place;
    this.requests.sit(place);
    this.streams.sit(place);
    this.waiting.sit(place);
    this.budgets.sit(place);
  }

  /** A process has ended: nothing that it had goes on. */
  takeBack(place: number): void {
    const { end } = this.slots;
    this.requests.takeBack(place, end);
    this.streams.takeBack(place, end);
    this.waiting.takeBack(place, end);
    this.budgets.takeBack(place, end, ENDS);
  }

  private grow(slots: number): void {
    this.requests.grow(slots);
    this.streams.grow(slots);
    this.waiting.grow(slots);
    this.budgets.grow(slots);
  }

  private clear(slot: Slot): void {
    this.requests.clear(slot);
    this.streams.clear(slot);
    this.waiting.clear(slot);
    this.budgets.clear(slot);
  }
}

const NO_SLOT = slotOf(-1);

/** The numbers of one tenant. A process that is alone has them here; otherwise they are published, and what is read is that
 * of all processes. */
export class TenantNumbers {
  private slot = NO_SLOT;
  private ownRequests = 0;
  private ownStreams = 0;
  private ownWaiting = 0;

  constructor(private readonly cells: TenantCells) {}

  /** The tenant has come. */
  enter(slot: Slot): void {
    this.slot = slot;
    this.publish();
  }

  /** The tenant is gone; its slot, which is returned, may be another one's. Null: it had none. */
  leave(): Slot | null {
    const { slot } = this;
    this.set(0, 0);
    this.slot = NO_SLOT;
    return slot === NO_SLOT ? null : slot;
  }

  /** Whether what others count matters. */
  private get isShared(): boolean {
    return this.cells.isShared && this.slot !== NO_SLOT;
  }

  /** Requests being served. */
  get inFlight(): number {
    return this.isShared ? this.cells.requests.sum(this.slot) : this.ownRequests;
  }

  /** Those of them that hold no place. */
  get streams(): number {
    return this.isShared ? this.cells.streams.sum(this.slot) : this.ownStreams;
  }

  /** Requests that wait for a backend. */
  get waiting(): number {
    return this.isShared ? this.cells.waiting.sum(this.slot) : this.ownWaiting;
  }

  began(): void {
    this.ownRequests++;
    if (this.isPublished) this.cells.requests.set(this.slot, this.ownRequests);
  }

  ended(): void {
    this.ownRequests--;
    if (this.isPublished) this.cells.requests.set(this.slot, this.ownRequests);
  }

  streamBegan(): void {
    this.ownStreams++;
    if (this.isPublished) this.cells.streams.set(this.slot, this.ownStreams);
  }

  streamEnded(): void {
    this.ownStreams--;
    if (this.isPublished) this.cells.streams.set(this.slot, this.ownStreams);
  }

  /** One more waits, unless `limit` do so already. */
  joins(limit: number): boolean {
    this.setWaiting(this.ownWaiting + 1);
    // After it is published, so that of two processes at least one sees the other.
    if (this.waiting <= limit) return true;
    this.setWaiting(this.ownWaiting - 1);
    return false;
  }

  /** One that has left the line is in it again. */
  comesBack(): void {
    this.setWaiting(this.ownWaiting + 1);
  }

  leavesLine(): void {
    this.setWaiting(this.ownWaiting - 1);
  }

  /** What this process has of the tenant's backends. */
  set(requests: number, streams: number): void {
    this.ownRequests = requests;
    this.ownStreams = streams;
    this.publish();
  }

  /** Says what this process has counted for its retries in the part of time `at`. */
  publishBudget(at: number, requests: number, retries: number): void {
    if (!this.isPublished) return;
    const { budgets } = this.cells;
    budgets.set(this.slot, budgetFields.requests, requests);
    budgets.set(this.slot, budgetFields.retries, retries);
    budgets.set(this.slot, budgetFields.at, at);
  }

  /** Calls `visit` with what each other process has published. */
  budgetsOfOthers(visit: (at: number, requests: number, retries: number) => void): void {
    if (!this.isShared) return;
    const { budgets, processes, place } = this.cells;
    for (let other = 0; other < processes; other++) {
      if (other === place) continue;
      const at = budgets.of(other, this.slot, budgetFields.at);
      if (at === 0) continue;
      const requests = budgets.of(other, this.slot, budgetFields.requests);
      visit(at, requests, budgets.of(other, this.slot, budgetFields.retries));
    }
  }

  /** What this process counts is to be published. */
  get isPublished(): boolean {
    return this.isShared && this.cells.place !== NO_PLACE;
  }

  private setWaiting(count: number): void {
    this.ownWaiting = count;
    if (this.isPublished) this.cells.waiting.set(this.slot, count);
  }

  private publish(): void {
    if (!this.isPublished) return;
    this.cells.requests.set(this.slot, this.ownRequests);
    this.cells.streams.set(this.slot, this.ownStreams);
    this.cells.waiting.set(this.slot, this.ownWaiting);
  }
}
