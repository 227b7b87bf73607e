// nginx as an origin that a test can kill, freeze, restart and break.
import { rmSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nginxHead } from './nginx-head.ts';
import { accepts, freePort } from './ports.ts';
import { pathOf } from './programs.ts';
import { until } from './until.ts';

/** The statuses that it answers: its pages, and its health page. */
export type Manner = { readonly pages: number; readonly health: number };

// A page without `n` has 1 KiB.
const PADDING = 'page '.repeat(205).slice(0, 1022);

const WELL: Manner = { pages: 200, health: 200 };

/** A page repeats the query parameter `n` at both of its ends, so that a client can tell it from the answer to another
 * request. */
export class NginxOrigin implements AsyncDisposable {
  private child: Bun.Subprocess<'ignore', 'ignore', 'inherit'> | null = null;

  private constructor(
    readonly name: string,
    readonly port: number,
    private readonly directory: string,
  ) {
    process.on('exit', this.onExit);
  }

  // nginx has a process group of its own, and would outlive a test process that exits without disposing of it.
  private readonly onExit = (): void => {
    this.signalAll('SIGKILL');
    rmSync(this.directory, { recursive: true, force: true });
  };

  static async start(name: string): Promise<NginxOrigin> {
    const origin = new NginxOrigin(name, freePort(), await mkdtemp(join(tmpdir(), 'keystone-nginx-')));
    await origin.configure(WELL);
    try {
      await origin.start();
    } catch (error) {
      await origin[Symbol.asyncDispose]();
      throw error;
    }
    return origin;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Starts nginx; not for the first time: on the same port again. */
  async start(): Promise<void> {
    // In a process group of its own, so that a signal reaches master and worker in the same moment.
    this.child = Bun.spawn([pathOf('nginx') ?? 'nginx', '-e', 'stderr', '-c', join(this.directory, 'config')], {
      detached: true,
      stdin: 'ignore',
      stdout: 'ignore',
      stderr: 'inherit',
    });
    await until(() => accepts(this.port), `origin ${this.name} listens`);
  }

  async kill(): Promise<void> {
    this.signalAll('SIGKILL');
    await this.child?.exited;
  }

  freeze(): void {
    this.signalAll('SIGSTOP');
  }

  thaw(): void {
    this.signalAll('SIGCONT');
  }

  /** Stops as a service manager stops it: gracefully by QUIT, quickly by TERM. */
  async stop(signal: 'SIGQUIT' | 'SIGTERM'): Promise<void> {
    this.child?.kill(signal);
    await this.child?.exited;
  }

  /** Changes what it answers, by a reload of its configuration. */
  async answer(manner: Partial<Manner>): Promise<void> {
    const wanted = { ...WELL, ...manner };
    await this.configure(wanted);
    this.child?.kill('SIGHUP');
    const status = async (path: string): Promise<number> =>
      (await fetch(this.url + path, { headers: { Connection: 'close' } })).status;
    await until(
      async () => (await status('/')) === wanted.pages && (await status('/health')) === wanted.health,
      `origin ${this.name} has reloaded`,
    );
  }

  /** How often its health page was asked for. */
  probes(): Promise<number> {
    return this.lines('probes');
  }

  /** How many of its pages it has answered with a status other than 200; all whose answers have been read count. */
  async bad(): Promise<number> {
    // The line of an answer is written behind it. Its one worker does one thing at a time: all before this are written by then.
    await fetch(`${this.url}/over`, { headers: { Connection: 'close' } });
    return this.lines('bad');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    process.off('exit', this.onExit);
    await rm(this.directory, { recursive: true });
  }

  private async lines(file: string): Promise<number> {
    return (await readFile(join(this.directory, file), 'utf8')).split('\n').length - 1;
  }

  private signalAll(signal: NodeJS.Signals): void {
    const { child } = this;
    if (child !== null && child.exitCode === null && child.signalCode === null) process.kill(-child.pid, signal);
  }

  private async configure(manner: Manner): Promise<void> {
    await writeFile(join(this.directory, 'config'), configuration(this.directory, this.port, manner));
  }
}

// Keeps connections open for ever, so that only faults end connections.
function configuration(directory: string, port: number, { pages, health }: Manner): string {
  return `${nginxHead(directory)}
  default_type text/plain; keepalive_timeout 1h; keepalive_requests 1000000000;
  map $status $is_bad { 200 0; default 1; }
  server {
    listen 127.0.0.1:${port};
    location / { access_log ${directory}/bad combined if=$is_bad; return ${pages} "$arg_n ${PADDING} $arg_n"; }
    location = /over { return 204; }
    location = /health { access_log ${directory}/probes; return ${health} "health"; }
  }
}
`;
}
