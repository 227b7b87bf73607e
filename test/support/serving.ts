// A gateway started by any program: `npx`, an installed command, an executable.
import { tmpdir } from 'node:os';
import { until } from './until.ts';

const READY = /listening on (https?:\/\/\S+)/;

/** A process that serves. Disposing ends it. */
export class Serving implements AsyncDisposable {
  output = '';
  errors = '';

  private constructor(readonly child: Bun.Subprocess<'ignore', 'pipe', 'pipe'>) {}

  /** Starts `COMMAND run --config FILE` at a port of this machine, and waits until it listens. */
  static async start(
    command: readonly string[],
    file: string,
    environment: Record<string, string> = {},
    more: readonly string[] = [],
  ): Promise<Serving> {
    const child = Bun.spawn([...command, 'run', '--config', file, '--addr', '127.0.0.1:0', ...more], {
      cwd: tmpdir(),
      env: { ...process.env, ...environment },
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'pipe',
    });
    const serving = new Serving(child);
    void collect(child.stdout, (text) => (serving.output += text));
    void collect(child.stderr, (text) => (serving.errors += text));
    await until(() => READY.test(serving.output) || child.exitCode !== null, 'it listens');
    if (serving.url === '') throw new Error(`it did not start:\n${serving.errors}`);
    return serving;
  }

  get url(): string {
    return READY.exec(this.output)?.[1] ?? '';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL');
    await this.child.exited;
  }
}

async function collect(stream: ReadableStream<Uint8Array>, take: (text: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  for await (const chunk of stream) take(decoder.decode(chunk, { stream: true }));
}
