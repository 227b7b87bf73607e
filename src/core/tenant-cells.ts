// What processes count of each tenant. A tenant has a slot as long as it has its name.
import {
  ALONE,
  Cells,
  NO_PLACE,
  type Seat,
  type Sections,
  type Slot,
  budgetFields,
  nameFields,
  paceFields,
  shareFields,
  slotOf,
  usageFields,
} from './cells.ts';
import { Columns, Lines } from './columns.ts';
import { hashText } from './hash.ts';
import type { TrafficSeries } from './series-cells.ts';
import { OTHER_TENANTS } from './series-layout.ts';
import { Slots } from './slots.ts';

type Part = Pick<
  Sections,
  'tenantNames' | 'tenantRequests' | 'tenantStreams' | 'waiting' | 'budgets' | 'shares' | 'usage' | 'paces'
>;

const ENDS = [
  [budgetFields.at, 'dropped'],
  [budgetFields.requests, 'dropped'],
  [budgetFields.retries, 'dropped'],
] as const;

const ENDS_OF_SHARES = [
  [shareFields.waiting, 'dropped'],
  [shareFields.used, 'dropped'],
  [shareFields.refused, 'added'],
] as const;

const ENDS_OF_USAGE = [
  [usageFields.requests, 'dropped'],
  [usageFields.connections, 'dropped'],
  [usageFields.buffered, 'dropped'],
  [usageFields.refused, 'added'],
] as const;

/** What a tenant has of the event loops of all processes that serve. */
export type ShareNumbers = {
  /** Requests that wait for it. */
  readonly waiting: number;
  /** What it has used of all of them together in the last second, in hundredths of a per cent of one. */
  readonly used: number;
  readonly refused: number;
};

/** The numbers of all tenants. */
export class TenantCells {
  private readonly names: Cells<'name'>;
  readonly requests: Lines;
  readonly streams: Lines;
  readonly waiting: Lines;
  readonly budgets: Columns<'budget'>;
  readonly shares: Columns<'share'>;
  readonly usage: Columns<'usage'>;
  readonly paces: Cells<'pace'>;
  /** Other processes count here, too. */
  readonly isShared: boolean;
  readonly processes: number;
  /** That of this process; see `Seat`. */
  place: number;
  /** Where the traffic of tenants is counted; null: nowhere. */
  series: TrafficSeries | null = null;
  private readonly slots: Slots;
  /** In a process that does not decide: where it has found names. */
  private readonly found = new Map<string, Slot>();

  /** `part`: in shared memory; absent: the process is alone. `decides`: it says who gets which slot, and others look. */
  constructor(
    seat: Seat = ALONE,
    part?: Part,
    private readonly room?: number,
    private readonly decides = true,
  ) {
    this.names = new Cells(nameFields, part?.tenantNames);
    this.requests = new Lines(seat, part?.tenantRequests);
    this.streams = new Lines(seat, part?.tenantStreams);
    this.waiting = new Lines(seat, part?.waiting);
    this.budgets = new Columns(seat, budgetFields, part?.budgets);
    this.shares = new Columns(seat, shareFields, part?.shares);
    this.usage = new Columns(seat, usageFields, part?.usage);
    this.paces = new Cells(paceFields, part?.paces);
    this.isShared = part !== undefined;
    this.processes = seat.processes;
    this.place = seat.place;
    this.slots = new Slots(
      { grow: (slots) => this.grow(slots), clear: (slot) => this.clear(slot), isAtRest: () => true },
      room,
    );
  }

  /** How many more tenants there is room for. */
  get left(): number {
    return this.slots.room;
  }

  /** The slot of a tenant that has come; null: the one that decides has given it none. */
  take(tenant: string): Slot | null {
    if (!this.decides) return this.find(tenant);
    const slot = this.slots.take();
    this.names.set(slot, nameFields.series, this.takeSeries(tenant));
    this.names.set(slot, nameFields.second, hashText(tenant, SECOND_SEED));
    this.names.set(slot, nameFields.first, firstHash(tenant));
    return slot;
  }

  /** The tenant is gone. */
  give(slot: Slot): void {
    if (!this.decides) return;
    this.names.set(slot, nameFields.first, 0);
    this.slots.give(slot);
  }

  // The traffic of a tenant is counted with its own pool; the others (`tenant/pool`) need no record.
  private takeSeries(pool: string): number {
    return pool.includes('/') ? 0 : (this.series?.takeTenant() ?? 0);
  }

  /** The record where the traffic of the tenant with that slot is counted. */
  seriesOf(slot: Slot): number {
    const record = this.names.get(slot, nameFields.series);
    return record === 0 ? OTHER_TENANTS : record;
  }

