// Which clients a backend has served well of late. Two are remembered, so that for any client it is known whether there was
// another one.
import { RECENTLY } from '../standing/witness.ts';

/** The clients of one backend. Times are in ticks of the wheel. */
export class ServedClients {
  private latest = '';
  private latestAt = 0;
  /** The latest of the others. */
  private other = '';
  private otherAt = 0;

  /** A client has got a whole, good answer. */
  served(client: string, now: number): void {
    if (client !== this.latest) {
      this.other = this.latest;
      this.otherAt = this.latestAt;
      this.latest = client;
    }
    this.latestAt = now;
  }

  /** Whether a client other than that one was served of late. `tick`: milliseconds of one tick. */
  hasOtherThan(client: string, now: number, tick: number): boolean {
    const isLatest = client === this.latest;
    const name = isLatest ? this.other : this.latest;
    const at = isLatest ? this.otherAt : this.latestAt;
    return name !== '' && (now - at) * tick < RECENTLY;
  }
}
