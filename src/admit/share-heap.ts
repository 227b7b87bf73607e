// The shares whose jobs wait, by what they have been given: a binary heap in which each share knows its place.
import type { Share } from './share.ts';

export class ShareHeap {
  private readonly shares: Share[] = [];

  get size(): number {
    return this.shares.length;
  }

  /** The one that has been given least; undefined: none waits. */
  get least(): Share | undefined {
    return this.shares[0];
  }

  /** All, in no order. */
  at(index: number): Share {
    return this.shares[index];
  }

  add(share: Share): void {
    share.place = this.shares.length;
    this.shares.push(share);
    this.rise(share);
  }

  remove(share: Share): void {
    const last = this.shares.pop();
    const { place } = share;
    share.place = -1;
    if (last === undefined || last === share) return;
    this.put(last, place);
    this.moved(last);
  }

  /** Its account has changed. */
  moved(share: Share): void {
    if (!this.rise(share)) this.sink(share);
  }

  private rise(share: Share): boolean {
    let at = share.place;
    const from = at;
    while (at > 0) {
      const parent = this.shares[(at - 1) >> 1];
      if (parent.finish <= share.finish) break;
      const next = parent.place;
      this.put(parent, at);
      at = next;
    }
    this.put(share, at);
    return at < from;
  }

  private sink(share: Share): void {
    const { shares } = this;
    let at = share.place;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= shares.length) break;
      if (below + 1 < shares.length && shares[below + 1].finish < shares[below].finish) below++;
      if (shares[below].finish >= share.finish) break;
      this.put(shares[below], at);
      at = below;
    }
    this.put(share, at);
  }

  private put(share: Share, at: number): void {
    share.place = at;
    this.shares[at] = share;
  }
}
