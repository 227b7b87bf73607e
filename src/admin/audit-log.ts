// Who has changed what by the admin API, and what came of it. Bounded, and in memory alone.
import { Ring } from '../core/ring.ts';
import type { Operator } from '../core/observer.ts';
import { isSecretName, MASK } from '../core/secrets.ts';

export type AuditEntry = {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly by: Operator;
  readonly method: string;
  readonly path: string;
  /** Without its `?`. */
  readonly query: string;
  /** Whom it was about; null: the gateway. */
  readonly tenant: string | null;
  /** Of the answer. */
  readonly status: number;
};

// About half a megabyte.
const MOST = 1000;
const LONGEST = 500;

export class AuditLog {
  private readonly kept = new Ring<AuditEntry>(MOST);

  constructor(private readonly wall: () => number) {}

  add(entry: Omit<AuditEntry, 'at'>): void {
    const { path, query } = entry;
    const shown = { path: path.slice(0, LONGEST), query: masked(query).slice(0, LONGEST) };
    this.kept.push({ at: this.wall(), ...entry, ...shown });
  }

  /** The oldest first. */
  get entries(): readonly AuditEntry[] {
    return this.kept.toArray();
  }
}

function masked(query: string): string {
  const shown = new URLSearchParams();
  for (const [name, value] of new URLSearchParams(query)) shown.append(name, isSecretName(name) ? MASK : value);
  return shown.toString();
}
