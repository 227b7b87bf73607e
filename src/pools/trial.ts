// The one request by which the whole gateway tries a backend that is back from an ejection.
import type { BackendCells } from '../core/backend-cells.ts';
import { type Slot, standingFields } from '../core/cells.ts';
import { Timed, type TimerWheel } from '../core/timer-wheel.ts';
import { millis } from '../core/units.ts';

// Between two processes a verdict takes some milliseconds. Where there is none by then, as one client alone has met the
// failure, the next request may try.
const VERDICT_TIME = millis(250);

/** The trials of a backend that are this process's own. */
export class Trial extends Timed {
  /** The number of the request that tries it; 0: none does. */
  private current = 0;
  private last = 0;
  /** Such a request that has no way yet. */
  private before = 0;
  /** The request has left the backend. */
  private isOver = false;
  /** It has gone badly, and the owner of standing, another process, has not said yet what follows from that. */
  private isInDoubt = false;

  constructor(
    private readonly cells: BackendCells,
    private readonly slot: Slot,
    private readonly wheel: TimerWheel,
    /** Requests may try the backend again. */
    private readonly onFree: () => void,
  ) {
    super();
  }

  /** False: a request tries the backend already. */
  begin(): boolean {
    const { standing, place } = this.cells;
    if (!standing.swap(this.slot, standingFields.trial, 0, place + 1)) return false;
    this.current = ++this.last;
    this.before = this.current;
    this.isOver = false;
    this.isInDoubt = false;
    return true;
  }

  /** See `TransportTarget.takeTrial`. */
  take(): number {
    const trial = this.before;
    this.before = 0;
    return trial;
  }

  /** A request of that number has left the backend. */
  leave(trial: number): void {
    if (trial === 0 || trial !== this.current) return;
    this.isOver = true;
    if (!this.isInDoubt) this.end();
  }

  /** A request has gone badly. No other tries the backend until it is known whether it is ejected again: in the
   * meantime each of them would fail as well. */
  doubt(): void {
    if (this.current === 0 || !this.cells.isShared) return;
    this.isInDoubt = true;
    this.wheel.set(this, VERDICT_TIME);
  }

  override expired(): void {
    this.isInDoubt = false;
    if (this.current === 0 || !this.isOver) return;
    this.end();
    this.onFree();
  }

  /** There is a verdict: the request may go on for long, and must not be in the way of a later trial. */
  end(): void {
    if (this.current === 0) return;
    this.current = 0;
    this.cells.standing.swap(this.slot, standingFields.trial, this.cells.place + 1, 0);
  }
}
