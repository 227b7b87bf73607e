// Waits of an order, which end when nobody waits for it any more.
import type { Clock } from '../core/clock.ts';
import { type Millis, millis } from '../core/units.ts';

/** Resolves after that time; rejects if the signal aborts it. */
export function restBy(clock: Pick<Clock, 'after'>): (time: Millis, signal: AbortSignal) => Promise<void> {
  return (time, signal) =>
    new Promise((resolve, reject) => {
      const abort = (): void => {
        cancel();
        reject(new Error('it takes too long'));
      };
      const cancel = clock.after(millis(time), () => {
        signal.removeEventListener('abort', abort);
        resolve();
      });
      if (signal.aborted) abort();
      else signal.addEventListener('abort', abort, { once: true });
    });
}
