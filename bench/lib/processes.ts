// Starts the processes of a benchmark and makes its temporary directory. Both are removed however the benchmark ends.
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** What to run, where, and on which core; `core` null: not pinned. */
export type Command = {
  readonly argv: readonly string[];
  readonly core: number | null;
  readonly environment?: Readonly<Record<string, string>>;
};

/** A process that runs until it is stopped. */
export type Child = {
  readonly pid: number;
  hasExited(): boolean;
  /** The end of its output, which tells why it did not start. */
  output(): string;
  stop(): Promise<void>;
};

/** Where one benchmark runs: a temporary directory and the processes started from it. */
export type Stage = AsyncDisposable & {
  readonly directory: string;
  start(command: Command): Child;
  /** Runs a command to its end and returns what it printed; throws when it fails. */
  run(command: Command): Promise<string>;
};

const OUTPUT_KEPT = 65_536;
const STOP_MILLIS = 5000;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Opens a stage. Its directory is in memory where the system has a tmpfs, so that no disk is measured. */
export function openStage(): Stage {
  const directory = mkdtempSync(join(isWritable('/dev/shm') ? '/dev/shm' : tmpdir(), 'keystone-bench-'));
  const running = new Set<Running>();
  const close = async (): Promise<void> => {
    await Promise.all([...running].map((child) => child.stop()));
    rmSync(directory, { recursive: true, force: true });
  };
  const onSignal = (): void => void close().finally(() => process.exit(130));
  // The last resort, for exits that no `await using` sees. Asynchronous code does not run here.
  const onExit = (): void => {
    for (const child of running) child.killGroup();
    rmSync(directory, { recursive: true, force: true });
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  process.on('exit', onExit);

  const start = (command: Command): Running => {
    const child = new Running(command, () => running.delete(child));
    running.add(child);
    return child;
  };
  return {
    directory,
    start,
    run: (command) => start(command).finish(),
    async [Symbol.asyncDispose]() {
      await close();
      for (const signal of SIGNALS) process.off(signal, onSignal);
      process.off('exit', onExit);
    },
  };
}

/** The full path of an installed program, or null. Looks in `sbin` too, which is not in every user's PATH. */
export function findProgram(name: string): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin'];
  return folders.map((folder) => join(folder, name)).find((path) => isExecutable(path)) ?? null;
}

class Running implements Child {
  private readonly process: ChildProcess;
  private readonly exited: Promise<number | null>;
  private printed = '';
  private isRunning = true;

  constructor(command: Command, onEnd: () => void) {
    const [program, ...rest] = pinned(command);
    // In a process group of its own: Ctrl-C reaches only the benchmark, which then ends everything in order, and the
    // program's own children can be ended with it.
    this.process = spawn(program, rest, {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...command.environment },
    });
    const keep = (chunk: Buffer): void => {
      this.printed = (this.printed + chunk.toString()).slice(-OUTPUT_KEPT);
    };
    this.process.stdout?.on('data', keep);
    this.process.stderr?.on('data', keep);
    this.exited = new Promise((resolve) => {
      const end = (code: number | null): void => {
        this.isRunning = false;
        this.killGroup();
        onEnd();
        resolve(code);
      };
      this.process.on('error', (cause) => {
        this.printed += `${cause.message}\n`;
        end(null);
      });
      // `close`, not `exit`: all output has been read by then.
      this.process.on('close', end);
    });
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  hasExited(): boolean {
    return !this.isRunning;
  }

  output(): string {
    return this.printed;
  }

  async finish(): Promise<string> {
    const code = await this.exited;
    if (code !== 0) throw new Error(`${this.process.spawnargs.join(' ')} ended with ${code}:\n${this.printed}`);
    return this.printed;
  }

  async stop(): Promise<void> {
    if (!this.isRunning) return;
    this.process.kill('SIGTERM');
    const timer = setTimeout(() => this.killGroup(), STOP_MILLIS);
    await this.exited;
    clearTimeout(timer);
  }

  killGroup(): void {
    // kill(-0) would kill the benchmark's own group.
    if (this.pid === 0) return;
    try {
      process.kill(-this.pid, 'SIGKILL');
    } catch {
      // The group has ended already.
    }
  }
}

function pinned(command: Command): readonly string[] {
  if (command.core === null || findProgram('taskset') === null) return command.argv;
  // taskset replaces itself by the program, so the process id is the program's.
  return ['taskset', '-c', String(command.core), ...command.argv];
}

function isWritable(path: string): boolean {
  return canAccess(path, constants.W_OK);
}

function isExecutable(path: string): boolean {
  return canAccess(path, constants.X_OK);
}

function canAccess(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}
