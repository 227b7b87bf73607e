// Who has changed what by the admin API, who has tried to, and what came of it.
import { clientKey } from '../core/cidr.ts';
import type { Operator } from '../core/observer.ts';
import { RateLimits } from '../core/rate-limits.ts';
import { Ring } from '../core/ring.ts';
import { MASK, isSecretName } from '../core/secrets.ts';
import type { Millis } from '../core/units.ts';
import type { AuditEntry } from './shapes/audit.ts';

/** Keeps entries. */
export interface AuditStore {
  append(entry: AuditEntry): void;
  /** Some at a time: those that are newer than others come first, and within what comes at once last. */
  read(): AsyncIterable<readonly AuditEntry[]>;
}

/** Which entries are wanted; null: all. */
export type AuditFilter = {
  /** Tenants that may be seen. */
  readonly sees: (tenant: string | null) => boolean;
  readonly tenant: string | null;
  /** The name of a token, or an address. */
  readonly by: string | null;
  readonly outcome: string | null;
  /** What the path has in it. */
  readonly path: string | null;
  /** The oldest, in milliseconds since 1970. */
  readonly since: number;
  /** The latest so many. */
  readonly limit: number;
};

export type AuditTools = {
  readonly wall: () => number;
  readonly now: () => Millis;
  /** Null: in memory alone. */
  readonly store: AuditStore | null;
};

/** What somebody has tried, before it is known what the log adds. */
export type Attempt = Omit<AuditEntry, 'at' | 'left_out'>;

const LONGEST = 500;
// Whoever is refused may go on trying, from many addresses; what matters must not be pushed out.
const REFUSALS_OF_CLIENT = { burst: 20, perSecond: 0.1, most: 1024 };
const REFUSALS_OF_ALL = { burst: 200, perSecond: 1, most: 1 };

export class AuditLog {
  private readonly store: AuditStore;
  private readonly ofClient: RateLimits;
  private readonly ofAll: RateLimits;
  private leftOut = 0;

  constructor(private readonly tools: AuditTools) {
    this.store = tools.store ?? new AuditMemory();
    this.ofClient = new RateLimits(REFUSALS_OF_CLIENT, tools.now);
    this.ofAll = new RateLimits(REFUSALS_OF_ALL, tools.now);
  }

  add(attempt: Attempt): void {
    if (attempt.outcome === 'refused' && !this.mayBeRefused(attempt.by)) {
      this.leftOut++;
      return;
    }
    const { path, query, error } = attempt;
    const shown = {
      path: path.slice(0, LONGEST),
      query: masked(query).slice(0, LONGEST),
      error: error?.slice(0, LONGEST) ?? null,
    };
    const at = new Date(this.tools.wall()).toISOString();
    this.store.append({ at, ...attempt, ...shown, left_out: this.leftOut });
    this.leftOut = 0;
  }

  /** The oldest first. */
  async find(filter: AuditFilter): Promise<readonly AuditEntry[]> {
    const found: AuditEntry[] = [];
    for await (const entries of this.store.read()) {
      const fitting = entries.filter((entry) => fits(entry, filter));
      found.unshift(...fitting.slice(-(filter.limit - found.length)));
      const [oldest] = entries;
      const isOver = oldest !== undefined && Date.parse(oldest.at) < filter.since;
      if (isOver || found.length >= filter.limit) break;
    }
    return found;
  }

  private mayBeRefused({ address }: Operator): boolean {
    const key = clientKey(address);
    const allows = this.ofClient.allows(key) && this.ofAll.allows('');
    if (!allows) return false;
    this.ofClient.count(key);
    this.ofAll.count('');
    return true;
  }
}

/** Half a megabyte, until the process ends. */
class AuditMemory implements AuditStore {
  private readonly kept = new Ring<AuditEntry>(1000);

  append(entry: AuditEntry): void {
    this.kept.push(entry);
  }

  async *read(): AsyncIterable<readonly AuditEntry[]> {
    yield this.kept.toArray();
  }
}

function fits({ at, by, tenant, outcome, path }: AuditEntry, filter: AuditFilter): boolean {
  return (
    filter.sees(tenant) &&
    (filter.tenant === null || tenant === filter.tenant) &&
    (filter.by === null || by.token === filter.by || by.address === filter.by) &&
    (filter.outcome === null || outcome === filter.outcome) &&
    (filter.path === null || path.includes(filter.path)) &&
    Date.parse(at) >= filter.since
  );
}

function masked(query: string): string {
  const shown = new URLSearchParams();
  for (const [name, value] of new URLSearchParams(query)) shown.append(name, isSecretName(name) ? MASK : value);
  return shown.toString();
}
