// Two ways to show a demo: as a screen that is redrawn, or as a line for each event.
import type { Clock } from '../../src/core/clock.ts';
import { millis } from '../../src/core/units.ts';
import type { Terminal } from '../../src/cli/contract.ts';
import { openScreen, screenOptions } from '../../src/cli/full-screen.ts';
import { renderEvent, renderScreen, renderTable } from './screen.ts';
import type { DemoEvent, DemoState } from './state.ts';

/** Shows a demo while it runs. */
export type Show = {
  event(event: DemoEvent): void;
  /** `state` is called at each drawing. */
  begin(state: () => DemoState): void;
  /** Leaves the terminal as it was. May be called again. */
  end(): void;
};

export type ShowOptions = {
  readonly terminal: Terminal;
  readonly clock: Clock;
  readonly environment: Readonly<Record<string, string | undefined>>;
};

const REDRAW_EVERY = millis(200);

/** The screen. */
export function liveShow({ terminal, clock, environment }: ShowOptions): Show {
  let leave: (() => void) | null = null;
  return {
    event: () => undefined,
    begin(state) {
      const screen = openScreen(terminal);
      const draw = (): void => screen.draw(renderScreen(state(), screenOptions(terminal, environment)));
      const stopDrawing = clock.every(REDRAW_EVERY, draw);
      process.stdout.on('resize', draw);
      leave = () => {
        stopDrawing();
        process.stdout.off('resize', draw);
        screen.close();
      };
      draw();
    },
    end() {
      leave?.();
      leave = null;
    },
  };
}

/** Lines, and the table at the end. */
export function lineShow({ terminal, environment }: ShowOptions): Show {
  let latest: (() => DemoState) | null = null;
  const options = screenOptions(terminal, environment);
  return {
    event: (event) => terminal.out(`${renderEvent(event, options)}\n`),
    begin(state) {
      latest = state;
      const { version, url, attempt, dashboard } = state();
      terminal.out(`Keystone Gateway ${version} at ${url}, three tenants, three origins\ntry: ${attempt}\n`);
      terminal.out(dashboard === null ? '\n' : `see: ${dashboard} in a browser\n\n`);
    },
    end() {
      if (latest !== null) terminal.out(`\n${renderTable(latest().tenants, options)}`);
      latest = null;
    },
  };
}
