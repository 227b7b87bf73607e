// Makes what is installed, in dist/: the files of the npm package, and executables that need nothing else.
//
//   build.ts                      the package's files, and the executable for this machine
//   build.ts package              the package's files alone
//   build.ts executable [TARGET…] executables, by default for this machine; `all`: for all of TARGETS
//   build.ts checkout             the executable that bin/keystone is as long as the sources stay as they are
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, readdir, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import manifest from '../package.json' with { type: 'json' };
import { bundleDashboard } from '../src/admin/dashboard-bundle.ts';
import { packageTypes } from './package-types.ts';
import { runtimeFor } from './runtime-for.ts';

const ROOT = join(import.meta.dirname, '..');
const DIST = join(ROOT, 'dist');
// The time of a file's change is up to a tick of the system's clock earlier than a process sees it.
const TICK_MS = 10;

/** Platforms, each with the package that has Bun for it. */
const TARGETS = {
  'linux-x64': 'bun-linux-x64',
  'linux-arm64': 'bun-linux-aarch64',
  'linux-x64-musl': 'bun-linux-x64-musl',
  'linux-arm64-musl': 'bun-linux-aarch64-musl',
  'darwin-x64': 'bun-darwin-x64',
  'darwin-arm64': 'bun-darwin-aarch64',
} as const;
type Target = keyof typeof TARGETS;

const [what, ...names] = process.argv.slice(2);
if (what === undefined || what === 'package') await buildPackage();
if (what === undefined || what === 'executable') await buildExecutables(targetsOf(names));
if (what === 'checkout') await buildForCheckout();
if (![undefined, 'package', 'executable', 'checkout'].includes(what)) fail(`there is nothing called ${what} to build`);

/** The program and the library, each in one file; packages that they need are dependencies. */
async function buildPackage(): Promise<void> {
  await rm(join(DIST, 'types'), { recursive: true, force: true });
  for (const entry of ['src/main.ts', 'src/index.ts', 'src/without-bun.ts']) {
    await build({ entrypoints: [join(ROOT, entry)], outdir: DIST, external: Object.keys(manifest.dependencies) });
  }
  await packageTypes(ROOT, join(DIST, 'types'));
  console.log('dist/main.js, dist/index.js, dist/types: what `npm pack` takes');
}

/** The executable that bin/keystone is until something changes of what it is made of (scripts/is-compiled.sh). */
async function buildForCheckout(): Promise<void> {
  const begun = new Date(Date.now() - TICK_MS);
  const folder = join(DIST, 'checkout');
  const name = `keystone.${process.pid}`;
  for (const target of targetsOf([])) await buildExecutable(target, join('checkout', name), await runtimeSettings());
  const made = join(folder, name);
  // Where files in this folder cannot be run, there is none.
  const { exitCode } = Bun.spawnSync([made, 'version'], { stdio: ['ignore', 'ignore', 'inherit'] });
  if (exitCode !== 0) {
    await rm(made);
    fail(`${made} does not run (exit code ${exitCode})`);
  }
  await utimes(made, begun, begun);
  await rename(made, join(folder, 'keystone'));
}

async function buildExecutables(targets: readonly Target[]): Promise<void> {
  const settings = await runtimeSettings();
  const sums: string[] = [];
  for (const target of targets) {
    const name = `keystone-${manifest.version}-${target}`;
    await buildExecutable(target, name, settings);
    const sum = createHash('sha256').update(await readFile(join(DIST, name)));
    sums.push(`${sum.digest('hex')}  ${name}\n`);
    console.log(`dist/${name}`);
  }
  await writeFile(join(DIST, 'SHA256SUMS'), sums.join(''));
}

async function buildExecutable(target: Target, name: string, settings: string): Promise<void> {
  // Where the bundler makes more than one file, the executable takes a folder: only the executable stays.
  const folder = await mkdtemp(join(tmpdir(), 'keystone-build-'));
  const outfile = join(folder, basename(name));
  await build({
    entrypoints: [join(ROOT, 'src/executable.ts')],
    define: { RUNTIME_SETTINGS: settings },
    // The first part, which starts the runtime again with its settings, is then loaded without the rest, in 6 ms.
    splitting: true,
    // The code is parsed here and not at each start, which takes 35 ms instead of 110.
    bytecode: true,
    compile: {
      target: `bun-${target}`,
      outfile,
      executablePath: await runtimeFor(TARGETS[target], ROOT),
      // As in scripts/bun.sh.
      autoloadDotenv: false,
      autoloadBunfig: false,
      execArgv: ['--no-install'],
    },
  });
  const [made = ''] = (await readdir(folder)).filter((file) => file.startsWith(basename(name)));
  await mkdir(dirname(join(DIST, name)), { recursive: true });
  await rm(join(DIST, name), { force: true });
  await Bun.write(join(DIST, name), Bun.file(join(folder, made)));
  await chmod(join(DIST, name), 0o755);
  await rm(folder, { recursive: true });
}

async function build(options: Omit<Bun.BuildConfig, 'target' | 'format' | 'throw' | 'plugins'>): Promise<void> {
  const plugins = [await withDashboard()];
  const built = await Bun.build({ ...options, plugins, target: 'bun', format: 'esm', throw: false });
  for (const message of built.logs) console.error(message.message);
  if (!built.success) fail('nothing was built');
}

/** Puts the dashboard's files, ready to be served, into what is built. */
async function withDashboard(): Promise<Bun.BunPlugin> {
  const files = await bundleDashboard(join(ROOT, 'dashboard'));
  const contents = `export const EMBEDDED = ${JSON.stringify(files)};\n`;
  return {
    name: 'dashboard',
    setup: (builder) => {
      builder.onLoad({ filter: /[/\\]admin[/\\]dashboard-embedded\.ts$/ }, () => ({ contents, loader: 'js' }));
    },
  };
}

/** What bin/keystone sets for the runtime, as an expression. */
async function runtimeSettings(): Promise<string> {
  const script = await readFile(join(ROOT, 'bin/keystone'), 'utf8');
  const found = script.matchAll(/^export (\w+)="\$\{\1:-([^}]*)\}"$/gm);
  const settings = Object.fromEntries(Array.from(found, ([, name = '', value = '']) => [name, value]));
  if (Object.keys(settings).length === 0) fail('bin/keystone has no settings for the runtime');
  return JSON.stringify(settings);
}

function targetsOf(words: readonly string[]): readonly Target[] {
  const known = Object.keys(TARGETS).filter(isTarget);
  if (words.length === 1 && words[0] === 'all') return known;
  const wanted = words.length === 0 ? [ownTarget()] : words;
  const unknown = wanted.filter((word) => !isTarget(word));
  if (unknown.length > 0) fail(`there is no target ${unknown.join(', ')}; there are ${known.join(', ')}`);
  return wanted.filter(isTarget);
}

function ownTarget(): string {
  const isMusl = process.platform === 'linux' && process.execPath.includes('-musl/');
  return `${process.platform}-${process.arch}${isMusl ? '-musl' : ''}`;
}

function isTarget(word: string): word is Target {
  return Object.hasOwn(TARGETS, word);
}

function fail(reason: string): never {
  console.error(`keystone: ${reason}`);
  process.exit(1);
}
