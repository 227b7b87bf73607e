// Bounds what several holders keep in memory together. Where there is no room, whoever holds most lets go of what it can do without.
import { type Bytes, bytes } from './units.ts';

/** Keeps what it can do without. */
export interface Holder {
  /** In bytes. */
  readonly held: number;
  /** Lets go of what it needs least, and says so by `give`. False: of nothing. */
  letGo(): boolean;
}

// Among so many the one that holds most is looked for: with thousands of holders, a look at all of them for each answer that is
// stored would be too dear.
const LOOKED_AT = 16;

export class MemoryBudget {
  used = 0;
  private readonly holders: Holder[] = [];
  private next = 0;

  /** `shareOf`: the part of this process of what all have together. */
  constructor(
    private whole: Bytes,
    readonly shareOf: (whole: Bytes) => Bytes,
  ) {}

  /** What all holders of this process may have. */
  get limit(): Bytes {
    return this.shareOf(this.whole);
  }

  set all(whole: Bytes) {
    this.whole = whole;
    while (this.used > this.limit && this.makeRoom(null)) continue;
  }

  join(holder: Holder): void {
    this.holders.push(holder);
  }

  leave(holder: Holder): void {
    const at = this.holders.indexOf(holder);
    if (at >= 0) this.holders.splice(at, 1);
  }

  /** False: there is no room. */
  take(size: number, holder: Holder): boolean {
    if (size > this.limit) return false;
    while (this.used + size > this.limit) if (!this.makeRoom(holder)) return false;
    this.used += size;
    return true;
  }

  give(size: number): void {
    this.used -= size;
  }

  private makeRoom(holder: Holder | null): boolean {
    const fullest = this.fullest(holder);
    return fullest !== null && fullest.letGo();
  }

  private fullest(first: Holder | null): Holder | null {
    const { holders } = this;
    let found = first;
    for (let looked = Math.min(LOOKED_AT, holders.length); looked > 0; looked--) {
      this.next = (this.next + 1) % holders.length;
      const other = holders[this.next] ?? null;
      if (other !== null && (found === null || other.held > found.held)) found = other;
    }
    return found !== null && found.held > 0 ? found : null;
  }
}

/** Nobody else is there. */
export function ownBudget(limit: number): MemoryBudget {
  return new MemoryBudget(bytes(limit), (whole) => whole);
}
