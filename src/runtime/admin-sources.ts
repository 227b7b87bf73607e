// What the admin API reads of a running gateway, and what it may do.
import type { AdminSources } from '../admin/contract.ts';
import { readBackend, readStatus } from '../admin/status.ts';
import type { Clock } from '../core/clock.ts';
import type { GatewayEvent } from '../core/observer.ts';
import { millis } from '../core/units.ts';
import { VERSION } from '../core/version.ts';
import { type SnapshotStore, tenantNamed } from '../forward/snapshot.ts';
import type { EventLog } from '../observe/event-log.ts';
import type { OperatorCommand } from '../standing/operator-states.ts';

export function adminSources(store: SnapshotStore, events: EventLog, clock: Clock): AdminSources {
  const startedAt = clock.now();
  return {
    status: () => readStatus(store.current),
    backend: (tenant, backend) => readBackend(store.current, tenant, backend),
    command: (tenant, backend, command) => commandBackend(store, tenant, backend, command),
    events: (after, wait) => nextEvents(events, clock, after, wait),
    latestEvent: () => events.latest,
    startedAt: clock.wall(),
    uptimeMillis: () => clock.now() - startedAt,
    version: VERSION,
  };
}

function commandBackend(store: SnapshotStore, tenant: string, name: string, command: OperatorCommand): boolean {
  const pool = tenantNamed(store.current, tenant)?.pool;
  const backend = pool?.backends.find((candidate) => candidate.name === name);
  if (pool === undefined || backend === undefined) return false;
  pool.command(backend, command);
  return true;
}

function nextEvents(
  events: EventLog,
  clock: Clock,
  after: number,
  wait: number,
): readonly GatewayEvent[] | Promise<readonly GatewayEvent[]> {
  const found = events.after(after);
  // Whoever knows a later number than the latest has to hear of the restart before it waits.
  if (found.length > 0 || wait === 0 || after > events.latest || events.isClosed) return found;
  return new Promise((resolve) => {
    const end = (): void => {
      cancelTimer();
      cancelWait();
      resolve(events.after(after));
    };
    const cancelTimer = clock.after(millis(wait * 1000), end);
    const cancelWait = events.onNext(end);
  });
}
