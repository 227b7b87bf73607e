// Two ways to show a demo: a screen that is drawn again and again, or lines as things happen.
import type { Clock } from '../../core/clock.ts';
import { millis } from '../../core/units.ts';
import type { Terminal } from '../contract.ts';
import { type ScreenOptions, renderEvent, renderScreen, renderTable } from './screen.ts';
import type { DemoEvent, DemoState } from './state.ts';

/** Shows a demo while it goes on. */
export type Show = {
  event(event: DemoEvent): void;
  /** `state`: asked for whenever it is shown. */
  begin(state: () => DemoState): void;
  /** Leaves the terminal as it was. May be called again. */
  end(): void;
};

export type ShowSurroundings = {
  readonly terminal: Terminal;
  readonly clock: Clock;
  readonly environment: Readonly<Record<string, string | undefined>>;
};

const REDRAW_EVERY = millis(200);

const ESCAPE = '\u001b[';
// The alternate screen keeps what was there before; lines that are too long are cut instead of wrapped.
const ENTER = `${ESCAPE}?1049h${ESCAPE}?25l${ESCAPE}?7l`;
const LEAVE = `${ESCAPE}?7h${ESCAPE}?25h${ESCAPE}?1049l`;
// The terminal shows a frame only when it is complete, if it knows how; each line erases what was longer before.
const BEGIN_FRAME = `${ESCAPE}?2026h${ESCAPE}H`;
const END_LINE = `${ESCAPE}K`;
const END_FRAME = `${ESCAPE}K${ESCAPE}J${ESCAPE}?2026l`;

/** The screen. */
export function liveShow({ terminal, clock, environment }: ShowSurroundings): Show {
  let leave: (() => void) | null = null;
  return {
    event: () => undefined,
    begin(state) {
      const draw = (): void => {
        const frame = renderScreen(state(), screenOptions(terminal, environment));
        terminal.out(BEGIN_FRAME + frame.replaceAll('\n', `${END_LINE}\r\n`) + END_FRAME);
      };
      const stopDrawing = clock.every(REDRAW_EVERY, draw);
      process.stdout.on('resize', draw);
      leave = () => {
        stopDrawing();
        process.stdout.off('resize', draw);
        terminal.out(LEAVE);
      };
      terminal.out(ENTER);
      draw();
    },
    end() {
      leave?.();
      leave = null;
    },
  };
}

/** Lines, and the table at the end. */
export function lineShow({ terminal, environment }: ShowSurroundings): Show {
  let latest: (() => DemoState) | null = null;
  const options = screenOptions(terminal, environment);
  return {
    event: (event) => terminal.out(`${renderEvent(event, options)}\n`),
    begin(state) {
      latest = state;
      const { version, url, attempt } = state();
      terminal.out(`Keystone Gateway ${version} at ${url}, three tenants, three origins\ntry: ${attempt}\n\n`);
    },
    end() {
      if (latest !== null) terminal.out(`\n${renderTable(latest().tenants, options)}`);
      latest = null;
    },
  };
}

/** What the terminal can do, by the usual signs. */
function screenOptions(terminal: Terminal, environment: ShowSurroundings['environment']): ScreenOptions {
  const { columns, rows } = process.stdout;
  const locale = environment['LC_ALL'] || environment['LC_CTYPE'] || environment['LANG'] || '';
  return {
    width: columns > 0 ? columns : 100,
    height: rows > 0 ? rows : 24,
    color: terminal.isInteractive && !environment['NO_COLOR'],
    unicode: environment['TERM'] !== 'linux' && /utf-?8/i.test(locale),
  };
}
