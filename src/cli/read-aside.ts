// Reads and compiles a configuration on a thread of its own: one of ten thousand tenants takes seconds, in which nobody
// would be served.
import type { Problem } from '../config/problems.ts';
import type { GatewayPlan, Plan, TenantPlan } from '../plan/plan.ts';
import type { PlanPart } from './plan-parts.ts';

/** What was read. `plan` null: there are problems; else they are warnings. */
export type ReadPlan = { readonly plan: Plan | null; readonly problems: readonly Problem[] };

/** What the thread is told. It answers each `next` with one part. */
export type ReadingOrder =
  /** Tenants that need not be handed over, by their fingerprints. */
  | { readonly kind: 'known'; readonly fingerprints: readonly string[] }
  | { readonly kind: 'read'; readonly file: string }
  | { readonly kind: 'next' };

// So many fingerprints at a time: as much as a part of a plan.
const AT_ONCE = 1000;

/** Tenants that are the same as in `inForce` are taken from there. `rest` lets others have their turn. Rejects only if
 * the thread itself fails. */
export async function readPlanAside(file: string, inForce: Plan, rest: () => Promise<void>): Promise<ReadPlan> {
  const worker = new Worker(new URL('config-worker.ts', import.meta.url).href);
  const order = (one: ReadingOrder): void => worker.postMessage(one);
  const known = new Map<string, TenantPlan>();
  try {
    const failure = failureOf(worker);
    for (const tenants of inGroups(inForce.tenants, AT_ONCE)) {
      for (const tenant of tenants) known.set(tenant.fingerprint, tenant);
      order({ kind: 'known', fingerprints: tenants.map(({ fingerprint }) => fingerprint) });
      await rest();
    }
    order({ kind: 'read', file });
    const received = new Received(known);
    do order({ kind: 'next' });
    while (received.take(await Promise.race([nextPart(worker), failure])));
    return received.whole;
  } finally {
    worker.terminate();
  }
}

/** The parts that have come. */
class Received {
  private gateway: GatewayPlan | null = null;
  private readonly tenants: TenantPlan[] = [];
  private readonly problems: Problem[] = [];

  constructor(private readonly known: ReadonlyMap<string, TenantPlan>) {}

  get whole(): ReadPlan {
    const { gateway, tenants, problems } = this;
    return { plan: gateway === null ? null : { gateway, tenants }, problems };
  }

  /** False: that was the last one. */
  take(part: PlanPart): boolean {
    switch (part.kind) {
      case 'problems':
        this.problems.push(...part.problems);
        return true;
      case 'gateway':
        this.gateway = part.gateway;
        return true;
      case 'tenants':
        for (const tenant of part.tenants) this.tenants.push(typeof tenant === 'string' ? this.find(tenant) : tenant);
        return true;
      case 'end':
        return false;
    }
  }

  private find(fingerprint: string): TenantPlan {
    const tenant = this.known.get(fingerprint);
    if (tenant === undefined) throw new Error('the reading thread names a tenant that nobody knows');
    return tenant;
  }
}

function nextPart(worker: Worker): Promise<PlanPart> {
  return new Promise((resolve) => {
    worker.addEventListener('message', (event: MessageEvent<PlanPart>) => resolve(event.data), { once: true });
  });
}

function failureOf(worker: Worker): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  worker.addEventListener('error', (event) => reject(new Error(event.message)));
  // Whoever waits for the next part hears of it.
  promise.catch(() => undefined);
  return promise;
}

function* inGroups<T>(all: readonly T[], size: number): Generator<readonly T[]> {
  for (let at = 0; at < all.length; at += size) yield all.slice(at, at + size);
}
