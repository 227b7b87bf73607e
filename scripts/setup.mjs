// Installs the dependencies if any is missing, and compiles the sources if they have changed; otherwise it prints and does
// nothing. `--dev`: also the tools for tests and checks; those do not need what is compiled.
import { accessSync, constants, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const OLDEST_NODE = 20;
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const withDev = process.argv.includes('--dev');

if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE) {
  fail(`Node ${OLDEST_NODE} or newer is needed; this is ${process.versions.node}.`);
}
if (!isInstalled(withDev)) await install();
if (!withDev) await import('./compile.mjs');

async function install() {
  try {
    accessSync(root, constants.W_OK);
  } catch {
    fail(`${root} cannot be written, and the dependencies belong there: make a clone of your own.`);
  }
  const { spawnSync } = await import('node:child_process');
  // A gateway may be using complete dependencies: add the tools to them, since `npm ci` would remove everything first.
  const words = withDev && isInstalled(false) ? ['install', '--no-save'] : ['ci'];
  console.error(
    `keystone: installing ${withDev ? 'the dependencies and the tools' : 'the dependencies'} (npm ${words[0]})`,
  );
  // Name both groups, since NODE_ENV=production or npm's own settings may leave out either.
  words.push(withDev ? '--include=dev' : '--omit=dev', '--include=optional');
  // No install script is needed: scripts/bun.sh finds Bun without them.
  words.push('--ignore-scripts', '--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error');
  const [program, ...before] = npm();
  const { status, signal, error } = spawnSync(program, [...before, ...words], { cwd: root, stdio: ['ignore', 2, 2] });
  if (status !== 0) {
    fail(
      `npm failed (${error?.message ?? signal ?? `exit code ${status}`}). Packages that are not in its cache come from the network.`,
    );
  }
  if (spawnSync(join(root, 'scripts/bun.sh'), ['--revision'], { stdio: ['ignore', 'ignore', 2] }).status !== 0) {
    fail(`Bun does not run on this machine (${process.platform} ${process.arch}).`);
  }
}

/** Whether npm's record of node_modules agrees with the lock file. Packages for other platforms need not be there. */
function isInstalled(dev) {
  const installed = readPackages('node_modules/.package-lock.json');
  const wanted = Object.entries(readPackages('package-lock.json')).filter(([path, { dev: forDev }]) => {
    return path !== '' && (dev || !forDev);
  });
  const isComplete = wanted.every(([path, entry]) => {
    if (installed[path] === undefined) return entry.optional;
    // A package for another platform is there if the folder was copied from another machine.
    return installed[path].integrity === entry.integrity && fitsMachine(entry);
  });
  return isComplete && Object.keys(installed).some((path) => path.startsWith('node_modules/@oven/bun-'));
}

function fitsMachine({ os, cpu }) {
  return (os?.includes(process.platform) ?? true) && (cpu?.includes(process.arch) ?? true);
}

function readPackages(name) {
  try {
    return JSON.parse(readFileSync(join(root, name), 'utf8')).packages;
  } catch {
    return {};
  }
}

/** The npm that runs this script, else the one on the PATH. */
function npm() {
  const running = process.env.npm_execpath ?? '';
  return basename(running) === 'npm-cli.js' ? [process.execPath, running] : ['npm'];
}

function fail(reason) {
  console.error(`keystone: ${reason}`);
  process.exit(1);
}
