// What has gone wrong with requests to one backend, by kind: how often and when last. Bounded.
import type { Failure, FailureCode } from '../core/failure.ts';

/** One kind of fault. */
export type Fault = {
  readonly code: FailureCode;
  /** What exactly, for operators; null: the code says it. */
  readonly reason: string | null;
  count: number;
  /** Milliseconds since 1970, of the latest one. */
  at: number;
};

// A backend rarely fails in more ways. The one that was seen longest ago makes room for a new one.
const MOST = 10;

export class Faults {
  private readonly kinds = new Map<string, Fault>();

  met({ code, reason }: Pick<Failure, 'code' | 'reason'>, at: number): void {
    const key = reason === null ? code : `${code} ${reason}`;
    const fault = this.kinds.get(key) ?? { code, reason, count: 0, at };
    fault.count++;
    fault.at = at;
    // A map keeps the order of insertion.
    this.kinds.delete(key);
    this.kinds.set(key, fault);
    const [oldest] = this.kinds.keys();
    if (this.kinds.size > MOST && oldest !== undefined) this.kinds.delete(oldest);
  }

  /** The latest comes last. */
  toArray(): readonly Readonly<Fault>[] {
    return Array.from(this.kinds.values());
  }
}
