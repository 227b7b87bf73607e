// Tells operators which limit keeps requests of a tenant out: at once, and while it goes on, once a minute with how many it
// has kept out since.
import type { Clock } from '../core/clock.ts';
import type { Failure, FailureCode } from '../core/failure.ts';
import type { TenantChange } from '../core/observer.ts';
import { type Millis, millis } from '../core/units.ts';

const LEAST_PAUSE = millis(60_000);

const LIMITS: ReadonlySet<FailureCode> = new Set<FailureCode>([
  'queue-full',
  'queue-timeout',
  'overloaded',
  'tenant-full',
  'tenant-rate-limited',
]);

/** Whether a limit is the reason. */
export function isLimit(code: FailureCode): boolean {
  return LIMITS.has(code);
}

export class LimitWatch {
  private readonly tenants = new Map<string, { toldAt: Millis; untold: number }>();

  constructor(
    private readonly tell: (change: TenantChange) => void,
    private readonly clock: Pick<Clock, 'now'>,
  ) {}

  /** A request of the tenant has failed. */
  failed(tenant: string, { code, reason, detail }: Failure): void {
    if (!isLimit(code)) return;
    const now = this.clock.now();
    const known = this.tenants.get(tenant);
    if (known !== undefined && now - known.toldAt < LEAST_PAUSE) {
      known.untold++;
      return;
    }
    const more = known === undefined || known.untold === 0 ? '' : ` (and ${known.untold} more requests before)`;
    this.tenants.set(tenant, { toldAt: now, untold: 0 });
    this.tell({ tenant, kind: 'limit_reached', detail: `${reason ?? detail}${more}` });
  }
}
