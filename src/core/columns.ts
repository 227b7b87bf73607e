// What processes count, each at its own place: a place has one writer, and readers add the places up.
import {
  ALL_PLACES,
  type Field,
  type Fields,
  MOST_PROCESSES,
  NO_PLACE,
  type Seat,
  type Slot,
  bitWords,
  enlarged,
  sizeOf,
  slotOf,
} from './cells.ts';

// Behind those of the processes: what was counted by those that have ended.
const DEPARTED = MOST_PROCESSES;

// Where a process writes that only reads: outside of any memory, so that it throws, at no cost for those that write.
const OUTSIDE = -(2 ** 30);

/** What becomes of the counts of a process that has ended. */
export type Ends = 'added' | 'latest' | 'dropped';

/** One number for each slot and process. Those of a slot lie side by side, so that their sum is cheap. */
export class Lines {
  private words: Int32Array;
  private place: number;
  private readonly processes: number;
  /** 0: there is one number for each slot. */
  private readonly shift: number;

  constructor(seat: Seat, words?: Int32Array) {
    this.words = words ?? new Int32Array(0);
    this.place = placeOf(seat.place);
    this.processes = seat.processes;
    this.shift = words === undefined ? 0 : 4;
  }

  /** From here on the process writes at that place. */
  sit(place: number): void {
    this.place = placeOf(place);
  }

  /** That of this process. */
  own(slot: Slot): number {
    return this.place < 0 ? 0 : Atomics.load(this.words, (slot << this.shift) + this.place);
  }

  /** That of the process with that place. */
  of(place: number, slot: Slot): number {
    return Atomics.load(this.words, (slot << this.shift) + place);
  }

  /** Changes that of this process, and returns it. */
  add(slot: Slot, by: number): number {
    return Atomics.add(this.words, (slot << this.shift) + this.place, by) + by;
  }

  set(slot: Slot, value: number): void {
    Atomics.store(this.words, (slot << this.shift) + this.place, value);
  }

  /** That of all processes. */
  sum(slot: Slot): number {
    const { words, shift } = this;
    if (shift === 0) return Atomics.load(words, slot);
    let sum = 0;
    const start = slot << shift;
    for (let at = start; at < start + this.processes; at++) sum += Atomics.load(words, at);
    return sum;
  }

  clear(slot: Slot): void {
    const start = slot << this.shift;
    const end = (slot + 1) << this.shift;
    for (let at = start; at < end; at++) Atomics.store(this.words, at, 0);
  }

  /** A process has ended: what it had is over. */
  takeBack(place: number, slots: number): void {
    for (let slot = 0; slot < slots; slot++) this.takeBackOne(place, slotOf(slot));
  }

  /** The same for one slot. */
  takeBackOne(place: number, slot: Slot): void {
    const at = (slot << this.shift) + place;
    if (Atomics.load(this.words, at) !== 0) Atomics.store(this.words, at, 0);
  }

  grow(slots: number): void {
    if (slots << this.shift <= this.words.length) return;
    if (this.shift !== 0) throw new Error('shared cells cannot grow');
    this.words = enlarged(this.words, slots);
  }
}

/** A record for each slot in each process: a column. What was counted by processes that have ended has one more. */
export class Columns<Layout extends string> {
  private words: Int32Array;
  private readonly isPrivate: boolean;
  private readonly size: number;
  private readonly processes: number;
  /** From one column to the next. */
  private stride: number;
  /** Where the column of this process begins. */
  private base: number;

  constructor(seat: Seat, fields: Fields<Layout>, words?: Int32Array) {
    this.isPrivate = words === undefined;
    this.words = words ?? new Int32Array(0);
    this.size = sizeOf(fields);
    this.processes = seat.processes;
    this.stride = this.words.length / ALL_PLACES;
    this.base = this.baseOf(seat.place);
  }

  sit(place: number): void {
    this.base = this.baseOf(place);
  }

  /** That of this process, which must have a place. */
  own(slot: Slot, word: Field<Layout>): number {
    return Atomics.load(this.words, this.base + slot * this.size + word);
  }

  set(slot: Slot, word: Field<Layout>, value: number): void {
    Atomics.store(this.words, this.base + slot * this.size + word, value);
  }

