// The real program, started as a user starts it.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { childrenOf } from './processes.ts';
import { PROGRAM } from './program.ts';
import { until } from './until.ts';

const COUNT = 'KEYSTONE_TEST_WORKERS';
// The runner of the tests has what it starts end with it, by a variable that goes on to every process below. A gateway must be as
// in real use, where its workers and its successor outlive it.
const LIVES_ON = { BUN_FEATURE_FLAG_NO_ORPHANS: undefined };

/** As the environment of a gateway: one process serves, also where the suite is run with several. */
export const ALONE = { [COUNT]: '1' };
const READY = /listening on https?:\/\/\S+:(\d+)/;
const ADMIN = /admin API on http:\/\/\S+:(\d+)/;

/** A process of `keystone run`, with a configuration file of its own. Disposing ends it. */
export class GatewayProcess implements AsyncDisposable {
  output = '';
  errors = '';
  port = 0;
  /** Of the admin API; 0: it has no address of its own. */
  adminPort = 0;
  private hasSuccessor = false;
  private readonly upgraded = new Set<number>();

  private constructor(
    private readonly child: Bun.Subprocess<'ignore', 'pipe', 'pipe'>,
    readonly directory: string,
  ) {
    void this.collect(child.stdout, (text) => {
      this.output += text;
    });
    void this.collect(child.stderr, (text) => {
      this.errors += text;
    });
  }

  /** Starts it and waits until it listens. `port` 0: one that the system chooses; so it does for the admin API, unless the
   * configuration says where that is. `launcher`: words before the command. `inherited`: what it has as descriptors 3, 4 and
   * so on. */
  static async start(
    yaml: string,
    environment: Record<string, string> = {},
    port = 0,
    launcher: readonly string[] = [],
    inherited: readonly number[] = [],
  ): Promise<GatewayProcess> {
    const directory = await mkdtemp(join(tmpdir(), 'keystone-test-'));
    await writeFile(join(directory, 'keystone.yaml'), forTests(yaml));
    const words = ['--config', 'keystone.yaml', '--addr', `127.0.0.1:${port}`];
    return GatewayProcess.startIn(directory, words, environment, { launcher, inherited });
  }

  /** Ends it without a word, and starts it again where it was. */
  async crash(): Promise<GatewayProcess> {
    return this.restart('SIGKILL');
  }

  /** Ends it and starts it again where it was. This object is of no use any more. */
  async restart(signal: NodeJS.Signals): Promise<GatewayProcess> {
    this.signal(signal);
    await this.exited;
    this.hasSuccessor = true;
    return GatewayProcess.startIn(this.directory, ['--config', 'keystone.yaml', '--addr', '127.0.0.1:0']);
  }

  /** Starts it in a folder that has its configuration. Disposing removes the folder. */
  static async startIn(
    directory: string,
    words: readonly string[],
    environment: Record<string, string> = {},
    {
      launcher = [],
      inherited = [],
      program = PROGRAM,
    }: { launcher?: readonly string[]; inherited?: readonly number[]; program?: string } = {},
  ): Promise<GatewayProcess> {
    const child = Bun.spawn([...launcher, program, 'run', ...words, ...workersFor(words, environment)], {
      cwd: directory,
      env: { ...process.env, ...LIVES_ON, XDG_STATE_HOME: directory, ...environment },
      stdio: ['ignore', 'pipe', 'pipe', ...inherited],
    });
    const gateway = new GatewayProcess(child, directory);
    await until(() => READY.test(gateway.output) || child.exitCode !== null, 'the gateway listens');
    const served = READY.exec(gateway.output)?.[1];
    if (served === undefined) throw new Error(`the gateway did not start:\n${gateway.errors}`);
    gateway.port = Number(served);
    gateway.adminPort = Number(ADMIN.exec(gateway.output)?.[1] ?? 0);
    return gateway;
  }

  /** Has the installed program take its place. The output of both is this one's. */
  async upgrade(): Promise<Record<string, unknown>> {
    const response = await fetch(`${this.admin}/upgrade`, { method: 'POST' });
    const outcome = (await response.json()) as Record<string, unknown>;
    // Its own line in the log may come after the test.
    if (typeof outcome['pid'] === 'number') this.upgraded.add(outcome['pid']);
    return outcome;
  }

