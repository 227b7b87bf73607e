// What signals mean to a program that serves. They are obeyed from the first moment: a signal that comes while the program
// starts must not kill it. Until this file is reached `bin/keystone` has had them ignored.

/** Obeys the signals to this process, once made. SIGINT and SIGTERM end it gracefully, a second one at once with exit code 0;
 * SIGHUP asks for the configuration to be read again, SIGUSR1 for files of logs to be opened anew, SIGUSR2 for the installed program to take the place of this one. */
export class ServiceSignals {
  /** Resolves with the first signal that ends the program. */
  readonly stopped: Promise<string>;
  isStopping = false;
  private reload: (() => void) | null = null;
  /** A SIGHUP came when nobody could obey it. */
  private isReloadWanted = false;
  private upgrade: () => void = () => undefined;
  private reopen: () => void = () => undefined;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<string>();
    this.stopped = promise;
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        if (this.isStopping) process.exit(0);
        this.isStopping = true;
        resolve(signal);
      });
    }
    process.on('SIGHUP', () => this.askToReload());
    process.on('SIGUSR1', () => this.reopen());
    process.on('SIGUSR2', () => this.askToUpgrade());
  }

  private askToReload(): void {
    if (this.isStopping) return;
    if (this.reload === null) this.isReloadWanted = true;
    else this.reload();
  }

  private askToUpgrade(): void {
    if (!this.isStopping) this.upgrade();
  }

  /** The program serves: from here on it can reload and be upgraded. */
  serving(obey: { readonly reload: () => void; readonly upgrade: () => void; readonly reopen: () => void }): void {
    const { reload } = obey;
    this.reload = reload;
    this.upgrade = obey.upgrade;
    this.reopen = obey.reopen;
    if (this.isReloadWanted && !this.isStopping) reload();
  }
}
