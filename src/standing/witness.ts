// Whose request has met something bad at a backend. What one client meets may be its own doing: a request that makes a server
// fail, or a page that takes its time. It must not take the backend from the others.
import { type Millis, millis } from '../core/units.ts';

/** Who has seen a bad result. */
export type Witness = {
  /** The address of the client. */
  readonly client: string;
  /** The backend has served another client well within `RECENTLY`. */
  readonly servesOthers: boolean;
  /** How long the request had waited for its answer. */
  readonly waited: Millis;
};

/** How far back the clients of a backend are remembered. As long as `outlier_ejection.window`, by default. */
export const RECENTLY = millis(10_000);

/** Decides whether what clients meet at one backend counts against it. */
export class Witnesses {
  private client = '';
  private latest = millis(Number.NEGATIVE_INFINITY);
  private hasSeveral = false;

  /** `servesOthers` is as that of the witness, or known otherwise. True: the backend serves nobody else, or others meet bad
   * results as well. */
  believe({ client }: Witness, servesOthers: boolean, now: Millis): boolean {
    if (now - this.latest > RECENTLY) {
      this.client = client;
      this.hasSeveral = false;
    } else if (client !== this.client) this.hasSeveral = true;
    this.latest = now;
    return this.hasSeveral || !servesOthers;
  }
}
