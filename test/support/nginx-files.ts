// nginx that serves the files of a folder, as most sites have it.
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nginxHead } from './nginx-head.ts';
import { accepts, freePort } from './ports.ts';
import { pathOf } from './programs.ts';
import { until } from './until.ts';

/** Disposing ends it and removes the folder. */
export class NginxFiles implements AsyncDisposable {
  private constructor(
    readonly port: number,
    /** What it serves. */
    readonly root: string,
    private readonly directory: string,
    private readonly child: Bun.Subprocess<'ignore', 'ignore', 'inherit'>,
  ) {
    process.on('exit', this.onExit);
  }

  private readonly onExit = (): void => {
    this.child.kill('SIGKILL');
    rmSync(this.directory, { recursive: true, force: true });
  };

  /** `server`: directives of its one server. */
  static async start(server: string, files: Readonly<Record<string, string>>): Promise<NginxFiles> {
    const directory = await mkdtemp(join(tmpdir(), 'keystone-nginx-'));
    const root = join(directory, 'root');
    const port = freePort();
    await mkdir(root);
    for (const [name, text] of Object.entries(files)) await writeFile(join(root, name), text);
    const types = 'types { text/css css; application/javascript js; application/json json; image/png png; }';
    const config = `${nginxHead(directory)}\n${types} server { listen 127.0.0.1:${port}; root ${root}; ${server} } }\n`;
    await writeFile(join(directory, 'config'), `master_process off;${config}`);
    const child = Bun.spawn([pathOf('nginx') ?? 'nginx', '-e', 'stderr', '-c', join(directory, 'config')], {
      stdin: 'ignore',
      stdout: 'ignore',
      stderr: 'inherit',
    });
    const nginx = new NginxFiles(port, root, directory, child);
    await until(() => accepts(port), 'nginx listens');
    return nginx;
  }

  readonly name = 'nginx';

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL');
    await this.child.exited;
    process.off('exit', this.onExit);
    await rm(this.directory, { recursive: true });
  }
}
