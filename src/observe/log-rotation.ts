// Has files of logs set aside that have grown too large or too old, of whichever log they are. One process of a gateway does it;
// the others notice that a file has gone, and begin another one.
import type { Clock } from '../core/clock.ts';
import { errorOf } from '../core/error-of.ts';
import type { RotateSettings, RotatedFile } from '../core/rotate-settings.ts';
import { millis } from '../core/units.ts';
import type { Log } from './log.ts';

const LOOK = millis(1000);
// What is wrong with one file is told once in so long.
const TELL = millis(60_000);

export type RotationTools = {
  readonly clock: Pick<Clock, 'now' | 'wall' | 'every'>;
  readonly rotate: (path: string, settings: RotateSettings, wall: number) => Promise<void>;
  readonly log: Log;
};

export class LogRotation {
  /** The files that there are at the moment. */
  files: () => readonly RotatedFile[] = () => [];
  private stopLooking: (() => void) | null = null;
  private rotating: Promise<void> | null = null;
  /** Files that could not be set aside, and when that was told. */
  private toldAt: ReadonlyMap<string, number> = new Map();

  constructor(private readonly tools: RotationTools) {}

  /** From here on this process looks after them. */
  begin(): void {
    this.stopLooking ??= this.tools.clock.every(LOOK, () => this.look());
  }

  close(): void {
    this.stopLooking?.();
    this.stopLooking = null;
  }

  private look(): void {
    if (this.rotating !== null) return;
    // Two tenants may write one file: what the later one says of it holds.
    const files = new Map(this.files());
    if (files.size === 0) return;
    this.rotating = this.rotateAll(files).finally(() => {
      this.rotating = null;
    });
  }

  private async rotateAll(files: ReadonlyMap<string, RotateSettings>): Promise<void> {
    const { rotate, clock } = this.tools;
    const failed = new Map<string, number>();
    for (const [path, settings] of files) {
      try {
        await rotate(path, settings, clock.wall());
      } catch (error) {
        failed.set(path, this.told(path, errorOf(error)));
      }
    }
    this.toldAt = failed;
  }

  // When that is known from: it is said again only after a while.
  private told(output: string, { message }: Error): number {
    const now = this.tools.clock.now();
    const before = this.toldAt.get(output) ?? Number.NEGATIVE_INFINITY;
    if (now - before < TELL) return before;
    this.tools.log('error', 'a file of a log cannot be set aside', { output, problem: message });
    return now;
  }
}
