// A binary heap of what is due when. Each item knows its place, so that one can be moved or taken out in log n.
import type { Millis } from './units.ts';

/** Something that is due at a time. Owners extend it; the queue keeps both fields. */
export abstract class Due {
  due = Number.POSITIVE_INFINITY;
  /** -1: not in a queue. */
  place = -1;
}

/** Items by their time, the earliest first. */
export class DueQueue<Item extends Due> {
  private readonly items: Item[] = [];

  get size(): number {
    return this.items.length;
  }

  /** The earliest, which stays in the queue. */
  first(): Item | null {
    return this.items.length === 0 ? null : this.items[0];
  }

  /** Puts an item in, or moves it. */
  set(item: Item, due: Millis): void {
    const isLater = due > item.due;
    item.due = due;
    if (item.place < 0) {
      this.put(item, this.items.length);
      this.rise(item);
    } else if (isLater) this.sink(item);
    else this.rise(item);
  }

  remove(item: Item): void {
    const { place } = item;
    if (place < 0) return;
    item.place = -1;
    const last = this.items.pop();
    if (last === undefined || last === item) return;
    this.put(last, place);
    this.rise(last);
    this.sink(last);
  }

  private rise(item: Item): void {
    while (item.place > 0) {
      const parent = this.items[(item.place - 1) >> 1];
      if (parent.due <= item.due) return;
      this.swap(item, parent);
    }
  }

  private sink(item: Item): void {
    for (;;) {
      const left = 2 * item.place + 1;
      if (left >= this.items.length) return;
      const right = left + 1;
      const child =
        this.items[right < this.items.length && this.items[right].due < this.items[left].due ? right : left];
      if (child.due >= item.due) return;
      this.swap(item, child);
    }
  }

  private swap(one: Item, two: Item): void {
    const { place } = one;
    this.put(one, two.place);
    this.put(two, place);
  }

  private put(item: Item, place: number): void {
    this.items[place] = item;
    item.place = place;
  }
}