  /** Like `set`, for what others look at seconds later, if ever: without waiting until all processors see it. */
  note(slot: Slot, word: Field<Layout>, value: number): void {
    this.words[this.base + slot * this.size + word] = value;
  }

  /** Changes that of this process, and returns it. */
  add(slot: Slot, word: Field<Layout>, by: number): number {
    return (Atomics.add(this.words, this.base + slot * this.size + word, by) + by) | 0;
  }

  /** That of a process with another place. */
  of(place: number, slot: Slot, word: Field<Layout>): number {
    return Atomics.load(this.words, place * this.stride + slot * this.size + word);
  }

  /** That of all processes together, of those that have ended, too. */
  sum(slot: Slot, word: Field<Layout>): number {
    if (this.isPrivate) return Atomics.load(this.words, slot * this.size + word);
    let sum = this.of(DEPARTED, slot, word);
    for (let place = 0; place < this.processes; place++) sum += this.of(place, slot, word);
    return sum | 0;
  }

  /** The greatest of all processes. */
  latest(slot: Slot, word: Field<Layout>): number {
    if (this.isPrivate) return Atomics.load(this.words, slot * this.size + word);
    let latest = this.of(DEPARTED, slot, word);
    for (let place = 0; place < this.processes; place++) latest = Math.max(latest, this.of(place, slot, word));
    return latest;
  }

  clear(slot: Slot): void {
    for (let start = slot * this.size; start < this.words.length; start += this.stride) {
      for (let at = start; at < start + this.size; at++) {
        if (Atomics.load(this.words, at) !== 0) Atomics.store(this.words, at, 0);
      }
      if (this.isPrivate) return;
    }
  }

  /** A process has ended. Its counts stay among those of the departed, so that no sum falls. */
  takeBack(place: number, slots: number, ends: readonly (readonly [Field<Layout>, Ends])[]): void {
    for (let slot = 0; slot < slots; slot++) for (const [word, end] of ends) this.depart(place, slot, word, end);
  }

  private depart(place: number, slot: number, word: Field<Layout>, end: Ends): void {
    const from = place * this.stride + slot * this.size + word;
    const value = Atomics.load(this.words, from);
    if (value === 0) return;
    Atomics.store(this.words, from, 0);
    const to = DEPARTED * this.stride + slot * this.size + word;
    if (end === 'added') Atomics.add(this.words, to, value);
    if (end === 'latest') Atomics.store(this.words, to, Math.max(value, Atomics.load(this.words, to)));
  }

  grow(slots: number): void {
    if (slots * this.size <= (this.isPrivate ? this.words.length : this.stride)) return;
    if (!this.isPrivate) throw new Error('shared cells cannot grow');
    this.words = enlarged(this.words, slots * this.size);
  }

  private baseOf(place: number): number {
    return place === NO_PLACE ? OUTSIDE : place * this.stride;
  }
}

function placeOf(place: number): number {
  return place === NO_PLACE ? OUTSIDE : place;
}

/** A bit for each slot in each process: something is to be looked at. */
export class Marks {
  private place: number;
  private readonly stride: number;

  constructor(
    private readonly seat: Seat,
    private readonly words: Int32Array,
  ) {
    this.place = placeOf(seat.place);
    this.stride = words.length / MOST_PROCESSES;
  }

  sit(place: number): void {
    this.place = placeOf(place);
  }

  /** Called by those who count. */
  mark(slot: Slot): void {
    Atomics.or(this.words, this.place * this.stride + (slot >>> 5), 1 << (slot & 31));
  }

  /** Calls `visit` for each slot that was marked since the last call. */
  take(slots: number, visit: (slot: Slot) => void): void {
    for (let at = 0; at < bitWords(slots); at++) {
      let bits = 0;
      for (let place = 0; place < this.seat.processes; place++) bits |= this.takeWord(place * this.stride + at);
      for (; bits !== 0; bits &= bits - 1) visit(slotOf(at * 32 + 31 - Math.clz32(bits & -bits)));
    }
  }

  private takeWord(at: number): number {
    return Atomics.load(this.words, at) === 0 ? 0 : Atomics.exchange(this.words, at, 0);
  }
}
