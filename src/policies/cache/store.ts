// The answers that one process keeps for one cache: within its memory, the one that was asked for the longest ago goes first.
import type { Holder, MemoryBudget } from '../../core/memory-budget.ts';
import type { Bytes } from '../../core/units.ts';
import { Entry, type Made, sizeOf } from './entry.ts';
import { type FieldOf, isVariantFor } from './vary.ts';

const MOST_VARIANTS = 16;

export class Store implements Holder {
  held = 0;
  /** Nothing is kept any more: what was on its way then comes too late. */
  private isClosed = false;
  /** By key, the latest first. */
  private readonly variants = new Map<string, Entry[]>();
  /** The one that was asked for the longest ago first. */
  private readonly order = new Set<Entry>();

  constructor(
    private readonly memory: MemoryBudget,
    private readonly all: Bytes,
  ) {
    memory.join(this);
  }

  /** This process's part of it. */
  get room(): number {
    return this.memory.shareOf(this.all);
  }

  get count(): number {
    return this.order.size;
  }

  /** The answer for a request with that key and these fields; null: none is kept. */
  find(key: string, field: FieldOf): Entry | null {
    const found = this.variants.get(key)?.find(({ made }) => isVariantFor(made.varied, field));
    if (found === undefined) return null;
    this.order.delete(found);
    this.order.add(found);
    return found;
  }

  /** There are answers for that key, whatever the fields of their requests were. */
  has(key: string): boolean {
    return this.variants.has(key);
  }

  /** Null: there is no room for it. What was kept for the same requests goes. */
  put(made: Made): Entry | null {
    const same = this.variants.get(made.key)?.find((one) => isSameVariant(one.made, made));
    if (same !== undefined) this.remove(same);
    const entry = new Entry(made, (of, by) => this.order.has(of) && this.take(by));
    if (!this.take(sizeOf(made))) return null;
    this.order.add(entry);
    const list = this.variants.get(made.key) ?? [];
    list.unshift(entry);
    this.variants.set(made.key, list);
    const last = list.length > MOST_VARIANTS ? list.at(-1) : undefined;
    if (last !== undefined) this.remove(last);
    return entry;
  }

  remove(entry: Entry): void {
    if (!this.order.delete(entry)) return;
    const { key } = entry.made;
    const left = (this.variants.get(key) ?? []).filter((one) => one !== entry);
    if (left.length === 0) this.variants.delete(key);
    else this.variants.set(key, left);
    this.give(entry.size);
  }

  letGo(): boolean {
    const [oldest] = this.order;
    if (oldest !== undefined) this.remove(oldest);
    return oldest !== undefined;
  }

  /** Room for a body that is coming; false: there is none. */
  take(size: number): boolean {
    if (this.isClosed || size > this.room) return false;
    while (this.held + size > this.room) if (!this.letGo()) return false;
    if (!this.memory.take(size, this)) return false;
    this.held += size;
    return true;
  }

  give(size: number): void {
    this.held -= size;
    this.memory.give(size);
  }

  close(): void {
    this.isClosed = true;
    while (this.letGo()) continue;
    this.memory.leave(this);
  }
}

function isSameVariant(one: Made, other: Made): boolean {
  return JSON.stringify(one.varied) === JSON.stringify(other.varied);
}
