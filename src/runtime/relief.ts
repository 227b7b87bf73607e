// What follows when the gateway lacks something: the log says so, and if it is descriptors, connections to backends that
// nobody uses are closed.
import type { Shortage } from '../core/shortage.ts';
import { type SnapshotStore, backendsOf } from '../forward/snapshot.ts';
import type { World } from '../world.ts';
import type { Reports } from './reports.ts';

// All of them are closed at once, so it is done rarely.
const PAUSE = 1000;

/** Returns what takes shortages in. */
export function relieve(
  { clock, afterEvents }: World,
  reports: Reports,
  store: () => SnapshotStore,
): (shortage: Shortage) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (shortage) => {
    reports.reportLack(shortage);
    if (shortage.of !== 'descriptors' || clock.now() < last + PAUSE) return;
    last = clock.now();
    afterEvents(() => shed(store()));
  };
}

function shed({ current }: SnapshotStore): void {
  for (const { current: tenant } of current.sites)
    for (const backend of backendsOf(tenant)) backend.usedTransport?.shed();
}
