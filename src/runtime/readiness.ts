// Whether clients should be sent to a gateway: when it listens and every backend has had its first verdict, at the latest some
// seconds after its start, since a name may never resolve; and no more from the moment it is told to end.
import type { Readiness } from '../admin/sources.ts';
import { type Millis, millis } from '../core/units.ts';

// A backend that does not answer its first probe has had its verdict by then.
const AT_LATEST = millis(5000);
// Everybody may ask, and to look at all backends takes a while.
const LOOK = millis(200);

export type ReadinessTools = {
  readonly now: () => Millis;
  /** All that are to let clients in do so. */
  readonly isServing: () => boolean;
  /** Every backend has had its first verdict. */
  readonly isSettled: () => boolean;
};

export class ReadinessWatch {
  private since: Millis | null = null;
  private isReady = false;
  private isEnding = false;
  private nextLook = 0;

  constructor(private readonly tools: ReadinessTools) {}

  /** The gateway listens. */
  begin(): void {
    this.since = this.tools.now();
  }

  /** It ends. */
  end(): void {
    this.isEnding = true;
  }

  get current(): Readiness {
    if (this.isEnding) return 'stopping';
    if (!this.isReady) this.look();
    return this.isReady ? 'ready' : 'starting';
  }

  private look(): void {
    const { now, isServing, isSettled } = this.tools;
    const time = now();
    if (this.since === null || time < this.nextLook || !isServing()) return;
    this.nextLook = time + LOOK;
    this.isReady = time >= this.since + AT_LATEST || isSettled();
  }
}
