// Waits until it is known of backends how they are.
import { type Millis, millis } from '../core/units.ts';
import type { TenantStatus } from '../admin/shapes/tenant.ts';
import type { ServingParts } from './serving.ts';

const LOOK = millis(20);

/** Resolves when `isDone` is true, or after `limit`. */
export async function waitFor(
  isDone: () => boolean,
  limit: Millis,
  { clock, rest }: Pick<ServingParts, 'clock' | 'rest'>,
): Promise<void> {
  const end = clock.now() + limit;
  while (!isDone() && clock.now() < end) await rest(LOOK);
}

/** Whether every backend has had its first verdict, and every name its first answer. */
export function isSettled(status: readonly TenantStatus[]): boolean {
  return status.every(
    ({ backends, names }) =>
      names.every(({ state }) => state !== 'resolving') && backends.every(({ health }) => health !== 'unknown'),
  );
}
