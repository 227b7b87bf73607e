// Whether a process that starts does something. It has no pulse yet, so that this can be seen from outside only.
import type { SeenProcess } from './hang.ts';

// It computes, waits for a core, or waits for a disk.
const BUSY = new Set(['R', 'D']);

export class Progress {
  private before: SeenProcess | null = null;
  private quiet = 0;

  /** Returns how many looks in a row have found that nothing had happened since the one before. Looks are counted, not time:
   * when the whole machine has been held up, there was none. */
  look(seen: SeenProcess): number {
    const isQuiet = this.before !== null && seen.cpu !== null && seen.cpu === this.before.cpu && !BUSY.has(seen.state);
    this.before = seen;
    this.quiet = isQuiet ? this.quiet + 1 : 0;
    return this.quiet;
  }
}
