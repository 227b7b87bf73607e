// Places that keys hold, such as a client with its requests under way: counted in all processes, and free again when the process
// ends that has them. Who wants a place counts itself first and adds up then, so that no limit is ever exceeded.
import { LINE, PLACES_ENTRY, type Seat } from './cells.ts';
import { type ClientKey, ClientTable } from './client-table.ts';
import { combine, hashText } from './hash.ts';

// Room for a process that is alone.
const ENTRIES_ALONE = 16_384;
const WORDS_ALONE = LINE + ENTRIES_ALONE * PLACES_ENTRY;
// On a line before the entries. 0: nobody has needed the table yet.
const SEED = 0;

// The lines of an entry, behind the count of all that hold places or wait for them.
const HELD = 1;
/** Since when the first waits. */
const SINCE = 2;

/** Two that want the last place may both step back, and try again then. */
const TRIES = 4;

/** What one request holds, or waits for. */
export interface Place {
  /** Takes one of so many places, if one is free. */
  hold(limit: number): boolean;
  /** How many hold a place. */
  readonly held: number;
  /** How many wait, this one included if it holds none. */
  readonly waiting: number;
  /** The first of this process waits since then; 0: nobody waits. */
  waits(since: number): void;
  /** Whether somebody in another process waits. */
  readonly othersWait: boolean;
  /** Whether somebody in another process has waited longer. */
  isBehind(since: number): boolean;
  /** What it holds is free again, and it does not wait any more. */
  leave(): void;
}

/** The places of all keys, as one process sees them. */
export class PlaceTable {
  private words: Int32Array | null;
  private table: ClientTable | null = null;
  private place: number;
  private readonly own = new Map<string, Counts>();

  /** `words`: in shared memory; absent: the process is alone. */
  constructor(seat: Seat, words?: Int32Array) {
    this.words = words ?? null;
    this.place = seat.place;
  }

  sit(place: number): void {
    this.place = place;
    this.table?.sit(place);
  }

  /** A process has ended, and with it whoever held a place there. */
  takeBack(place: number): void {
    // The system gives memory to what is read for the first time.
    if (this.words !== null && Atomics.load(this.words, SEED) !== 0) this.tableOf(this.words).takeBack(place);
  }

  /** Somebody comes who wants a place. Where there is no room for its key, this process counts for itself. `owner`: whose key it
   * is; `seed` makes hashes that nobody can guess. */
  enter(owner: string, key: string, seed: () => number): Place {
    const words = (this.words ??= new Int32Array(WORDS_ALONE));
    if (Atomics.load(words, SEED) === 0) Atomics.compareExchange(words, SEED, 0, Math.floor(seed() * 0x7fff_ffff) | 1);
    const chosen = Atomics.load(words, SEED);
    const hashes = { first: hashOf(owner, key, chosen), second: hashOf(owner, key, ~chosen) };
    const table = this.tableOf(words);
    const entry = table.join(hashes);
    return entry === null ? this.enterOwn(`${owner} ${key}`) : new SharedPlace(table, hashes, entry, this.place);
  }

  private tableOf(words: Int32Array): ClientTable {
    return (this.table ??= new ClientTable(words.subarray(LINE), this.place, PLACES_ENTRY));
  }

  private enterOwn(key: string): Place {
    const counts = this.own.get(key) ?? { present: 0, held: 0 };
    this.own.set(key, counts);
    return new OwnPlace(counts, () => void this.own.delete(key));
  }
}

function hashOf(owner: string, key: string, seed: number): number {
  return combine(hashText(owner, seed), hashText(key, seed));
}

class SharedPlace implements Place {
  private holds = 0;

  constructor(
    private readonly table: ClientTable,
    private readonly key: ClientKey,
    private readonly entry: number,
    private readonly at: number,
  ) {}

  hold(limit: number): boolean {
    const { table, entry } = this;
    for (let tries = 0; tries < TRIES; tries++) {
      table.add(entry, HELD, 1);
      this.holds = 1;
      if (this.held <= limit) return true;
      table.add(entry, HELD, -1);
      this.holds = 0;
      if (this.held >= limit) return false;
    }
    return false;
  }

  get held(): number {
    return this.table.sum(this.key, HELD);
  }

  get waiting(): number {
    return Math.max(0, this.table.sum(this.key) - this.held);
  }

  waits(since: number): void {
    this.table.set(this.entry, SINCE, since);
  }

  get othersWait(): boolean {
    return this.table.hasOther(this.key, SINCE, () => true);
  }

  isBehind(since: number): boolean {
    return this.table.hasOther(this.key, SINCE, (other, place) => {
      const earlier = (other - since) | 0;
      return earlier < 0 || (earlier === 0 && place < this.at);
    });
  }

  leave(): void {
    if (this.holds > 0) this.table.add(this.entry, HELD, -1);
    this.holds = 0;
    this.table.leave(this.entry);
  }
}

type Counts = { present: number; held: number };

// Of this process alone.
class OwnPlace implements Place {
  readonly othersWait = false;
  private holds = 0;

  constructor(
    private readonly counts: Counts,
    private readonly forget: () => void,
  ) {
    counts.present++;
  }

  hold(limit: number): boolean {
    if (this.counts.held >= limit) return false;
    this.counts.held++;
    this.holds = 1;
    return true;
  }

  get held(): number {
    return this.counts.held;
  }

  get waiting(): number {
    return this.counts.present - this.counts.held;
  }

  waits(): void {
    // Nobody else looks.
  }

  isBehind(): boolean {
    return false;
  }

  leave(): void {
    this.counts.held -= this.holds;
    this.holds = 0;
    this.counts.present--;
    if (this.counts.present === 0) this.forget();
  }
}
