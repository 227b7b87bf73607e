// A binary heap of items by the time at which they are due. Each item knows its place, so that moving or removing one
// takes log n steps.
import type { Millis } from './units.ts';

/** An item with a time at which it is due. Only the queue changes its two fields. */
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

  /** The earliest item; it stays in the queue. */
  first(): Item | null {
    return this.items.length === 0 ? null : this.items[0];
  }

  /** Adds an item, or moves it to its new time. */
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
