// Runs programs of this folder in Node.js processes, such as the npm package `ws` at both ends. They share no code with the
// gateway.
import { join } from 'node:path';
import { pathOf } from './programs.ts';
import { until } from './until.ts';

const NODE = pathOf('node');

/** Whether Node.js is installed. */
export const hasNode = NODE !== null;

type ProgramFile =
  | 'ws-client.mjs'
  | 'ws-origin.mjs'
  | 'grpc-server.mjs'
  | 'openid-provider.mjs'
  | 'h2-server.mjs'
  | 'grpc-echo.mjs'
  | 'grpc-web.mjs';

/** A running program of this folder and what it has printed. Disposing ends it. */
export class NodeProgram implements AsyncDisposable {
  output = '';
  private readonly ended: Promise<void>;

  private constructor(private readonly child: Bun.Subprocess<'pipe', 'pipe', 'inherit'>) {
    this.ended = this.collect();
  }

  static start(file: ProgramFile, ...words: readonly string[]): NodeProgram {
    const command = [NODE ?? 'node', join(import.meta.dir, file), ...words];
    return new NodeProgram(Bun.spawn(command, { stdin: 'pipe', stdout: 'pipe', stderr: 'inherit' }));
  }

  /** One that listens, with the port that it has said. */
  static async listening(
    file: ProgramFile,
    ...words: readonly string[]
  ): Promise<NodeProgram & { readonly port: string }> {
    const program = NodeProgram.start(file, ...words);
    const [, port = ''] = await program.said(/listening (\d+)/);
    return Object.assign(program, { port });
  }

  /** Writes a line to its standard input. */
  tell(line: string): void {
    void this.child.stdin.write(`${line}\n`);
    void this.child.stdin.flush();
  }

  /** It does nothing any more, and what it has open stays open. */
  freeze(): void {
    this.child.kill('SIGSTOP');
  }

  /** Resolves once it has printed a line like this one. */
  async said(line: RegExp): Promise<RegExpExecArray> {
    await until(() => line.test(this.output) || this.child.exitCode !== null, `${String(line)} is printed`);
    const found = line.exec(this.output);
    if (found === null) throw new Error(`it ended, having printed ${JSON.stringify(this.output)}`);
    return found;
  }

  /** Its last line, parsed as JSON, once it has ended. */
  async report(): Promise<unknown> {
    await this.ended;
    return JSON.parse(this.output.trimEnd().split('\n').at(-1) ?? 'null');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL');
    await this.child.exited;
  }

  private async collect(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of this.child.stdout) this.output += decoder.decode(chunk, { stream: true });
  }
}
