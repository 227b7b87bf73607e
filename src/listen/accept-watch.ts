// Stops accepting while no descriptor is left. The ceilings keep clients and backends from taking the last ones, but other
// files of this process may. The runtime would then try to accept again and again, and take a whole core.
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
};

/** One for all listeners. */
export class AcceptWatch extends Timed {
  private readonly gates = new Set<AcceptGate>();
  private isClosed = false;

  constructor(private readonly tools: AcceptWatchTools) {
    super();
  }

  /** Opens the gate, or closes it while no descriptor is left. */
  add(gate: AcceptGate): void {
    this.gates.add(gate);
    if (this.isClosed) gate.close();
    else gate.open();
    if (this.deadlineTick === 0) this.tools.wheel.set(this, NEXT_TICK);
  }

  /** The socket is about to be closed: its number may soon be another's. */
  remove(gate: AcceptGate): void {
    this.gates.delete(gate);
    if (this.gates.size === 0) this.tools.wheel.remove(this);
  }

  override expired(): void {
    this.set(this.tools.descriptors.next() === null);
    this.tools.wheel.set(this, this.isClosed ? PAUSE : NEXT_TICK);
  }

  private set(isClosed: boolean): void {
    if (this.isClosed === isClosed) return;
    this.isClosed = isClosed;
    for (const gate of this.gates) {
      if (isClosed) gate.close();
      else gate.open();
    }
    const { descriptors, warn } = this.tools;
    if (isClosed) warn('no connections are accepted: out of descriptors', () => ({ limit: descriptors.limit }));
  }
}
