// Origins in processes of their own, so that they can be killed.
import { join } from 'node:path';
import { freePort } from './ports.ts';
import { until } from './until.ts';

const PROGRAM = join(import.meta.dir, 'origin-program.ts');

/** A real process that serves; it can be killed and started again on the same port. */
export class OriginProcess implements AsyncDisposable {
  private child: Bun.Subprocess<'pipe', 'pipe', 'inherit'> | null = null;
  readonly port = freePort();

  private constructor(readonly name: string) {}

  static async start(name: string): Promise<OriginProcess> {
    const origin = new OriginProcess(name);
    await origin.start();
    return origin;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Starts the origin, each time on the same port. */
  async start(): Promise<void> {
    const child = Bun.spawn([process.execPath, PROGRAM, this.name, String(this.port)], {
      stdin: 'pipe',
      stdout: 'pipe',
      stderr: 'inherit',
    });
    this.child = child;
    let output = '';
    void (async () => {
      const decoder = new TextDecoder();
      for await (const chunk of child.stdout) output += decoder.decode(chunk);
    })();
    await until(() => /listening \d+/.test(output), `origin ${this.name} listens`);
  }

  signal(name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT' | 'SIGTERM'): void {
    this.child?.kill(name);
  }

  async kill(): Promise<void> {
    this.child?.kill('SIGKILL');
    await this.child?.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}
