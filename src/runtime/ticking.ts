// Time for the deadlines: the wheel is moved on by the clock.
import type { Clock } from '../core/clock.ts';
import type { TimerWheel } from '../core/timer-wheel.ts';
import { millis } from '../core/units.ts';

// Deadlines are kept in steps of this; a finer step would only wake an idle machine.
export const TICK = millis(50);
// After a stall of our own the clients' and backends' deadlines do not all pass at once.
const MAX_TICKS_AT_ONCE = 2;

type TickingTools = { readonly clock: Clock; readonly afterEvents: (task: () => void) => void };

/** Moves the wheel on until the returned function is called. A late tick is made up for, but not a long stall: what
 * arrived meanwhile is to be read first. */
export function keepTicking(wheel: TimerWheel, { clock, afterEvents }: TickingTools): () => void {
  const carryOn = (): void => {
    if (!wheel.carryOn()) afterEvents(carryOn);
  };
  wheel.align(clock.now());
  let due = clock.now() + TICK;
  return clock.every(TICK, () => {
    const late = Math.floor((clock.now() - due) / TICK) + 1;
    due = clock.now() + TICK;
    const ticks = Math.min(Math.max(late, 1), MAX_TICKS_AT_ONCE);
    let isDone = true;
    for (let tick = 0; tick < ticks; tick++) isDone = wheel.advance();
    wheel.align(clock.now());
    if (!isDone) afterEvents(carryOn);
  });
}
