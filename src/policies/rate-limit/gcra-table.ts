// When the next request of each of many keys would be in time (GCRA, ITU-T I.371), in words that all processes share.
import { hashText } from '../../core/hash.ts';
import { type Millis, millis } from '../../core/units.ts';
import type { PolicyWords } from '../tools.ts';

// The seed of the hashes, so that nobody can aim keys at one another; then a bit for each block that has had a key; then two words
// for each key.
const SEED = 0;
const BLOCKS = 1;
/** Keys in a block: about a page of memory. Pages that nobody has looked at take none. */
const BLOCK = 512;
const WORDS = 2;
const TIME = 1;
/** How many places a key may have. */
const REACH = 8;
/** A request takes so many ticks of its rate. */
const TICKS = 64;
// Times are compared around the clock of 32 bits: what lies further back is taken for the future.
const HORIZON = 2 ** 30;

export type Rate = {
  /** So many requests in `per`. */
  readonly requests: number;
  readonly per: Millis;
  /** So many at once. */
  readonly burst: number;
};

/** What the table says of one request. */
export type Allowance = {
  readonly isAllowed: boolean;
  /** So many more would be let through now. */
  readonly remaining: number;
  /** When a refused one would be let through. */
  readonly retryAfter: Millis;
  /** When all of the burst is there again. */
  readonly reset: Millis;
};

/** Words for so many keys. */
export function wordsFor(keys: number): number {
  return firstOf(keys) + keys * WORDS;
}

function firstOf(keys: number): number {
  return BLOCKS + Math.ceil(keys / BLOCK / 32);
}

export class GcraTable {
  private readonly first: number;
  private readonly tick: number;
  private readonly seed: number;

  constructor(
    private readonly words: PolicyWords,
    private readonly keys: number,
    private readonly rate: Rate,
    random: () => number,
  ) {
    this.first = firstOf(keys);
    this.tick = rate.per / rate.requests / TICKS;
    words.swap(SEED, 0, Math.floor(random() * 0x7fff_ffff) | 1);
    this.seed = words.get(SEED);
  }

  /** Takes the place of so many requests, if there is room. */
  take(key: string, cost: number, now: Millis): Allowance {
    const at = this.placeOf(key, this.ticksAt(now));
    for (;;) {
      const known = this.words.get(at + TIME);
      const current = this.ticksAt(now);
      const time = later(known, current);
      const next = (time + cost * TICKS) | 0;
      const early = ((next - current) | 0) - this.rate.burst * TICKS;
      if (early > 0) return this.allowance(false, (time - current) | 0, early);
      if (this.words.swap(at + TIME, known, next)) return this.allowance(true, (next - current) | 0, 0);
    }
  }

  /** Says what `take` would, and takes nothing. */
  look(key: string, now: Millis): Allowance {
    const current = this.ticksAt(now);
    const used = (later(this.words.get(this.placeOf(key, current) + TIME), current) - current) | 0;
    return this.allowance(used + TICKS <= this.rate.burst * TICKS, used, used + TICKS - this.rate.burst * TICKS);
  }

  /** Gives back what a request has taken that came to nothing. */
  giveBack(key: string, cost: number, now: Millis): void {
    this.words.add(this.placeOf(key, this.ticksAt(now)) + TIME, -cost * TICKS);
  }

  /** Forgets the keys that have all of their burst again, before the clock has gone half around. Returns how many it keeps. */
  sweep(now: Millis): number {
    const current = this.ticksAt(now);
    let kept = 0;
    for (let start = 0; start < this.keys; start += BLOCK)
      if (this.isUsed(start)) kept += this.sweepBlock(start, current);
    return kept;
  }

  private sweepBlock(start: number, current: number): number {
    const end = Math.min(this.keys, start + BLOCK);
    let kept = 0;
    for (let slot = start; slot < end; slot++) {
      const at = this.first + slot * WORDS;
      const tag = this.words.get(at);
      if (tag === 0) continue;
      if (isPast(this.words.get(at + TIME), current)) this.words.swap(at, tag, 0);
      else kept++;
    }
    return kept;
  }

  private isUsed(slot: number): boolean {
    const block = Math.floor(slot / BLOCK);
    return (this.words.get(BLOCKS + (block >>> 5)) & (1 << (block & 31))) !== 0;
  }

  private use(slot: number): void {
    const block = Math.floor(slot / BLOCK);
    const word = BLOCKS + (block >>> 5);
    for (let known = this.words.get(word); !this.isUsed(slot); known = this.words.get(word))
      this.words.swap(word, known, known | (1 << (block & 31)));
  }

  /** How often `sweep` has to be called at the least. */
  get sweepEvery(): Millis {
    return millis(Math.max(1000, Math.min((HORIZON / 2) * this.tick, 10 * 60_000)));
  }

  private ticksAt(now: Millis): number {
    return Math.floor(now / this.tick) | 0;
  }

  private allowance(isAllowed: boolean, used: number, early: number): Allowance {
    const free = this.rate.burst * TICKS - used;
    return {
      isAllowed,
      remaining: Math.max(0, Math.floor(free / TICKS)),
      retryAfter: millis(Math.max(0, early) * this.tick),
      reset: millis(Math.max(0, used) * this.tick),
    };
  }

  // A key that is not there gets a free place, or the one whose time is the earliest.
  private placeOf(key: string, current: number): number {
    const tag = hashText(key, this.seed) | 0 || 1;
    const start = hashText(key, ~this.seed) >>> 0;
    for (;;) {
      let earliest = -1;
      let earliestTime = 0;
      for (let step = 0; step < REACH; step++) {
        const at = this.first + ((start + step) % this.keys) * WORDS;
        const found = this.words.get(at);
        if (found === tag) return at;
        const time = found === 0 ? current - HORIZON : this.words.get(at + TIME);
        if (earliest < 0 || ((time - earliestTime) | 0) < 0) [earliest, earliestTime] = [at, time];
      }
      const before = this.words.get(earliest);
      this.use((earliest - this.first) / WORDS);
      if (before !== tag && !this.words.swap(earliest, before, tag)) continue;
      if (before !== tag) this.words.set(earliest + TIME, current);
      return earliest;
    }
  }
}

function isPast(time: number, current: number): boolean {
  return ((time - current) | 0) <= 0;
}

function later(time: number, current: number): number {
  return isPast(time, current) ? current : time;
}
