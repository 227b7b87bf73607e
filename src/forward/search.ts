// Finds the backend that a request goes to next; waits for one if waiting may help.
import type { Failure } from '../core/failure.ts';
import type { ClientFacts } from '../message/contract.ts';
import type { Head } from '../message/head.ts';
import type { Backend } from '../pools/backend.ts';
import { balanceKey } from '../pools/balance-key.ts';
import type { Pool } from '../pools/pool.ts';
import { mayServe } from '../pools/selection.ts';
import { NONE_TRIED, Waiter } from '../pools/waiting-line.ts';
import type { Tenant } from './snapshot.ts';

/** Told the result of a search: `found` or `notFound`, once for each `look`, at once or later. */
export interface SearchOwner {
  /** The backend already counts the request as its own. */
  found(tenant: Tenant, backend: Backend): void;
  /** No backend is free now: the request is about to join the line. */
  waits(): void;
  notFound(why: Failure): void;
}

/** What a pool has to know of a request. */
type Wish = {
  /** The backend that its client belongs to; null: none. */
  wanted: Backend | null;
  keyHash: number;
};

/** A pool that a request may go to. */
export type Aim = Wish & { readonly tenant: Tenant };

/** Finds out what the pool has to know. */
export function aimAt(
  { affinity, keySource }: Pool,
  { head, client }: { readonly head: Head; readonly client: ClientFacts },
  wish: Wish,
): void {
  if (affinity !== null) wish.wanted = affinity.backendOf(head);
  if (keySource !== null) wish.keyHash = balanceKey(keySource, head, client);
}

/** Looks for backends for one request. Its deadline ends the wait in the pool's line. */
export class Search extends Waiter {
  /** The backend that affinity asks for; null: none. */
  wanted: Backend | null = null;
  /** Where it looks once the first pool has nobody for the request; null: nowhere else. */
  spare: Aim | null = null;
  private tenant: Tenant | null = null;

  constructor(private readonly owner: SearchOwner) {
    super();
  }

  look(tenant: Tenant, isFirst: boolean): void {
    const pool = tenant.pool;
    this.tenant = tenant;
    if (this.spare !== null && !mayServe(pool, this.tried)) return this.lookElsewhere(this.spare);
    if (isFirst && this.wanted !== null && pool.takeThis(this.wanted)) return this.owner.found(tenant, this.wanted);
    const backend = pool.take(this.tried, this.keyHash);
    if (backend !== null) return this.owner.found(tenant, backend);
    if (!pool.isWorthWaiting) return this.takeAnyway(tenant, pool);
    this.owner.waits();
    if (!pool.wait(this)) this.none(() => pool.explainNone('queue-full'));
  }

  private lookElsewhere({ tenant, wanted, keyHash }: Aim): void {
    this.spare = null;
    this.wanted = wanted;
    this.keyHash = keyHash;
    this.look(tenant, true);
  }

  private takeAnyway(tenant: Tenant, pool: Pool): void {
    const backend = pool.takeAnyway(this.tried);
    if (backend === null) this.none(() => pool.refuse());
    else this.owner.found(tenant, backend);
  }

  private none(explain: () => Failure): void {
    if (this.spare === null) this.owner.notFound(explain());
    else this.lookElsewhere(this.spare);
  }

  override admitted(backend: Backend): void {
    if (this.tenant !== null) this.owner.found(this.tenant, backend);
  }

  /** The time to wait is over, or no backend can come free any more. */
  override expired(): void {
    const { tenant } = this;
    if (tenant === null) return;
    this.end();
    // First a backend whose health is not known yet: it may well answer.
    const pool = tenant.pool;
    const unknown = pool.takeUnknown();
    if (unknown !== null) this.owner.found(tenant, unknown);
    else if (pool.isWorthWaiting && !pool.lacksNames) this.none(() => pool.explainNone('queue-timeout'));
    else this.takeAnyway(tenant, pool);
  }

  /** A backend has failed this request: it is tried again only after all others. */
  passOver(backend: Backend): void {
    this.tried = [...this.tried, backend];
  }

  /** True if the request has not tried some eligible backend besides this one. */
  hasOther(tenant: Tenant, backend: Backend): boolean {
    return tenant.pool.hasUntried([...this.tried, backend]);
  }

  /** There is such a backend, or another pool. */
  hasNext(tenant: Tenant, backend: Backend): boolean {
    return this.spare !== null || this.hasOther(tenant, backend);
  }

  /** As long as there is another pool, one attempt is left for it. */
  countAs(attempts: number): number {
    return this.spare === null ? attempts : Math.min(attempts, 1);
  }

  /** Some eligible backend of that pool besides this one, which counts the request from now on; null: there is none. */
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
    this.spare = null;
    this.tried = NONE_TRIED;
    this.deadlineTick = 0;
  }
}
