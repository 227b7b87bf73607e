// What a request has of what its tenant may have only so much of. Where the tenant has no such limits, nothing.
import type { LimitName, TenantLimitSettings, TenantLimits } from '../admit/tenant-limits.ts';
import { type Failure, failureBecause } from '../core/failure.ts';
import { Timed } from '../core/timer-wheel.ts';
import type { Millis } from '../core/units.ts';
import type { Downstream } from '../message/contract.ts';
import type { ExchangeTools } from './exchange-tools.ts';
import type { Tenant } from './snapshot.ts';

const SETTINGS = {
  requests_in_flight: 'requestsInFlight',
  connections: 'connections',
  request_rate: 'requestRate',
  bandwidth: 'bandwidth',
  buffered_bytes: 'bufferedBytes',
} as const satisfies Readonly<Record<LimitName, keyof TenantLimitSettings>>;

/** The exchange as its place sees it. */
export interface PlaceOwner {
  readonly downstream: Pick<Downstream, 'belongsTo' | 'sayLast'> | null;
  overloaded(): void;
  /** It may ask again whether it may begin. */
  admitted(): void;
  giveUp(why: Failure): void;
  restRequest(): void;
  /** Bytes of its bodies may pass again, or may not for a while: see `isResting`. */
  paceChanged(): void;
}

export class TenantPlace extends Timed {
  /** The bytes of its bodies have to wait: the tenant has used up what may pass. */
  isResting = false;
  /** Null: it has no place. */
  private limits: TenantLimits | null = null;
  /** It waits since then; 0: it does not. */
  private waitsSince = 0;

  constructor(
    private readonly owner: PlaceOwner,
    private readonly tools: Pick<ExchangeTools, 'wheel' | 'turnClock' | 'overload'>,
  ) {
    super();
  }

  /** Whether a request may ask for its share at all. Otherwise the exchange has been told what follows. */
  letsIn({ share, limits }: Tenant): boolean {
    const { overload } = this.tools;
    const { downstream } = this.owner;
    if (overload.isSparing && share.isAbove) {
      // Its client goes, which would come back with more. Where nobody else is there, that would help nobody.
      if (downstream !== null && share.hasCompany) downstream.sayLast();
      if (overload.isRefusing) {
        this.owner.overloaded();
        return false;
      }
    }
    const isOneTooMany = limits.hasDoor && downstream !== null && !downstream.belongsTo(limits);
    if (isOneTooMany) this.refuse(limits, 'connections');
    return !isOneTooMany;
  }

  /** Whether a request may go on. Otherwise the exchange has been told what follows. */
  mayBegin({ limits, pool }: Tenant, now: Millis): boolean {
    if (this.limits !== null) return true;
    const rest = limits.restBefore(now);
    if (rest > 0) {
      if (this.waitsSince === 0) this.waitsSince = now;
      const isLate = now + rest - this.waitsSince > pool.options.queueTimeout;
      if (isLate) this.refuseFor(limits, 'bandwidth');
      else this.wait(rest);
      return false;
    }
    const why = limits.requestBegins(now);
    if (why === null) this.limits = limits;
    else this.refuse(limits, why);
    return why === null;
  }

  private wait(rest: Millis): void {
    this.tools.wheel.set(this, rest);
    this.owner.restRequest();
  }

  /** The same for a request that does not wait. False: there is no place for it. */
  takes({ limits }: Tenant): boolean {
    if (!limits.hasGuard) return true;
    const now = this.tools.turnClock.now();
    if (limits.restBefore(now) > 0 || limits.requestBegins(now) !== null) return false;
    this.limits = limits;
    return true;
  }

  /** The same for a limit that does not count itself what it refuses. */
  refuseFor(limits: TenantLimits, why: LimitName): void {
    this.refuse(limits, limits.refuse(why));
  }

  /** Its tenant has all that it may have. */
  refuse({ configured }: TenantLimits, why: LimitName): void {
    const code = why === 'request_rate' ? 'tenant-rate-limited' : 'tenant-full';
    this.owner.giveUp(failureBecause(code, `the tenant has reached limits.${why} (${configured[SETTINGS[why]]})`));
  }

  /** So many bytes of a body have passed. */
  passed(bytes: number): void {
    const { limits } = this;
    if (limits === null || !limits.hasPace || bytes === 0) return;
    const rest = limits.passed(bytes, this.tools.turnClock.now());
    if (rest === 0) return;
    this.isResting = true;
    this.tools.wheel.set(this, rest);
    this.owner.paceChanged();
  }

  override expired(): void {
    if (this.limits === null) return this.owner.admitted();
    this.isResting = false;
    this.owner.paceChanged();
  }

  /** Nothing of it passes any more. */
  stop(): void {
    this.deadlineTick = 0;
    this.isResting = false;
  }

  leave(): void {
    this.stop();
    this.waitsSince = 0;
    const { limits } = this;
    this.limits = null;
    if (limits !== null) limits.requestEnded();
  }
}
