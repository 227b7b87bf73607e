// Shows a running test: a line for each event, and below them a status line that is redrawn.
import { formatDuration, type Millis } from '../../src/core/units.ts';
import { bar, count, elapsed } from '../../src/cli/charts.ts';
import type { Terminal } from '../../src/cli/contract.ts';
import type { Stage } from './plan.ts';
import { stageReport } from './results.ts';
import type { Audience, Session } from './session.ts';
import { describeChange, summarise } from './table.ts';
import type { Change } from './watch.ts';

const BAR_WIDTH = 20;
const LATEST_STEPS = 5;
const ERASE_LINE = '\r\u001b[K';

/** Writes to standard error, since standard output is for the results. */
export class Progress implements Audience {
  private current: { readonly stage: Stage; readonly number: number; readonly startedAt: Millis } | null = null;

  constructor(
    private readonly error: Terminal['error'],
    private readonly now: () => Millis,
    private readonly isLive: boolean,
  ) {}

  begun(stage: Stage, number: number): void {
    this.current = { stage, number, startedAt: this.now() };
    this.say(`stage ${number}, ${stage.name}: ${stage.connections} connections, ${formatDuration(stage.duration)}`);
  }

  ended(outcome: Parameters<Audience['ended']>[0]): void {
    this.current = null;
    this.say(`  ${summarise(stageReport(outcome))}`);
  }

  changed(change: Change): void {
    this.say(`  ${elapsed(change.at)}  ${describeChange(change)}`);
  }

  acted(text: string, at: Millis): void {
    this.say(`  ${elapsed(at)}  ${text}`);
  }

  /** Redraws the status line. */
  draw({ throughput, watch }: Session): void {
    if (!this.isLive || this.current === null) return;
    const { stage, startedAt } = this.current;
    const gone = Math.min(stage.duration, this.now() - startedAt);
    const rates = throughput.perSecond().slice(-LATEST_STEPS);
    const rate = rates.reduce((sum, value) => sum + value, 0) / Math.max(1, rates.length);
    const share = gone / stage.duration;
    const health =
      watch === null
        ? ''
        : `  ${watch.latest.filter(({ state }) => state === 'healthy').length} of ${watch.latest.length} healthy`;
    const numbers = `${count(rate)} a second${health}`;
    this.error(`${ERASE_LINE}  ${bar(share, BAR_WIDTH, false).padEnd(BAR_WIDTH, '.')}  ${elapsed(gone)}  ${numbers}`);
  }

  /** Removes the status line, so that the terminal has whole lines only. */
  end(): void {
    if (this.isLive) this.error(ERASE_LINE);
  }

  private say(line: string): void {
    this.error(`${this.isLive ? ERASE_LINE : ''}${line}\n`);
  }
}
