// Looks ten times a second at how overloaded this process is, and says in the log when that changes.
import type { Admission } from '../admit/admission.ts';
import type { Overload } from '../admit/overload.ts';
import { Timed, type TimerWheel } from '../core/timer-wheel.ts';
import { type Bytes, type Millis, millis } from '../core/units.ts';
import type { Log } from '../observe/log.ts';

const PERIOD = millis(100);
/** So many periods are a second. */
const PERIODS = 10;

type WatchTools = {
  readonly admission: Pick<Admission, 'waiting' | 'takeTurns'>;
  readonly overload: Overload;
  readonly wheel: TimerWheel;
  readonly log: Log;
  readonly now: () => Millis;
  /** The memory that this process uses. */
  readonly residentBytes: () => Bytes;
};

type Turns = { readonly count: number; readonly used: number };

const NO_TURNS: Turns = { count: 0, used: 0 };

export class OverloadWatch extends Timed {
  private readonly periods: Turns[] = Array.from({ length: PERIODS }, () => NO_TURNS);
  private at = 0;

  constructor(
    private readonly tools: WatchTools,
    /** What it may use; Infinity: what there is. */
    public memory: Bytes,
  ) {
    super();
    tools.wheel.set(this, PERIOD);
  }

  override expired(): void {
    const { admission, overload, wheel, now, log } = this.tools;
    wheel.set(this, PERIOD);
    this.at = (this.at + 1) % PERIODS;
    this.periods[this.at] = admission.takeTurns();
    const facts = { turn: this.averageTurn, memory: this.memoryPart, hasWaiting: admission.waiting > 0 };
    const before = overload.level;
    if (!overload.look(facts, now())) return;
    // That requests wait is what shares are for.
    if (Math.max(before, overload.level) < 2) return;
    const fields = {
      level: overload.level,
      turn_ms: Math.round(facts.turn),
      memory_percent: Math.round(100 * facts.memory),
    };
    log(overload.level > before ? 'warn' : 'info', 'the overload of the gateway has changed', fields);
  }

  private get averageTurn(): Millis {
    let count = 0;
    let used = 0;
    for (const period of this.periods) {
      count += period.count;
      used += period.used;
    }
    return millis(count === 0 ? 0 : used / count);
  }

  private get memoryPart(): number {
    return this.memory === Number.POSITIVE_INFINITY ? 0 : this.tools.residentBytes() / this.memory;
  }
}
