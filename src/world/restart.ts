// Settings that the runtime reads from the environment before it runs any code of ours.
import { ptr } from 'bun:ffi';
import { fromLibc } from './libc.ts';

// Of Linux.
const SIGHUP = 1;
const SIGUSR1 = 10;
const SIGUSR2 = 12;
const SIG_IGN = 1n;
const F_SETFD = 2;
// Where the sockets begin that a service manager gives (sd_listen_fds(3)).
const FIRST_GIVEN = 3;
const MOST_GIVEN = 1024;

/**
 * Starts this program again in its place, as the same process, unless all of `settings` are in the environment. What is there
 * already stays as it is. A reload that is asked for meanwhile does not kill it: signals to it are ignored until the program
 * obeys them (see cli/signals.ts).
 *
 * On systems other than Linux it does nothing: the settings save memory and time, and the program works without them.
 */
export function restartWith(settings: Readonly<Record<string, string>>): void {
  const libc = fromLibc({
    execve: { args: ['ptr', 'ptr', 'ptr'], returns: 'i32' },
    signal: { args: ['i32', 'u64'], returns: 'ptr' },
    fcntl: { args: ['i32', 'i32', 'i32'], returns: 'i32' },
  });
  if (libc === null) return;
  for (const signal of [SIGHUP, SIGUSR1, SIGUSR2]) libc.signal(signal, SIG_IGN);
  const missing = Object.entries(settings).filter(([name]) => (process.env[name] ?? '') === '');
  if (missing.length === 0) return;
  const environment = { ...process.env, ...Object.fromEntries(missing) };
  const assignments = Object.entries(environment).map(([name, value]) => `${name}=${value ?? ''}`);
  // The runtime has set all descriptors but the first four to be closed here.
  for (let at = 0; at < givenSockets(); at++) libc.fcntl(FIRST_GIVEN + at, F_SETFD, 0);
  const words = new Words([process.argv0, ...process.argv.slice(2)]);
  // Returns only if it has failed; the program then goes on as it is.
  libc.execve(new Words([process.execPath]).first, words.pointers, new Words(assignments).pointers);
}

// How many sockets a service manager has given to this process.
function givenSockets(): number {
  if (process.env['LISTEN_PID'] !== String(process.pid)) return 0;
  const count = Number(process.env['LISTEN_FDS'] ?? 0);
  return Number.isSafeInteger(count) ? Math.max(0, Math.min(count, MOST_GIVEN)) : 0;
}

/** Texts as C wants them, which stay where they are as long as this is used. */
class Words {
  private readonly texts: readonly Uint8Array[];
  readonly pointers: BigUint64Array;

  constructor(words: readonly string[]) {
    this.texts = words.map((word) => new TextEncoder().encode(`${word}\0`));
    this.pointers = new BigUint64Array(words.length + 1);
    for (const [at, text] of this.texts.entries()) this.pointers[at] = BigInt(ptr(text));
  }

  get first(): Uint8Array {
    return this.texts[0] ?? new Uint8Array(1);
  }
}
