// A screen that is drawn again and again, in the place of what the terminal showed before.
import type { CommandInput, Terminal } from './contract.ts';

export type ScreenOptions = {
  readonly width: number;
  readonly height: number;
  readonly color: boolean;
  /** False: for terminals that show nothing but ASCII. */
  readonly unicode: boolean;
};

export type FullScreen = {
  /** Shows a text, whose lines are to fit, instead of the one before. */
  draw(text: string): void;
  /** Leaves the terminal as it was. */
  close(): void;
};

const ESCAPE = '\u001b[';
// The alternate screen keeps what was there before; lines that are too long are cut instead of wrapped.
const ENTER = `${ESCAPE}?1049h${ESCAPE}?25l${ESCAPE}?7l`;
const LEAVE = `${ESCAPE}?7h${ESCAPE}?25h${ESCAPE}?1049l`;
// The terminal shows a frame only when it is complete, if it knows how; each line erases what was longer before.
const BEGIN_FRAME = `${ESCAPE}?2026h${ESCAPE}H`;
const END_LINE = `${ESCAPE}K`;
const END_FRAME = `${ESCAPE}K${ESCAPE}J${ESCAPE}?2026l`;

/** Takes the whole screen. */
export function openScreen(terminal: Pick<Terminal, 'out'>): FullScreen {
  terminal.out(ENTER);
  return {
    draw: (text) => terminal.out(BEGIN_FRAME + text.replaceAll('\n', `${END_LINE}\r\n`) + END_FRAME),
    close: () => terminal.out(LEAVE),
  };
}

/** What the terminal can do, by the usual signs. */
export function screenOptions(terminal: Terminal, environment: CommandInput['environment']): ScreenOptions {
  const { columns, rows } = process.stdout;
  const locale = environment['LC_ALL'] || environment['LC_CTYPE'] || environment['LANG'] || '';
  return {
    width: columns > 0 ? columns : 100,
    height: rows > 0 ? rows : 24,
    color: terminal.isInteractive && !environment['NO_COLOR'],
    unicode: environment['TERM'] !== 'linux' && /utf-?8/i.test(locale),
  };
}