  // Slots are given one after the other. Many tenants come at a time, so all names are looked at in one go: the next ones
  // are found where they were seen.
  private find(tenant: string): Slot | null {
    const key = keyOf(firstHash(tenant), hashText(tenant, SECOND_SEED));
    const known = this.found.get(key);
    if (known !== undefined && this.keyAt(known) === key) return known;
    this.found.clear();
    for (let slot = 0; slot < (this.room ?? 0); slot++) {
      const other = this.keyAt(slotOf(slot));
      if (other !== null) this.found.set(other, slotOf(slot));
    }
    return this.found.get(key) ?? null;
  }

  private keyAt(slot: Slot): string | null {
    const first = this.names.get(slot, nameFields.first);
    return first === 0 ? null : keyOf(first, this.names.get(slot, nameFields.second));
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
    this.shares.sit(place);
    this.usage.sit(place);
  }

  /** A process has ended: nothing that it had goes on. */
  takeBack(place: number): void {
    const { end } = this.slots;
    this.requests.takeBack(place, end);
    this.streams.takeBack(place, end);
    this.waiting.takeBack(place, end);
    this.budgets.takeBack(place, end, ENDS);
    this.shares.takeBack(place, end, ENDS_OF_SHARES);
    this.usage.takeBack(place, end, ENDS_OF_USAGE);
  }

  private grow(slots: number): void {
    this.names.grow(slots);
    this.requests.grow(slots);
    this.streams.grow(slots);
    this.waiting.grow(slots);
    this.budgets.grow(slots);
    this.shares.grow(slots);
    this.usage.grow(slots);
    this.paces.grow(slots);
  }

  private clear(slot: Slot): void {
    this.series?.giveTenant(this.names.get(slot, nameFields.series));
    this.names.clear(slot);
    this.requests.clear(slot);
    this.streams.clear(slot);
    this.waiting.clear(slot);
    this.budgets.clear(slot);
    this.shares.clear(slot);
    this.usage.clear(slot);
    this.paces.clear(slot);
  }
}

const SECOND_SEED = 0x9e3779b9;

// Never 0, which is nobody's.
function firstHash(tenant: string): number {
  return hashText(tenant) | 0 || 1;
}

function keyOf(first: number, second: number): string {
  return `${first}/${second | 0}`;
}

const NO_SLOT = slotOf(-1);
const NO_SHARE: ShareNumbers = { waiting: 0, used: 0, refused: 0 };

/** The numbers of one tenant. A process that is alone has them here; otherwise they are published, and what is read is that
 * of all processes. */
export class TenantNumbers {
  private slot = NO_SLOT;
  /** The record where its traffic is counted. */
  series = OTHER_TENANTS;
  private ownRequests = 0;
  private ownStreams = 0;
  private ownWaiting = 0;
  private ownShare = NO_SHARE;

  constructor(private readonly cells: TenantCells) {}

  /** The tenant has come. */
  enter(tenant: string): void {
    if (this.slot !== NO_SLOT) return;
    this.slot = this.cells.take(tenant) ?? NO_SLOT;
    if (this.slot !== NO_SLOT) this.series = this.cells.seriesOf(this.slot);
    this.publish();
  }

  /** The tenant is gone; its slot may be another one's. */
  leave(): void {
    const { slot } = this;
    this.set(0, 0);
    this.slot = NO_SLOT;
    this.series = OTHER_TENANTS;
    if (slot !== NO_SLOT) this.cells.give(slot);
  }

  /** The slot of the tenant; below 0: it has none. */
  get place(): Slot {
    return this.slot;
  }

  /** Whether what others count matters. */
  get isShared(): boolean {
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
    if (this.cells.isShared) this.publish();
  }

  ended(): void {
    this.ownRequests--;
    if (this.cells.isShared) this.publish();
  }

  streamBegan(): void {
    this.ownStreams++;
    if (this.cells.isShared) this.publish();
  }

  streamEnded(): void {
    this.ownStreams--;
    if (this.cells.isShared) this.publish();
  }

  /** Its share of the event loops. */
  get share(): ShareNumbers {
    if (!this.isShared) return this.ownShare;
    const { shares } = this.cells;
    const sum = (field: (typeof shareFields)[keyof typeof shareFields]): number => shares.sum(this.slot, field);
    return { waiting: sum(shareFields.waiting), used: sum(shareFields.used), refused: sum(shareFields.refused) };
  }

  /** The same of this process. */
  publishShare(share: ShareNumbers): void {
    this.ownShare = share;
    if (!this.isPublished) return;
    const { shares } = this.cells;
    shares.set(this.slot, shareFields.waiting, share.waiting);
    shares.set(this.slot, shareFields.used, share.used);
    shares.set(this.slot, shareFields.refused, share.refused);
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
