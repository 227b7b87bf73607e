// A response body on its way from the backend to the client, compressed: payload in as it comes, payload out.
//
// A body that has come whole is compressed in one call. Of any other, the gateway gathers what comes, compresses it when
// there is enough of it, and also when a turn of the event loop has brought nothing new; then it flushes the encoder. So
// long polls and event streams flow, and a download that keeps the encoder busy is not flushed in between. What one turn
// of the event loop compresses, of all bodies together, is bounded.
import type { WorkInTurn, WorkTurns } from '../../core/work-turns.ts';
import type { BodyStage, StageOutput } from '../stage.ts';
import type { Coding } from './accept-encoding.ts';
import { createEncoder } from './encoders.ts';
import { Gathered } from './gathered.ts';
import type { Going, SyncEncoder } from './sync-encoder.ts';
import { compressWhole, mostAtOnce } from './whole-body.ts';

/** How one body is compressed. */
export type Compression = {
  readonly coding: Coding;
  readonly level: number;
  /** Of the body as it comes; 0: not known. */
  readonly length: number;
  /** Every slice goes on at once. */
  readonly isEventStream: boolean;
};

/** Uncompressed bytes that may wait. A single slice may be larger: it is already in memory. */
const ROOM = 64 * 1024;

type Phase = 'coming' | 'complete' | 'over';

/** Compresses one body. After `ended`, `failed` or `destroy` it is silent. */
export class Compressor implements BodyStage, WorkInTurn {
  private readonly gathered = new Gathered();
  /** So much is compressed within one call. */
  private readonly most: number;
  private readonly room: number;
  /** Null: nothing has been compressed yet. */
  private encoder: SyncEncoder | null = null;
  private phase: Phase = 'coming';
  private isQueued = false;
  /** The backend has been asked to rest. */
  private isResting = false;
  /** The client has asked for rest. */
  private isPaused = false;
  /** Something has come since the last look. */
  private hasNews = false;
  /** The encoder has given out all that it was given. */
  private isFlushed = true;

  constructor(
    private readonly plan: Compression,
    private readonly turns: WorkTurns,
    private readonly output: StageOutput,
  ) {
    this.most = mostAtOnce(plan.level);
    this.room = plan.length <= this.most ? Math.max(ROOM, plan.length) : ROOM;
  }

  get account(): number {
    return this.output.account;
  }

  write(bytes: Uint8Array, start: number, end: number): boolean {
    if (end === start || this.phase !== 'coming') return !this.isResting;
    this.gathered.add(bytes, start, end);
    this.hasNews = true;
    this.goOn(this.plan.isEventStream);
    this.isResting = this.gathered.size >= this.room;
    return !this.isResting;
  }

  /** The body is complete. */
  end(): void {
    if (this.phase !== 'coming') return;
    this.phase = 'complete';
    this.goOn(true);
  }

  /** The client takes more. */
  resume(): void {
    this.isPaused = false;
    this.goOn(false);
  }

  /** The body is of no use any more. */
  destroy(): void {
    this.phase = 'over';
    this.gathered.clear();
    if (this.encoder !== null) this.encoder.close();
  }

  workOn(): void {
    this.isQueued = false;
    this.step();
  }

  // What takes no time that others wait for need not wait itself.
  private goOn(isPressing: boolean): void {
    if (this.phase === 'over' || this.isPaused) return;
    if (isPressing && this.turns.hasTime) this.step();
    else this.queue();
  }

  private queue(): void {
    if (this.isQueued) return;
    this.isQueued = true;
    this.turns.queue(this);
  }

  private step(): void {
    if (this.phase === 'over' || this.isPaused) return;
    if (this.phase === 'complete') return this.conclude();
    if (this.gathered.size >= Math.min(this.most, this.room)) return this.pass('on');
    if (this.hasNews && !this.plan.isEventStream) {
      this.hasNews = false;
      return this.queue();
    }
    if (this.gathered.size > 0 || !this.isFlushed) this.pass('flush');
  }

  private conclude(): void {
    const { gathered, most } = this;
    if (gathered.size > most) return this.pass('on');
    const hasGone = this.give('finish');
    if (!hasGone || this.phase === 'over') return;
    this.destroy();
    this.output.ended();
  }

  // Gives the client a part of the body, and has the backend send on.
  private pass(going: Going): void {
    if (!this.give(going) || this.phase === 'over') return;
    this.isFlushed = going === 'flush';
    if (!this.isFlushed) this.goOn(false);
    if (!this.isResting || this.gathered.size > this.room / 2) return;
    this.isResting = false;
    this.output.drained();
  }

  // False: it has failed.
  private give(going: Going): boolean {
    const began = this.turns.now();
    const compressed = this.compress(going);
    if (compressed === null) return false;
    this.output.worked(this.turns.took(began));
    if (compressed.length > 0) this.isPaused = !this.output.produced(compressed, 0, compressed.length);
    return true;
  }

  private compress(going: Going): Uint8Array | null {
    const { coding, level, length } = this.plan;
    const payload = this.gathered.take(this.most);
    try {
      if (going === 'finish' && this.encoder === null) return compressWhole(coding, level, payload);
      this.encoder ??= createEncoder(coding, level, length);
      return this.encoder.encode(payload, going);
    } catch (cause) {
      this.destroy();
      this.output.failed(cause instanceof Error ? cause : new Error(String(cause), { cause }));
      return null;
    }
  }
}
