// Draws on the whole terminal, again and again, and gives it back as it was.
import type { CommandInput, Terminal } from './contract.ts';

export type ScreenOptions = {
  readonly width: number;
  readonly height: number;
  readonly color: boolean;
  /** False: the terminal shows ASCII only. */
  readonly unicode: boolean;
};

export type FullScreen = {
  /** Replaces what is shown. The lines of the text must fit the width. */
  draw(text: string): void;
  /** Leaves the terminal as it was. */
  close(): void;
};

const ESCAPE = '\u001b[';
// Goes to the alternate screen, so that the old contents come back at the end; hides the cursor; and lets the terminal cut
// lines that are too long instead of wrapping them.
const ENTER = `${ESCAPE}?1049h${ESCAPE}?25l${ESCAPE}?7l`;
const LEAVE = `${ESCAPE}?7h${ESCAPE}?25h${ESCAPE}?1049l`;
// Terminals with synchronized output show a frame only when it is complete. Each line erases the rest of the one that was
// there before.
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

/** What the terminal can do, as far as its size and the environment tell. */
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
