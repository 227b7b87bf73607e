// Workers that are started before anybody knows what they are to serve. A process takes as long to load its program as it
// takes to read a small configuration, and both can be done at the same time.
import type { Descriptor } from '../core/kernel-sockets.ts';
import { WorkerProcess } from './worker-process.ts';

export class Recruits implements Disposable {
  private readonly waiting: WorkerProcess[] = [];

  constructor(private readonly close: (descriptor: Descriptor) => void) {}

  gather(count: number): void {
    for (let missing = count; missing > 0; missing--) this.waiting.push(new WorkerProcess(this.close));
  }

  /** One of those that were started, or else a new one. */
  take(): WorkerProcess {
    for (let next = this.waiting.shift(); next !== undefined; next = this.waiting.shift())
      if (next.state !== 'gone') return next;
    return new WorkerProcess(this.close);
  }

  /** Those that nobody has taken. */
  get all(): readonly WorkerProcess[] {
    return this.waiting;
  }

  /** Ends those that nobody has taken. */
  dismiss(): void {
    for (const worker of this.waiting.splice(0)) worker.kill();
  }

  [Symbol.dispose](): void {
    this.dismiss();
  }
}
