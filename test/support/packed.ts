// The npm package as strangers get it: packed, and installed into an empty folder without the network.
import { readdirSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import manifest from '../../package.json' with { type: 'json' };
import { EXECUTABLE } from './program.ts';

export const ROOT = resolve(import.meta.dir, '../..');
const MODULES = join(ROOT, 'node_modules');
// Where install scripts have run, the runtime is no more in the package of its platform, which is there all the same.
const RUNTIME = `@oven/${process.execPath.split('/@oven/')[1]?.split('/')[0] ?? readdirSync(join(MODULES, '@oven'))[0]}`;

export type Ran = { readonly code: number; readonly out: string; readonly errors: string };

/** Runs a program to its end. */
export async function ran(command: readonly string[], cwd: string, env: Record<string, string> = {}): Promise<Ran> {
  const child = Bun.spawn([...command], {
    cwd,
    env: { ...process.env, ...env },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const texts = Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  const [code, [out, errors]] = await Promise.all([child.exited, texts]);
  return { code, out, errors };
}

/** The path of the executable for this machine; built if it has not been. */
export async function builtExecutable(): Promise<string> {
  return (
    EXECUTABLE ??
    join(ROOT, (await succeeds([process.execPath, '--no-install', 'scripts/build.ts', 'executable'], ROOT)).trim())
  );
}

async function succeeds(command: readonly string[], cwd: string): Promise<string> {
  const { code, out, errors } = await ran(command, cwd);
  if (code !== 0) throw new Error(`${command.join(' ')} failed (${code}): ${out}${errors}`);
  return out;
}

/** These packages, and all that they depend on. */
async function dependenciesOf(names: readonly string[]): Promise<readonly string[]> {
  const all = new Set(names);
  for (const name of all) {
    const { dependencies = {} } = (await Bun.file(join(MODULES, name, 'package.json')).json()) as Dependent;
    for (const needed of Object.keys(dependencies)) all.add(needed);
  }
  return [...all];
}

type Dependent = { readonly dependencies?: Readonly<Record<string, string>> };

/** A package of this project, and folders that it is installed into. Disposing removes them. */
export class Packed implements AsyncDisposable {
  private constructor(
    private readonly folder: string,
    /** What the package holds, by path. */
    readonly files: readonly string[],
    private readonly archive: string,
  ) {}

  static async make(): Promise<Packed> {
    const folder = await mkdtemp(join(tmpdir(), 'keystone-packed-'));
    await succeeds([process.execPath, '--no-install', 'scripts/build.ts', 'package'], ROOT);
    const words = ['npm', 'pack', '--ignore-scripts', '--json', '--pack-destination', folder];
    const [packed]: { filename: string; files: { path: string }[] }[] = JSON.parse(await succeeds(words, ROOT));
    if (packed === undefined) throw new Error('nothing was packed');
    return new Packed(folder, packed.files.map(({ path }) => path).toSorted(), join(folder, packed.filename));
  }

  /** Installs it with npm, without the network and without install scripts; what it depends on is taken from here. */
  async install(): Promise<string> {
    const app = join(this.folder, 'app');
    await mkdir(app);
    const packages = [...(await dependenciesOf(Object.keys(manifest.dependencies))), RUNTIME];
    const archives = await Promise.all(packages.map((name) => this.archiveOf(name)));
    const others = Object.fromEntries(packages.map((name, at) => [name, `file:${archives[at]}`]));
    const dependencies = { 'keystone-gateway': `file:${this.archive}`, ...others };
    await writeFile(join(app, 'package.json'), JSON.stringify({ name: 'app', private: true, dependencies }));
    const quiet = ['--no-audit', '--no-fund', '--no-update-notifier'];
    await succeeds(
      ['npm', 'install', '--offline', '--cache', join(this.folder, 'cache'), '--ignore-scripts', ...quiet],
      app,
    );
    return app;
  }

  /** A folder with nothing in it but what `lay` puts there. `app`: where the package has been installed. */
  async laid(name: string, lay: (folder: string) => Promise<void>): Promise<string> {
    const folder = join(this.folder, name);
    await mkdir(folder);
    await lay(folder);
    return folder;
  }

  // Not compressed: the runtime has 100 MB.
  private async archiveOf(name: string): Promise<string> {
    const folder = join(this.folder, name.replace('/', '-'));
    const archive = `${folder}.tar`;
    await cp(join(MODULES, name), join(folder, 'package'), { recursive: true });
    await succeeds(['tar', '-cf', archive, '-C', folder, 'package'], this.folder);
    await rm(folder, { recursive: true });
    return archive;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true });
  }
}
