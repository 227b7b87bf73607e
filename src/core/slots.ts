// Hands out the slots of one kind of records.
import { type Slot, slotOf } from './cells.ts';

/** The records that have the slots. */
export type SlotRecords = {
  /** Makes room for as many slots at least. */
  grow(slots: number): void;
  clear(slot: Slot): void;
  /** Nothing that goes on counts there. */
  isAtRest(slot: Slot): boolean;
};

// The first 64 need no growth. Beyond, each growth doubles the slots: ten thousand tenants cause about ten.
const FIRST_SLOTS = 64;

/** Who shares the records with other processes gives a slot again only when all of them have let go of it, and all that
 * went on there has ended: it would count for the slot's next owner. */
export class Slots {
  private readonly free: Slot[] = [];
  /** Given back, where other processes may still begin something. */
  private limbo: Slot[] = [];
  /** Given back, where nobody begins anything any more, and what was begun may go on. */
  private leaving: Slot[] = [];
  private reached = 0;

  /** `most`: how many there are; Infinity: the records grow, and this process has them to itself. */
  constructor(
    private readonly records: SlotRecords,
    private readonly most = Number.POSITIVE_INFINITY,
  ) {}

  /** How many slots are taken. */
  get inUse(): number {
    return this.reached - this.free.length - this.limbo.length - this.leaving.length;
  }

  /** How many more can be taken. */
  get room(): number {
    this.tidy();
    return this.most - this.reached + this.free.length;
  }

  /** No slot from this number on has been taken yet. */
  get end(): number {
    return this.reached;
  }

  /** A slot whose words are all 0. */
  take(): Slot {
    this.tidy();
    const free = this.free.pop();
    if (free !== undefined) return free;
    if (this.reached >= this.most) throw new Error(`there is room for ${this.most} only`);
    const slot = slotOf(this.reached++);
    if (this.most === Number.POSITIVE_INFINITY) this.records.grow(roomFor(this.reached));
    return slot;
  }

  give(slot: Slot): void {
    if (this.most !== Number.POSITIVE_INFINITY) this.limbo.push(slot);
    else this.release(slot);
  }

  /** Returns what to call as soon as every process has let go of the slots that were given back until now; null: there are
   * none. */
  beginFence(): (() => void) | null {
    const fenced = new Set(this.limbo);
    if (fenced.size === 0) return null;
    return () => {
      this.leaving.push(...this.limbo.filter((slot) => fenced.delete(slot)));
      const left = new Set(this.leaving);
      this.limbo = this.limbo.filter((slot) => !left.has(slot));
      this.tidy();
    };
  }

  private tidy(): void {
    if (this.leaving.length === 0) return;
    const resting = this.leaving.filter((slot) => this.records.isAtRest(slot));
    this.leaving = this.leaving.filter((slot) => !resting.includes(slot));
    for (const slot of resting) this.release(slot);
  }

  private release(slot: Slot): void {
    this.records.clear(slot);
    this.free.push(slot);
  }
}

function roomFor(slots: number): number {
  let room = FIRST_SLOTS;
  while (room < slots) room *= 2;
  return room;
}
