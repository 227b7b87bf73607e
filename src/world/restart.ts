// Settings that the runtime reads from the environment before it runs any code of ours.
import { ptr } from 'bun:ffi';
import { fromLibc } from './libc.ts';

// Of Linux.
const SIGHUP = 1;
const SIGUSR1 = 10;
const SIGUSR2 = 12;
const SIG_IGN = 1n;

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
  });
  if (libc === null) return;
  for (const signal of [SIGHUP, SIGUSR1, SIGUSR2]) libc.signal(signal, SIG_IGN);
  const missing = Object.entries(settings).filter(([name]) => (process.env[name] ?? '') === '');
  if (missing.length === 0) return;
  const environment = { ...process.env, ...Object.fromEntries(missing) };
  const assignments = Object.entries(environment).map(([name, value]) => `${name}=${value ?? ''}`);
  const words = new Words([process.argv0, ...process.argv.slice(2)]);
  // Returns only if it has failed; the program then goes on as it is.
  libc.execve(new Words([process.execPath]).first, words.pointers, new Words(assignments).pointers);
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
