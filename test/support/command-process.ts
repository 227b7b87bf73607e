// A command that runs until it is ended, as a user sees it.
import { tmpdir } from 'node:os';
import { PROGRAM } from './program.ts';

/** Runs a command and collects its output. Disposing ends it. */
export class CommandProcess implements AsyncDisposable {
  out = '';
  errors = '';
  private readonly child: Bun.Subprocess<'ignore', 'pipe', 'pipe'>;
  private readonly collected: Promise<unknown>;

  constructor(words: readonly string[], environment: Record<string, string> = {}) {
    this.child = Bun.spawn([PROGRAM, ...words], {
      cwd: tmpdir(),
      env: { ...process.env, ...environment },
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'pipe',
    });
    this.collected = Promise.all([
      collect(this.child.stdout, (text) => (this.out += text)),
      collect(this.child.stderr, (text) => (this.errors += text)),
    ]);
  }

  get pid(): number {
    return this.child.pid;
  }

  /** As Ctrl-C does. */
  interrupt(): void {
    this.child.kill('SIGINT');
  }

  /** Resolves with the exit code when all of its output has been read. */
  async exited(): Promise<number> {
    await this.collected;
    return await this.child.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null) this.child.kill('SIGKILL');
    await this.child.exited;
  }
}

async function collect(stream: ReadableStream<Uint8Array>, take: (text: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  for await (const chunk of stream) take(decoder.decode(chunk, { stream: true }));
}
