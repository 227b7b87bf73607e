// The origin of faulty-origin-program.ts, in a process of its own.
import { join } from 'node:path';
import type { FaultyManner } from './faulty-origin-program.ts';
import { until } from './until.ts';

const PROGRAM = join(import.meta.dir, 'faulty-origin-program.ts');

/** An origin whose manner can be changed. Disposing ends it. */
export class FaultyOrigin implements AsyncDisposable {
  private output = '';
  private readonly child = Bun.spawn([process.execPath, PROGRAM], { stdin: 'pipe', stdout: 'pipe', stderr: 'inherit' });

  private constructor(readonly name: string) {
    void this.collect();
  }

  static async start(name: string): Promise<FaultyOrigin> {
    const origin = new FaultyOrigin(name);
    await until(() => origin.output.includes('listening '), `origin ${name} listens`);
    return origin;
  }

  get url(): string {
    return `http://127.0.0.1:${/listening (\d+)/.exec(this.output)?.[1]}`;
  }

  /** How often its health page was asked for. */
  get probes(): number {
    return this.told('probe');
  }

  /** How many of its answers it has broken off. */
  get cuts(): number {
    return this.told('cut');
  }

  private told(word: string): number {
    return this.output.split('\n').filter((line) => line === word).length;
  }

  /** Changes the manner; resolves when the origin has taken it. */
  async behave(manner: FaultyManner): Promise<void> {
    this.output = this.output.replace(/^manner .*\n/gm, '');
    void this.child.stdin.write(`${manner}\n`);
    void this.child.stdin.flush();
    await until(() => this.output.includes(`manner ${manner}\n`), `origin ${this.name} is ${manner}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL');
    await this.child.exited;
  }

  private async collect(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of this.child.stdout) this.output += decoder.decode(chunk);
  }
}
