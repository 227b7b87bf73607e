// What clients have in all processes, such as connections: a table of a fixed size, by a hash of the client. An entry that counts
// nothing may be another client's at any time.
import { ENTRY, LINE, MOST_PROCESSES } from './cells.ts';

// How far from its place a client may be. Beyond, it is not found, and each process counts for itself.
const REACH = 16;
const MOST_TRIES = 8;

// The first word of an entry: the first hash, and whether a process is about to take the entry over, and which.
const HASH_BITS = 0x07ff_ffff;
const PLACE_SHIFT = 27;
const LOCKED = 1 << 31;
const SECOND = 1;
// On a line of its own.
const COUNTS = LINE;

/** A client, by two hashes. */
export type ClientKey = { readonly first: number; readonly second: number };

/** The table, as the process at one place sees it. */
export class ClientTable {
  private readonly mask: number;

  /** `words`: a power of two of entries. `size`: of each of them; behind its counts it may have more lines for something else. */
  constructor(
    private readonly words: Int32Array,
    private place: number,
    private readonly size: number = ENTRY,
  ) {
    this.mask = words.length / size - 1;
  }

  sit(place: number): void {
    this.place = place;
  }

  /** Counts one more connection. Returns the entry; null: there is no room for the client. */
  join(key: ClientKey): number | null {
    const first = firstOf(key);
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const entry = this.known(first, key.second) ?? this.takeOver(first, key);
      if (entry === null) continue;
      this.again(entry);
      // Who takes over an entry marks it before counting. So either that process sees this connection, or this one the mark.
      if (this.isOf(entry, first, key.second)) return entry;
      this.leave(entry);
    }
    return null;
  }

  /** One more of a client that has one at this entry already. */
  again(entry: number): void {
    Atomics.add(this.words, entry + COUNTS + this.place, 1);
  }

  leave(entry: number): void {
    Atomics.sub(this.words, entry + COUNTS + this.place, 1);
  }

  /** Of the client, in all processes: two of them may have made an entry for it at the same time. `line`: of what else there
   * is; 0: the counts. */
  sum(key: ClientKey, line = 0): number {
    const first = firstOf(key);
    let sum = 0;
    for (let step = 0; step < REACH; step++) {
      const entry = this.entryAt(key, step);
      if (this.isOf(entry, first, key.second)) sum += this.countAt(entry, line);
    }
    return sum;
  }

  /** Changes what this process has in a line of an entry that it counts in. */
  add(entry: number, line: number, by: number): void {
    Atomics.add(this.words, entry + COUNTS + line * LINE + this.place, by);
  }

  set(entry: number, line: number, value: number): void {
    Atomics.store(this.words, entry + COUNTS + line * LINE + this.place, value);
  }

  /** Whether another process has something in that line of the client for which `matches` says yes. */
  hasOther(key: ClientKey, line: number, matches: (value: number, place: number) => boolean): boolean {
    const first = firstOf(key);
    for (let step = 0; step < REACH; step++) {
      const entry = this.entryAt(key, step);
      if (!this.isOf(entry, first, key.second)) continue;
      for (let place = 0; place < MOST_PROCESSES; place++) {
        const value = Atomics.load(this.words, entry + COUNTS + line * LINE + place);
        if (value !== 0 && place !== this.place && matches(value, place)) return true;
      }
    }
    return false;
  }

  /** A process has ended. */
  takeBack(place: number): void {
    for (let entry = 0; entry < this.words.length; entry += this.size) {
      const word = Atomics.load(this.words, entry);
      if (word === 0) continue;
      for (let at = entry + COUNTS + place; at < entry + this.size; at += LINE) Atomics.store(this.words, at, 0);
      if (word < 0 && ((word >>> PLACE_SHIFT) & (MOST_PROCESSES - 1)) === place)
        Atomics.store(this.words, entry, word & HASH_BITS);
    }
  }

  private known(first: number, second: number): number | null {
    for (let step = 0; step < REACH; step++) {
      const entry = this.entryAt({ first, second }, step);
      if (this.isOf(entry, first, second)) return entry;
    }
    return null;
  }

  private takeOver(first: number, { second }: ClientKey): number | null {
    for (let step = 0; step < REACH; step++) {
      const entry = this.entryAt({ first, second }, step);
      const before = Atomics.load(this.words, entry);
      if (before < 0 || this.countAt(entry) > 0) continue;
      const marked = before | LOCKED | (this.place << PLACE_SHIFT);
      if (Atomics.compareExchange(this.words, entry, before, marked) !== before) continue;
      const isFree = this.countAt(entry) === 0;
      if (isFree) Atomics.store(this.words, entry + SECOND, second | 0);
      Atomics.store(this.words, entry, isFree ? first : before);
      if (isFree) return entry;
    }
    return null;
  }

  private entryAt({ second }: ClientKey, step: number): number {
    return ((second + step) & this.mask) * this.size;
  }

  private isOf(entry: number, first: number, second: number): boolean {
    const { words } = this;
    return Atomics.load(words, entry) === first && Atomics.load(words, entry + SECOND) === (second | 0);
  }

  private countAt(entry: number, line = 0): number {
    const start = entry + COUNTS + line * LINE;
    let count = 0;
    for (let at = start; at < start + MOST_PROCESSES; at++) count += Atomics.load(this.words, at);
    return count;
  }
}

// Never 0, which is an entry that nobody has had.
function firstOf({ first }: ClientKey): number {
  return first & HASH_BITS || 1;
}
