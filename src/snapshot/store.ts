// Holds the snapshot that new exchanges begin with.
import type { Snapshot } from './snapshot.ts';

/** One current snapshot; an exchange keeps the one that it began with. */
export class SnapshotStore {
  constructor(private snapshot: Snapshot) {}

  get current(): Snapshot {
    return this.snapshot;
  }

  /** Returns the one that was current before. */
  swap(next: Snapshot): Snapshot {
    const before = this.snapshot;
    this.snapshot = next;
    return before;
  }
}
