// A bounded list that forgets its oldest entries.

/** Keeps the latest `limit` entries. */
export class Ring<T> {
  private readonly entries: T[] = [];
  private next = 0;

  constructor(readonly limit: number) {}

  push(entry: T): void {
    this.entries[this.next] = entry;
    this.next = (this.next + 1) % this.limit;
  }

  /** Oldest first. */
  toArray(): readonly T[] {
    if (this.entries.length < this.limit) return [...this.entries];
    return [...this.entries.slice(this.next), ...this.entries.slice(0, this.next)];
  }
}
