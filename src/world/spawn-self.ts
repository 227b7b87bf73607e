// Starts this program again, in another role: a process that reads a configuration, or that serves. The program has several
// forms (sources, one file of a package, an executable), and each is started in its own way; only this file knows how.
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { VERSION } from '../core/version.ts';
import { AS } from './as.ts';

/** What this program can be besides a command that somebody has typed. `src/main.ts` has the file of each. */
export const ROLES = ['config-reader', 'demo-origin', 'load-test-gateway', 'load-test-load', 'past', 'worker'] as const;
export type Role = (typeof ROLES)[number];

/** Starts this program in a role. `words`: what the role gets as its arguments. */
export function spawnSelf<
  const In extends Bun.Spawn.Writable,
  const Out extends Bun.Spawn.Readable,
  const Err extends Bun.Spawn.Readable,
>(role: Role, words: readonly string[], options: Bun.Spawn.SpawnOptions<In, Out, Err>): Bun.Subprocess<In, Out, Err> {
  return Bun.spawn(commandOfSelf(role, words), options);
}

/** Starts this program in a role, as a thread of this process. */
export function threadOfSelf(role: Role): Worker {
  // In an executable, the first file of the program is named by the runtime.
  const file = Bun.isStandaloneExecutable ? (process.argv[1] ?? '') : mainFile();
  return new Worker(file, { argv: [AS, role, VERSION] });
}

/** The command line of this program in a role. */
export function commandOfSelf(role: Role, words: readonly string[]): string[] {
  return [...programOfSelf(), AS, role, VERSION, ...words];
}

/** Where this program was started, as it was named: what is there now may be another version. `bin/keystone` says it, also
 * where it starts the executable of a checkout (scripts/build.ts); any other executable is named by its first word. */
const STARTED_AS = 'KEYSTONE_PROGRAM';
const OF_CHECKOUT = '/dist/checkout/keystone';
const typedPath = pathOf(process.argv0);

/** The command line of whatever program is now where this one was started. */
export function commandOfSuccessor(words: readonly string[]): string[] {
  if (Bun.isStandaloneExecutable && !process.execPath.endsWith(OF_CHECKOUT)) return [typedPath, ...words];
  const script = process.env[STARTED_AS];
  return script === undefined ? [...programOfSelf(), ...words] : [script, ...words];
}

// Links are not followed: an upgrade may be a link that leads elsewhere now.
function pathOf(word: string): string {
  const found = word.includes('/') ? resolve(word) : Bun.which(word);
  return found ?? process.execPath;
}

function programOfSelf(): string[] {
  // An executable brings the flags of the runtime along.
  if (Bun.isStandaloneExecutable) return [executable()];
  return [process.execPath, ...process.execArgv, mainFile()];
}

// Another version may have been put in the place of the file. What is running can then still be started on Linux, since the
// system keeps it; with the path it would be the other version that starts.
function executable(): string {
  const running = '/proc/self/exe';
  return process.platform === 'linux' && inodeOf(process.execPath) !== inodeOf(running) ? running : process.execPath;
}

function inodeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino;
}

// In a package, all sources are one file.
function mainFile(): string {
  const own = fileURLToPath(import.meta.url);
  return own.endsWith('.ts') ? fileURLToPath(new URL('../main.ts', import.meta.url)) : own;
}

/** In the environment of a process that is to take the place of the one that has started it: the number of that one. */
export const SUCCEEDS = 'KEYSTONE_SUCCEEDS';

/** Whether this process is to take the place of the one that has started it. */
export function isSuccessor(environment: Readonly<Record<string, string | undefined>>): boolean {
  return environment[SUCCEEDS] === String(process.ppid);
}

/** What the words of a command line ask for. */
export type Asked =
  | { readonly kind: 'command' }
  /** `words`: how many of them lead to the role. */
  | { readonly kind: 'role'; readonly role: Role; readonly words: number }
  | { readonly kind: 'refused'; readonly reason: string };

/** `words`: those after the program. */
export function askedOf(words: readonly string[]): Asked {
  const [first, name, version] = words;
  if (first !== AS) return { kind: 'command' };
  const role = ROLES.find((known) => known === name);
  if (role === undefined) return { kind: 'refused', reason: `there is no role ${name ?? ''}` };
  // A package can be replaced while it runs. Two versions do not understand each other's messages.
  if (version !== VERSION)
    return {
      kind: 'refused',
      reason: `version ${version ?? ''} runs, but ${VERSION} is installed now: start it again`,
    };
  return { kind: 'role', role, words: 3 };
}
