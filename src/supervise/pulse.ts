// Whether workers are alive: each counts the ticks of its wheel where the supervisor can see it.
import { processFields } from '../core/cells.ts';
import { type GatewayCells, OWN } from '../core/gateway-cells.ts';
import { type Millis, millis } from '../core/units.ts';

// The supervisor itself was held up: nothing can be said of the workers.
const OWN_STALL = millis(150);

/** ok: it ticks; suspect: it has not for a while, and somebody is to help; hung: not for so long that it will not again. */
export type Pulse = { readonly state: 'ok' | 'suspect' | 'hung'; readonly silent: Millis };

/** After which silence a worker is helped, and after which it is ended. */
export type PulseLimits = { readonly helpAfter: Millis; readonly hangsAfter: Millis };

export class PulseWatch {
  private readonly beats = new Map<number, { beat: number; at: Millis }>();
  private lookedAt = millis(Number.NEGATIVE_INFINITY);
  private heldUpAt = millis(Number.NEGATIVE_INFINITY);

  constructor(private readonly cells: GatewayCells) {}

  /** To be called at each tick, before the places are felt. */
  look(now: Millis): void {
    if (now - this.lookedAt > OWN_STALL) this.heldUpAt = now;
    this.lookedAt = now;
  }

  feel(place: number, now: Millis, { helpAfter, hangsAfter }: PulseLimits): Pulse {
    const beat = this.cells.processes.of(place, OWN, processFields.heartbeat);
    const known = this.beats.get(place);
    if (known?.beat !== beat) {
      this.beats.set(place, { beat, at: now });
      return { state: 'ok', silent: millis(0) };
    }
    const silent = millis(now - Math.max(known.at, this.heldUpAt));
    return { state: silent >= hangsAfter ? 'hung' : silent >= helpAfter ? 'suspect' : 'ok', silent };
  }

  forget(place: number): void {
    this.beats.delete(place);
  }
}
