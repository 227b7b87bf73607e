// A terminal of its own for a program: script(1) gives it one.
import { tmpdir } from 'node:os';

/** A command on a terminal. */
export class Screen implements AsyncDisposable {
  out = '';
  private readonly child: Bun.Subprocess<'pipe', 'pipe', 'ignore'>;
  private readonly read: Promise<void>;

  constructor(line: string) {
    const words = ['script', '--quiet', '--return', '--command', line, '/dev/null'];
    const env = { ...process.env, TERM: 'xterm', LC_ALL: 'C.UTF-8' };
    this.child = Bun.spawn(words, { cwd: tmpdir(), env, stdin: 'pipe', stdout: 'pipe', stderr: 'ignore' });
    this.read = this.collect(this.child.stdout);
  }

  type(text: string): void {
    void this.child.stdin.write(text);
    void this.child.stdin.flush();
  }

  async exited(): Promise<number> {
    await this.read;
    return await this.child.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null) this.child.kill('SIGKILL');
    await this.child.exited;
  }

  private async collect(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of stream) this.out += decoder.decode(chunk, { stream: true });
  }
}
