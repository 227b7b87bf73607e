// Has the configuration read again when one of its files changes. The system's events say when to look; what has changed is
// decided by looking alone, so that an event too many does no harm, and a look from time to time finds what no event told.
import type { SeenFile, SeenFiles } from '../config/seen-files.ts';
import type { Clock } from '../core/clock.ts';
import { millis } from '../core/units.ts';
import { FolderEvents } from '../world/folder-events.ts';
import { type Look, type Stamp, lookAt } from '../world/look-at-files.ts';

// Editors and tools write several files one after the other: what has not changed for so long is whole.
const SETTLED = millis(150);
/** A file that changes on and on is read as it is by then. */
const LONGEST_SETTLING = millis(3000);
const BETWEEN_LOOKS = millis(2000);
/** Looking takes some 20 µs a file; so it takes a hundredth of the time at most. */
const PER_FILE = 2;

export type WatchTools = {
  readonly clock: Pick<Clock, 'now' | 'wall' | 'after'>;
  /** Has it read again; it tells the watch what it reads by `reading`. */
  readonly reload: () => Promise<unknown>;
  /** Whether the system's events are used; default: yes. */
  readonly hasEvents?: boolean;
  readonly betweenLooks?: typeof BETWEEN_LOOKS;
};

/** Watches the files of a configuration, once begun. */
export class ConfigWatch {
  private seen: SeenFiles;
  private known: Look | null = null;
  /** When it was read, in milliseconds since 1970. */
  private readAt: number;
  private readonly events: FolderEvents;
  private wake: (() => void) | null = null;
  private isHinted = false;
  private isEnded = false;

  /** `seen`: what was read when the configuration was read last, which began at `readAt`. */
  constructor(
    { seen, readAt }: { readonly seen: SeenFiles; readonly readAt: number },
    private readonly tools: WatchTools,
  ) {
    this.seen = seen;
    this.readAt = readAt;
    this.events = new FolderEvents(() => this.hint());
  }

  /** To be called when the configuration is about to be read, whoever wants that; the result takes what was read then. */
  async reading(): Promise<(seen: SeenFiles | null) => void> {
    const readAt = this.tools.clock.wall();
    const before = await lookAt(this.seen);
    return (found) => {
      // Where nobody knows what was read, it is what was read before.
      const seen = found ?? this.seen;
      this.known = { files: before.files, globs: new Map() };
      this.seen = seen;
      this.readAt = readAt;
      // It may have changed meanwhile, and the folders may be others.
      this.hint();
    };
  }

  /** Watches until `stop`. */
  async run(): Promise<void> {
    while (!this.isEnded) {
      await this.followEvents();
      const look = await lookAt(this.seen);
      if (this.hasChanged(look)) {
        await this.settle(look);
        if (!this.isEnded) await this.tools.reload();
        continue;
      }
      this.known = look;
      await this.untilHint();
    }
  }

  stop(): void {
    this.isEnded = true;
    this.events.close();
    this.wake?.();
  }

  private async followEvents(): Promise<void> {
    this.isHinted = false;
    if (this.tools.hasEvents !== false) await this.events.follow(this.seen);
  }

  private hasChanged({ files, globs }: Look): boolean {
    if (this.seen.globs.some(({ glob, matches }) => globs.get(glob) !== (this.known?.globs.get(glob) ?? matches)))
      return true;
    return this.seen.files.some((file) => this.hasFileChanged(file, files.get(file.path)));
  }

  // Of a file that was seen for the first time, it is known only when it was read.
  private hasFileChanged({ path, wasRead }: SeenFile, stamp: Stamp | undefined): boolean {
    const before = this.known?.files.get(path);
    if (stamp === undefined || before !== undefined) return before?.text !== stamp?.text;
    return stamp.at === null ? wasRead : !wasRead || stamp.at >= this.readAt;
  }

  private async settle(first: Look): Promise<void> {
    const { clock } = this.tools;
    const end = clock.now() + LONGEST_SETTLING;
    let last = first;
    while (!this.isEnded && clock.now() < end) {
      await new Promise<void>((resolve) => void clock.after(SETTLED, resolve));
      const next = await lookAt(this.seen);
      if (isSame(last, next)) return;
      last = next;
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

function isSame(one: Look, other: Look): boolean {
  const [files, globs] = [[...one.files], [...one.globs]];
  return (
    files.every(([path, { text }]) => other.files.get(path)?.text === text) &&
    globs.every(([glob, matches]) => other.globs.get(glob) === matches)
  );
}
