// Debian's Prometheus, which scrapes what a test tells it to, and answers questions.
import { rmSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './ports.ts';
import { pathOf } from './programs.ts';
import { until } from './until.ts';

/** One series of an answer. */
export type Sampled = { readonly labels: Readonly<Record<string, string>>; readonly value: number };

type Answer = {
  readonly status: string;
  readonly data: { readonly result: readonly { metric: Record<string, string>; value: [number, string] }[] };
};

export class Prometheus implements AsyncDisposable {
  private readonly child: Bun.Subprocess<'ignore', 'ignore', 'pipe'>;

  private constructor(
    private readonly directory: string,
    private readonly port: number,
  ) {
    const words = [
      `--config.file=${join(directory, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(directory, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ];
    this.child = Bun.spawn([pathOf('prometheus') ?? '', ...words], {
      cwd: directory,
      stdin: 'ignore',
      stdout: 'ignore',
      stderr: 'pipe',
    });
    process.on('exit', this.onExit);
  }

  private readonly onExit = (): void => {
    this.child.kill('SIGKILL');
    rmSync(this.directory, { recursive: true, force: true });
  };

  /** `config`: its own file. Other files that it names lie beside it. */
  static async start(config: string, files: Readonly<Record<string, string>> = {}): Promise<Prometheus> {
    const directory = await mkdtemp(join(tmpdir(), 'keystone-prometheus-'));
    for (const [name, text] of Object.entries({ ...files, 'prometheus.yml': config }))
      await writeFile(join(directory, name), text);
    const prometheus = new Prometheus(directory, freePort());
    const { child } = prometheus;
    await until(async () => child.exitCode !== null || (await prometheus.isReady()), 'Prometheus is ready');
    if (child.exitCode !== null) throw new Error(await new Response(child.stderr).text());
    return prometheus;
  }

  private async isReady(): Promise<boolean> {
    return await fetch(`http://127.0.0.1:${this.port}/-/ready`).then(
      ({ status }) => status === 200,
      () => false,
    );
  }

  /** What it answers to a question in PromQL, at present. */
  async query(question: string): Promise<readonly Sampled[]> {
    const answer = (await this.ask(`query?query=${encodeURIComponent(question)}`)) as Answer;
    if (answer.status !== 'success') throw new Error(JSON.stringify(answer));
    return answer.data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
  }

  /** What its API says at that path. */
  async ask(path: string): Promise<unknown> {
    const response = await fetch(`http://127.0.0.1:${this.port}/api/v1/${path}`);
    return await response.json();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.off('exit', this.onExit);
    this.child.kill('SIGKILL');
    await this.child.exited;
    await rm(this.directory, { recursive: true });
  }
}
