// How often each client may fail: counted in words that all processes share, in a table of a fixed size. An attempt is charged when
// it begins, so that many at once count as many, and given back if it succeeds.
import { hashText } from '../../core/hash.ts';
import { type Millis, millis } from '../../core/units.ts';
import type { PolicyWords } from '../tools.ts';

/** So many clients with failed attempts are remembered; of more, those that failed longest ago are forgotten. */
const CLIENTS = 256;
const PROBES = 4;
// A client has the hash of its key, and the time up to which its attempts are charged.
const ENTRY = 2;
const PAID = 1;
/** The first word says how keys are hashed: nobody can aim two clients at the same place. */
const FIRST = 1;
/** Times are counted in these, so that 32 bits are enough for years. */
const TICK = 100;
const MINUTE = 60_000 / TICK;

export const ATTEMPT_WORDS = FIRST + CLIENTS * ENTRY;

export type AttemptTools = {
  readonly words: PolicyWords;
  readonly now: () => Millis;
  readonly random: () => number;
};

/** The attempts of all clients of one policy. */
export class AttemptLimit {
  private readonly cost: number;

  constructor(
    private readonly perMinute: number,
    private readonly tools: AttemptTools,
  ) {
    this.cost = Math.max(1, Math.round(MINUTE / perMinute));
  }

  /** Charges one attempt. Null: it may be made. Otherwise it may be made after so long. */
  charge(key: string): Millis | null {
    const { words } = this.tools;
    const now = this.ticks;
    const word = this.entryOf(key, now) + PAID;
    for (;;) {
      const paid = words.get(word);
      const from = isAfter(paid, now) ? paid : now;
      const over = (from + this.cost - now - this.perMinute * this.cost) | 0;
      if (over > 0) return millis(over * TICK);
      if (words.swap(word, paid, (from + this.cost) | 0)) return null;
    }
  }

  /** The attempt has succeeded. */
  giveBack(key: string): void {
    this.tools.words.add(this.entryOf(key, this.ticks) + PAID, -this.cost);
  }

  private get ticks(): number {
    return Math.floor(this.tools.now() / TICK) | 0;
  }

  // The place of the client: its own, a free one, or that of the one whose attempts are forgotten first.
  private entryOf(key: string, now: number): number {
    const { words } = this.tools;
    const tag = hashText(key, this.seed) | 0 || 1;
    let best = this.place(tag, 0);
    for (let probe = 0; probe < PROBES; probe++) {
      const at = this.place(tag, probe);
      const other = words.get(at);
      if (other === tag) return at;
      if (other === 0) {
        if (words.swap(at, 0, tag)) words.set(at + PAID, now);
        if (words.get(at) === tag) return at;
      }
      if (isAfter(words.get(best + PAID), words.get(at + PAID))) best = at;
    }
    const other = words.get(best);
    if (words.swap(best, other, tag)) words.set(best + PAID, now);
    return best;
  }

  private place(tag: number, probe: number): number {
    return FIRST + (((tag >>> 0) + probe) % CLIENTS) * ENTRY;
  }

  private get seed(): number {
    const { words, random } = this.tools;
    const known = words.get(0);
    if (known !== 0) return known;
    words.swap(0, 0, Math.floor(random() * 0x7fff_ffff) + 1);
    return words.get(0);
  }
}

// Times wrap around.
function isAfter(one: number, other: number): boolean {
  return ((one - other) | 0) > 0;
}
