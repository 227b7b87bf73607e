// Writes the state of a running gateway when it has changed, and not more often than once in a while.
import type { Clock } from '../core/clock.ts';
import { errorOf } from '../core/error-of.ts';
import { type Pace, inSlices } from '../core/slices.ts';
import { millis } from '../core/units.ts';
import type { Log } from '../observe/log.ts';
import type { ControlSource } from '../runtime/control-state.ts';
import type { StateStore } from './contract.ts';

const LOOK_EVERY = millis(1000);
// Of looks. It counts for a minute, so that some writes may fail; the first is soon after the first probes.
const BACKENDS_EVERY = 10;
const BACKENDS_FIRST = 2;

export type KeeperTools = {
  readonly clock: Pick<Clock, 'every'>;
  readonly pace: Pace;
  readonly log: Log;
};

/** Keeps what a gateway knows and has decided in a store. */
export class StateKeeper {
  private writing: Promise<void> = Promise.resolve();
  private isWriting = false;
  private written = '';
  private looks = 0;
  /** The last write has failed, and the log has said so. */
  private isBroken = false;
  private cancel: () => void = () => undefined;

  constructor(
    private readonly source: ControlSource,
    private readonly store: StateStore,
    private readonly tools: KeeperTools,
  ) {
    this.resume();
  }

  /** Begins to write, or goes on after `pause`. */
  resume(): void {
    this.cancel();
    this.cancel = this.tools.clock.every(LOOK_EVERY, () => this.look());
    this.look();
  }

  /** Resolves when nothing is being written, and nothing will be: another process may write. */
  async pause(): Promise<void> {
    this.cancel();
    await this.writing;
  }

  /** The gateway begins to end: what is known of backends is written once more, since nobody probes them from here on. */
  async settle(): Promise<void> {
    this.cancel();
    await this.writing;
    await this.attempt(() => this.writeBackends());
  }

  /** The last that there is to write. */
  async end(): Promise<void> {
    await this.attempt(() => this.store.writeDecisions(this.source.decisions(), true));
  }

  private look(): void {
    if (this.isWriting) return;
    this.isWriting = true;
    this.writing = this.attempt(() => this.write()).finally(() => {
      this.isWriting = false;
    });
  }

  private async write(): Promise<void> {
    const version = this.source.decisionsVersion();
    if (version !== this.written) {
      await this.store.writeDecisions(this.source.decisions(), false);
      this.written = version;
    }
    if (this.looks++ % BACKENDS_EVERY === BACKENDS_FIRST) await this.writeBackends();
  }

  private writeBackends(): Promise<void> {
    return this.store.writeBackends(this.source.backends(), (steps) => inSlices(steps, this.tools.pace, () => false));
  }

  private async attempt(write: () => Promise<void>): Promise<void> {
    try {
      await write();
      this.isBroken = false;
    } catch (error) {
      if (!this.isBroken)
        this.tools.log('warn', 'state_dir cannot be written; the gateway goes on without', {
          reason: errorOf(error).message,
        });
      this.isBroken = true;
    }
  }
}
