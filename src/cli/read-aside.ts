// Reads and compiles a configuration in a process of its own. One of ten thousand tenants takes seconds, in which nobody
// would be served, and half a gigabyte, which the gateway would keep: the runtime gives memory back only with its process.
import { fileURLToPath } from 'node:url';
import type { Problem } from '../config/problems.ts';
import type { GatewayPlan, Plan, TenantPlan } from '../plan/plan.ts';
import type { PlanPart } from './plan-parts.ts';

/** What was read. `plan` null: there are problems; else they are warnings. */
export type ReadPlan = { readonly plan: Plan | null; readonly problems: readonly Problem[] };

/** What the reading process is told. It answers each `next` with one part. */
export type ReadingOrder =
  /** Tenants that need not be handed over, by their fingerprints. */
  | { readonly kind: 'known'; readonly fingerprints: readonly string[] }
  /** `isPatient`: others on this machine may go first. */
  | { readonly kind: 'read'; readonly file: string; readonly isPatient: boolean }
  | { readonly kind: 'next' };

// So many fingerprints at a time: as much as a part of a plan.
const AT_ONCE = 1000;

/** Tenants that are the same as in `inForce` are taken from there. `rest` lets others have their turn. Rejects only if
 * the process itself fails. */
export async function readPlanAside(
  file: string,
  inForce: Pick<Plan, 'tenants'>,
  rest: () => Promise<void>,
): Promise<ReadPlan> {
  using reader = new Reader();
  const known = new Map<string, TenantPlan>();
  for (const tenants of inGroups(inForce.tenants, AT_ONCE)) {
    for (const tenant of tenants) known.set(tenant.fingerprint, tenant);
    reader.order({ kind: 'known', fingerprints: tenants.map(({ fingerprint }) => fingerprint) });
    await rest();
  }
  // It takes seconds, and those who are being served count in milliseconds; before the start there is nobody.
  reader.order({ kind: 'read', file, isPatient: inForce.tenants.length > 0 });
  const received = new Received(known);
  while (received.take(await reader.next()));
  return received.whole;
}

const PROGRAM = fileURLToPath(new URL('config-reader.ts', import.meta.url));

/** The reading process, which ends with this. */
class Reader implements Disposable {
  private readonly child: Bun.Subprocess<'ignore', 'ignore', 'inherit'>;
  private waiting: PromiseWithResolvers<PlanPart> | null = null;
  private end: Error | null = null;

  constructor() {
    this.child = Bun.spawn([process.execPath, ...process.execArgv, PROGRAM], {
      stdin: 'ignore',
      stdout: 'ignore',
      stderr: 'inherit',
      serialization: 'advanced',
      ipc: (part: PlanPart) => this.waiting?.resolve(part),
      onExit: (_, code, signal) => {
        this.end = new Error(`the process that reads it has ended with ${signal ?? code}`);
        this.waiting?.reject(this.end);
      },
    });
  }

  order(one: ReadingOrder): void {
    if (this.end === null) this.child.send(one);
  }

  next(): Promise<PlanPart> {
    if (this.end !== null) return Promise.reject(this.end);
    this.waiting = Promise.withResolvers();
    this.order({ kind: 'next' });
    return this.waiting.promise;
  }

  [Symbol.dispose](): void {
    this.waiting = null;
    this.child.kill('SIGKILL');
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
    if (tenant === undefined) throw new Error('the reading process names a tenant that nobody knows');
    return tenant;
  }
}

function* inGroups<T>(all: readonly T[], size: number): Generator<readonly T[]> {
  for (let at = 0; at < all.length; at += size) yield all.slice(at, at + size);
}
