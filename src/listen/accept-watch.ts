// Stops accepting while no descriptor is left, and for clients while the gateway is overloaded. The ceilings keep clients and backends from taking the last ones, but other
// files of this process may. The runtime would then try to accept again and again, and take a whole core.
import type { Overload } from '../admit/overload.ts';
import type { AcceptGate, Descriptors } from '../core/descriptors.ts';
import { Timed, type TimerWheel } from '../core/timer-wheel.ts';
import { millis } from '../core/units.ts';
import type { Warn } from '../core/warn.ts';

const PAUSE = millis(500);
const NEXT_TICK = millis(0);

export type AcceptWatchTools = {
  readonly wheel: TimerWheel;
  readonly descriptors: Descriptors;
  readonly warn: Warn;
  readonly overload: Pick<Overload, 'isRefusing'>;
};

/** Who comes in by a gate. */
type Share = 'clients' | 'operators';

/** One for all listeners. */
export class AcceptWatch extends Timed {
  private readonly gates = new Map<AcceptGate, Share>();
  private lacksDescriptors = false;
  private isOverloaded = false;

  constructor(private readonly tools: AcceptWatchTools) {
    super();
  }

  /** Opens the gate, or closes it for as long as nobody may come in. */
  add(gate: AcceptGate, share: Share): void {
    this.gates.set(gate, share);
    this.set(gate, share);
    if (this.deadlineTick === 0) this.tools.wheel.set(this, NEXT_TICK);
  }

  /** The socket is about to be closed: its number may soon be another's. */
  remove(gate: AcceptGate): void {
    this.gates.delete(gate);
    if (this.gates.size === 0) this.tools.wheel.remove(this);
  }

  override expired(): void {
    const { descriptors, overload, wheel, warn } = this.tools;
    const [lacked, wasOverloaded] = [this.lacksDescriptors, this.isOverloaded];
    this.lacksDescriptors = descriptors.next() === null;
    this.isOverloaded = overload.isRefusing;
    wheel.set(this, this.lacksDescriptors ? PAUSE : NEXT_TICK);
    if (lacked === this.lacksDescriptors && wasOverloaded === this.isOverloaded) return;
    for (const [gate, share] of this.gates) this.set(gate, share);
    if (this.lacksDescriptors && !lacked)
      warn('no connections are accepted: out of descriptors', () => ({ limit: descriptors.limit }));
  }

  // Operators have to see what is wrong.
  private set(gate: AcceptGate, share: Share): void {
    if (this.lacksDescriptors || (this.isOverloaded && share === 'clients')) gate.close();
    else gate.open();
  }
}
