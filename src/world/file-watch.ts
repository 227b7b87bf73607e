// Has files read again when one of them changes. The system's events say when to look; what has changed is
// decided by looking alone, so that an event too many does no harm, and a look from time to time finds what no event told.
import type { SeenFiles } from '../config/seen-files.ts';
import type { Clock } from '../core/clock.ts';
import { type Millis, millis } from '../core/units.ts';
import { FolderEvents } from './folder-events.ts';
import { lookAt } from './look-at-files.ts';

// Editors and tools write several files one after the other: what has not changed for so long is whole.
const SETTLED = millis(150);
/** A file that changes on and on is read as it is by then. */
const LONGEST_SETTLING = millis(3000);
const BETWEEN_LOOKS = millis(2000);
/** Looking takes some 20 µs a file; so it takes a hundredth of the time at most. */
const PER_FILE = 2;

export type WatchTools = {
  readonly clock: Pick<Clock, 'now' | 'after'>;
  /** Has it read again; what is read then is told to `follow`. */
  readonly reload: () => Promise<unknown>;
  /** Whether the system's events are used; default: yes. */
  readonly hasEvents?: boolean;
  readonly betweenLooks?: Millis;
};

/** Watches files, once begun. */
export class FileWatch {
  /** As it was when the next look at it is no change. */
  private latest: SeenFiles;
  private readonly events: FolderEvents;
  private wake: (() => void) | null = null;
  private isHinted = false;
  private isEnded = false;

  /** `seen`: what is in force was read from these. */
  constructor(
    private seen: SeenFiles,
    private readonly tools: WatchTools,
  ) {
    this.latest = seen;
    this.events = new FolderEvents(() => this.hint());
  }

  /** To be called when the configuration was read, whoever wanted that. Null: nobody knows from what; then it was read from
   * the same files, as they were at the latest look. */
  follow(seen: SeenFiles | null): void {
    this.seen = seen ?? this.latest;
    // It may have changed meanwhile, and the folders may be others.
    this.hint();
  }

  /** Watches until `stop`. */
  async run(): Promise<void> {
    while (!this.isEnded) {
      this.isHinted = false;
      if (this.tools.hasEvents !== false) await this.events.follow(this.seen);
      if (await this.hasChanged()) {
        await this.settle();
        if (!this.isEnded) await this.tools.reload();
      } else await this.untilHint();
    }
  }

  stop(): void {
    this.isEnded = true;
    this.events.close();
    this.wake?.();
  }

  private async hasChanged(): Promise<boolean> {
    const { seen } = this;
    this.latest = await lookAt(seen);
    // It has been read meanwhile.
    return seen === this.seen && !isSame(seen, this.latest);
  }

  private async settle(): Promise<void> {
    const { clock } = this.tools;
    const end = clock.now() + LONGEST_SETTLING;
    while (!this.isEnded && clock.now() < end) {
      const before = this.latest;
      await new Promise<void>((resolve) => void clock.after(SETTLED, resolve));
      this.latest = await lookAt(before);
      if (isSame(before, this.latest)) return;
    }
  }

  private hint(): void {
    this.isHinted = true;
    this.wake?.();
  }

  private async untilHint(): Promise<void> {
    if (this.isHinted || this.isEnded) return;
    const { clock, betweenLooks = BETWEEN_LOOKS } = this.tools;
    await new Promise<void>((resolve) => {
      const cancel = clock.after(millis(betweenLooks + PER_FILE * this.seen.files.length), resolve);
      this.wake = () => {
        cancel();
        resolve();
      };
    });
    this.wake = null;
  }
}

function isSame(one: SeenFiles, other: SeenFiles): boolean {
  return (
    one.files.length === other.files.length &&
    one.files.every(({ path, stamp }, at) => other.files[at]?.path === path && other.files[at].stamp === stamp) &&
    one.globs.every(({ matches }, at) => other.globs[at]?.matches === matches)
  );
}
