// The words of policies, which all processes that serve a tenant share. Whoever needs the words of a policy first gives them
// their place, and the others find it: nobody has to tell them.
import { hashText } from './hash.ts';

const SECOND_SEED = 0x9e3779b9;

// An entry of the directory: two hashes of the key, and where the words begin; 0: nobody has said so yet.
const ENTRY = 4;
const SECOND = 1;
const PLACE = 2;
// Of all words, those of the directory. The first entry is none: its first word says how many of the others are in use.
const DIRECTORY = 1 / 16;
// What is left for policies of few words when tables have taken all the rest: a switch that each process has for itself could not
// be turned.
const FOR_FEW = 1 / 16;
const FEW = 256;

/** The words of all policies. They are never given back: a gateway has as many policies as its configurations name. */
export class PolicyCells {
  private readonly entries: number;

  /** `words`: in shared memory; null: the process is alone. */
  constructor(private readonly words: Int32Array | null) {
    this.entries = words === null ? 0 : Math.floor((words.length * DIRECTORY) / ENTRY);
  }

  /** Other processes have the same words. */
  get isShared(): boolean {
    return this.words !== null;
  }

  /** The words with that key, at first 0. Null: they are of this process alone, for want of others or of room. */
  of(key: string, count: number): SharedWords | null {
    const { words } = this;
    if (words === null || count === 0) return null;
    const entry = this.entryOf(words, key);
    const start = entry === null ? 0 : this.placeOf(words, entry, count);
    return start === 0 ? null : new SharedWords(words, start, count);
  }

  private entryOf(words: Int32Array, key: string): number | null {
    const first = hashText(key) | 0 || 1;
    const second = hashText(key, SECOND_SEED) | 0 || 1;
    for (let step = 0; step < this.entries - 1; step++) {
      const entry = (1 + (((first >>> 0) + step) % (this.entries - 1))) * ENTRY;
      const found = Atomics.compareExchange(words, entry, 0, first);
      if (found !== 0 && found !== first) continue;
      // Whoever has begun may have been killed since. So each that comes goes on where the other is.
      const other = Atomics.compareExchange(words, entry + SECOND, 0, second);
      if (other === 0 || other === second) return entry;
    }
    return null;
  }

  // 0: there is no room.
  private placeOf(words: Int32Array, entry: number, count: number): number {
    const known = Atomics.load(words, entry + PLACE);
    if (known !== 0) return known;
    const place = this.taken(words, count);
    if (place === 0) return 0;
    const other = Atomics.compareExchange(words, entry + PLACE, 0, place);
    return other === 0 ? place : other;
  }

  private taken(words: Int32Array, count: number): number {
    const end = words.length - (count > FEW ? Math.floor(words.length * FOR_FEW) : 0);
    for (;;) {
      const used = Atomics.load(words, 0);
      const place = this.entries * ENTRY + used;
      if (place + count > end) return 0;
      if (Atomics.compareExchange(words, 0, used, used + count) === used) return place;
    }
  }
}

/** Words that one policy counts in, in all processes. */
class SharedWords {
  constructor(
    private readonly words: Int32Array,
    private readonly start: number,
    private readonly count: number,
  ) {}

  get(word: number): number {
    return Atomics.load(this.words, this.at(word));
  }

  set(word: number, value: number): void {
    Atomics.store(this.words, this.at(word), value);
  }

  /** Returns the sum. */
  add(word: number, by: number): number {
    return (Atomics.add(this.words, this.at(word), by) + by) | 0;
  }

  /** True: it was `expected`, and is `value` now. */
  swap(word: number, expected: number, value: number): boolean {
    return Atomics.compareExchange(this.words, this.at(word), expected, value) === expected;
  }

  private at(word: number): number {
    if (word >= this.count) throw new Error(`the policy has no word ${word}`);
    return this.start + word;
  }
}