  /** The process that has taken the place of another one as the last of so many. */
  async replaced(count: number): Promise<number> {
    await until(() => this.successors.length >= count, `it has been replaced ${count} times`);
    return this.successors[count - 1] ?? 0;
  }

  private get successors(): readonly number[] {
    // As text, or as JSON where the configuration is the test's own.
    const told = /upgraded(?: evidence=|","evidence":)"process (\d+),/g;
    return Array.from(this.errors.matchAll(told), ([, pid]) => Number(pid));
  }

  /** The port of the only listener that its configuration names, which it has beside the other. */
  async configuredPort(): Promise<number> {
    const ports = () => Array.from(this.output.matchAll(new RegExp(READY, 'g')), ([, port]) => Number(port));
    await until(() => ports().length === 2, 'both listeners are told');
    return ports().find((port) => port !== this.port) ?? 0;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The admin API at its own address. */
  get admin(): string {
    return `http://127.0.0.1:${this.adminPort}/admin`;
  }

  get pid(): number {
    return this.child.pid;
  }

  get exited(): Promise<number> {
    return this.child.exited;
  }

  /** Replaces its configuration file by one with that text. */
  async rewrite(yaml: string): Promise<void> {
    await rm(this.file);
    await writeFile(this.file, forTests(yaml));
  }

  /** Puts a named pipe, which nobody writes to, in the place of its configuration file. */
  async replaceByPipe(): Promise<void> {
    await rm(this.file);
    await Bun.spawn(['mkfifo', this.file]).exited;
  }

  get file(): string {
    return join(this.directory, 'keystone.yaml');
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** Signals it and the processes that serve for it. */
  async signalAll(name: NodeJS.Signals): Promise<void> {
    for (const pid of [this.pid, ...(await childrenOf(this.pid))]) process.kill(pid, name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const pid of [...this.upgraded, ...this.successors, this.pid]) kill(pid);
    await this.child.exited;
    if (!this.hasSuccessor) await rm(this.directory, { recursive: true, force: true });
  }

  private async collect(stream: ReadableStream<Uint8Array>, take: (text: string) => void): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of stream) take(decoder.decode(chunk, { stream: true }));
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

/** A configuration as tests of many gateways at once need it: each has an admin API of its own; tests look at the reasons of
 * failures; a spare worker is one more process to start, for which only those wait that end workers (fleet.ts); and tests read
 * the log as text. What is added comes last, so that no line changes its number. */
export function forTests(text: string): string {
  const settings = ['public_details: true', 'supervise: { spare: false }', 'log: { format: text }'];
  const missing = settings.filter((setting) => !new RegExp(`^${setting.replace(/:.*/, ':')}`, 'm').test(text));
  const yaml = missing.length === 0 ? text : `${text.replace(/\n?$/, '\n')}${missing.join('\n')}\n`;
  if (/^admin:/m.test(yaml)) {
    return yaml.replace(/^admin: \{(?!.*\baddress:)/m, 'admin: { address: "127.0.0.1:0",');
  }
  return `${yaml}admin: { address: "127.0.0.1:0" }\n`;
}

/** Runs a command of the program to its end. */
export async function keystone(
  words: readonly string[],
  options: { cwd?: string; env?: Record<string, string>; program?: string } = {},
  launcher: readonly string[] = [],
): Promise<{ code: number; out: string; errors: string }> {
  const child = Bun.spawn([...launcher, options.program ?? PROGRAM, ...words], {
    cwd: options.cwd ?? tmpdir(),
    // What a test starts by this leaves nothing behind.
    env: { ...process.env, XDG_STATE_HOME: '/dev/null', ...options.env },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const [out, errors, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, out, errors };
}

/** How many processes serve, where a test does not say: the whole suite can be run with several. */
export const WORKERS = Number(process.env[COUNT] ?? 1);

function workersFor(words: readonly string[], environment: Record<string, string>): readonly string[] {
  return words.includes('--workers') ? [] : ['--workers', environment[COUNT] ?? String(WORKERS)];
}
