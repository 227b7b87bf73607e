// Which backend a request goes to next, and the wait for one where waiting may help.
import { type Failure, failure } from '../core/failure.ts';
import type { Backend } from '../pools/backend.ts';
import type { Pool } from '../pools/pool.ts';
import { NONE_TRIED, Waiter } from '../pools/waiting-line.ts';
import type { Tenant } from './snapshot.ts';

/** Who wants a backend. It is told at once or later, once for each `look`. */
export interface SearchOwner {
  /** The backend counts the request already. */
  found(tenant: Tenant, backend: Backend): void;
  /** There is none now; the request is about to join the line. */
  waits(): void;
  notFound(why: Failure): void;
}

/** Looks for backends for one request. Its clock is the wait in the pool's line. */
export class Search extends Waiter {
  /** The backend that the client belongs to; null: none. */
  wanted: Backend | null = null;
  private tenant: Tenant | null = null;

  constructor(private readonly owner: SearchOwner) {
    super();
  }

  look(tenant: Tenant, isFirst: boolean): void {
    const pool = tenant.pool;
    this.tenant = tenant;
    if (isFirst && this.wanted !== null && pool.takeThis(this.wanted)) return this.owner.found(tenant, this.wanted);
    const backend = pool.take(this.tried, this.keyHash);
    if (backend !== null) return this.owner.found(tenant, backend);
    if (!pool.isWorthWaiting) return this.takeAnyway(tenant, pool);
    this.owner.waits();
    if (!pool.wait(this)) this.owner.notFound(failure('queue-full'));
  }

  private takeAnyway(tenant: Tenant, pool: Pool): void {
    const backend = pool.takeAnyway(this.tried);
    if (backend === null) this.owner.notFound(pool.explainNone());
    else this.owner.found(tenant, backend);
  }

  override admitted(backend: Backend): void {
    if (this.tenant !== null) this.owner.found(this.tenant, backend);
  }

  /** The wait is over, or has become useless. */
  override expired(): void {
    const { tenant } = this;
    if (tenant === null) return;
    this.end();
    // Not to know a backend's health is no reason to refuse it.
    const pool = tenant.pool;
    const unknown = pool.takeUnknown();
    if (unknown !== null) this.owner.found(tenant, unknown);
    else if (pool.isWorthWaiting) this.owner.notFound(failure('queue-timeout'));
    else this.takeAnyway(tenant, pool);
  }

  /** A backend has failed this request: it comes last from here on. */
  passOver(backend: Backend): void {
    this.tried = [...this.tried, backend];
  }

  /** Whether there is an eligible backend besides this one that the request has not tried. */
  hasOther(tenant: Tenant, backend: Backend): boolean {
    return tenant.pool.hasUntried([...this.tried, backend]);
  }

  /** Such a backend, which counts the request from now on; null: there is none. */
  takeOther(tenant: Tenant, backend: Backend): Backend | null {
    return this.hasOther(tenant, backend) ? tenant.pool.take([...this.tried, backend], this.keyHash) : null;
  }

  /** The request waits no more. */
  end(): void {
    if (this.line !== null) this.line.leave(this);
  }

  clear(): void {
    this.tenant = null;
    this.wanted = null;
    this.tried = NONE_TRIED;
    this.deadline = 0;
  }
}
