// The terminal of this process, and what happens when nobody can take what it writes.
import type { ExitCode, Terminal } from './contract.ts';

/** The standard output and the standard error. */
export class StandardTerminal implements Terminal {
  readonly isInteractive = process.stdout.isTTY === true;
  readonly isErrorInteractive = process.stderr.isTTY === true;
  private needsOutput = true;

  constructor() {
    process.stdout.on('error', (error) => this.outputLost(error));
    // There is nowhere left to report it.
    process.stderr.on('error', () => undefined);
  }

  out = (text: string): void => void process.stdout.write(text);
  error = (text: string): void => void process.stderr.write(text);

  goOnWithoutOutput = (): void => {
    this.needsOutput = false;
  };

  /** Ends the process when all of the output has been taken. Ending it at once would cut off what a slow reader of a pipe has
   * not taken yet. */
  async exit(code: ExitCode): Promise<never> {
    if (this.needsOutput) {
      await new Promise<void>((resolve) => void process.stdout.end(() => resolve()));
      // An error of the last write is reported only after that.
      await new Promise((resolve) => setImmediate(resolve));
    }
    process.exit(code);
  }

  private outputLost(error: Error): void {
    // The reader may have stopped reading (`keystone schema | head`), which is no error of ours.
    const isReaderGone = 'code' in error && error.code === 'EPIPE';
    if (isReaderGone && this.needsOutput) process.exit(0);
    this.error(`keystone: cannot write to the standard output: ${error.message}\n`);
    if (this.needsOutput) process.exit(1);
  }
}
