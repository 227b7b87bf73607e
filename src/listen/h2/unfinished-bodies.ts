// Requests that were answered before all of their body has come. What is on its way is read and thrown away, as over HTTP/1.1: a
// client that is reset while it sends may take its answer for lost. What goes on for too long is reset: RFC 9113 8.1.
import { Timed, type TimerWheel } from '../../core/timer-wheel.ts';
import type { Millis } from '../../core/units.ts';
import { NO_ERROR } from '../../http2/frames.ts';
import type { FrameOutput } from './frame-output.ts';
import { STREAM_WINDOW } from './receive-window.ts';

// A client whose window is used up sends nothing more: it must be told before.
const MOST_ROOM = STREAM_WINDOW / 4;
const MOST_STREAMS = 128;

type UnfinishedTools = {
  readonly wheel: TimerWheel;
  /** How much of each is thrown away. */
  readonly droppedBody: number;
  readonly timeouts: { readonly linger: Millis };
};

export class UnfinishedBodies extends Timed {
  /** How much more of each stream is thrown away. */
  private readonly rooms = new Map<number, number>();

  constructor(
    private readonly output: Pick<FrameOutput, 'reset'>,
    private readonly tools: UnfinishedTools,
    /** These streams have been reset. */
    private readonly broken: (id: number) => void,
  ) {
    super();
  }

  /** The answer of that stream is complete, its request is not. */
  add(id: number): void {
    const { droppedBody, wheel, timeouts } = this.tools;
    if (droppedBody <= 0 || this.rooms.size >= MOST_STREAMS) return this.reset(id);
    this.rooms.set(id, Math.min(droppedBody, MOST_ROOM));
    wheel.set(this, timeouts.linger);
  }

  /** So much more has come of it. False: it is none of these. */
  take(id: number, size: number, isEnd: boolean): boolean {
    const room = this.rooms.get(id);
    if (room === undefined) return false;
    if (isEnd) this.rooms.delete(id);
    else if (size > room) this.reset(id);
    else this.rooms.set(id, room - size);
    return true;
  }

  /** Its client has ended it. False: it is none of these. */
  end(id: number): boolean {
    return this.rooms.delete(id);
  }

  /** They have had their time. */
  override expired(): void {
    for (const id of this.rooms.keys()) this.reset(id);
  }

  /** The connection is gone. */
  clear(): void {
    this.rooms.clear();
    this.tools.wheel.remove(this);
  }

  private reset(id: number): void {
    this.rooms.delete(id);
    this.output.reset(id, NO_ERROR);
    this.broken(id);
  }
}
