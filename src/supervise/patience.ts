// How long an answer of a worker is waited for. One that takes longer is ended; what it was to answer is answered by its end.
import type { Clock } from '../core/clock.ts';
import { type Millis, formatDuration, millis } from '../core/units.ts';
import { seeProcess } from './hang.ts';
import { Progress } from './progress.ts';
import type { WorkerProcess } from './worker-process.ts';

const BETWEEN_LOOKS = millis(250);

type Waited = Pick<WorkerProcess, 'pid' | 'endBecause'>;

export class Patience {
  constructor(
    private readonly clock: Pick<Clock, 'after' | 'every'>,
    /** How long a worker may do nothing. */
    private readonly hang: () => Millis,
  ) {}

  async within<Answer>(limit: Millis, worker: Waited, answer: Promise<Answer>): Promise<Answer> {
    const cancel = this.clock.after(limit, () => worker.endBecause(`it has not answered for ${formatDuration(limit)}`));
    const answered = await answer;
    cancel();
    return answered;
  }

  /** As long as it does something. A reload waits for workers that start: one that does nothing must not hold it up for
   * minutes. */
  async whileItMoves<Answer>(worker: Waited, answer: Promise<Answer>): Promise<Answer> {
    const progress = new Progress();
    const cancel = this.clock.every(BETWEEN_LOOKS, () => {
      const silent = millis(progress.look(seeProcess(worker.pid)) * BETWEEN_LOOKS);
      if (silent >= this.hang()) worker.endBecause(`it did nothing for ${formatDuration(silent)} when it started`);
    });
    const answered = await answer;
    cancel();
    return answered;
  }
}
