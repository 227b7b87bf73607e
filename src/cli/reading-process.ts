// The process that reads a configuration for a gateway, as the gateway sees it; see config-reader.ts.
import type { LastGoodTenant } from '../config/last-good.ts';
import { type Millis, millis } from '../core/units.ts';
import { spawnSelf } from '../world/spawn-self.ts';
import type { ReadPart } from './plan-parts.ts';

/** A configuration file; `from`: packed texts that are read in the place of it and of what it includes. */
export type WhatToRead = {
  readonly file: string;
  readonly from: string | null;
  /** Texts that are read in the place of files; absent: none are. Programs are not run then. */
  readonly posted?: PostedTexts;
};

/** Texts that somebody has sent. `inForce`: the packed ones that they were made from. */
export type PostedTexts = { readonly inForce: Uint8Array; readonly files: readonly PostedText[] };

export type PostedText = { readonly file: string; readonly text: string };

/** What the reading process is told. */
export type ReadingOrder =
  /** Tenants that need not be handed over, by their fingerprints. */
  | { readonly kind: 'known'; readonly fingerprints: readonly string[] }
  /** The tenants that were asked for by `last_good_wanted`; more follow unless they are the last ones. */
  | { readonly kind: 'last_good'; readonly tenants: readonly LastGoodTenant[]; readonly isLast: boolean }
  /** Reads for a gateway that serves: at a low priority, and a part is handed over for each `next`. */
  | ({ readonly kind: 'read' } & WhatToRead)
  | { readonly kind: 'next' }
  /** Reads for a gateway that is not serving yet: as fast as can be, and every part is handed over at once. */
  | { readonly kind: 'read_all'; readonly file: string }
  /** Runs a configuration that is a program, and hands over what it exports. */
  | { readonly kind: 'run_module'; readonly file: string }
  /** Answers as JSON how texts are shown, or how the files differ from them by now. */
  | { readonly kind: 'show' | 'compare'; readonly texts: Uint8Array };

// How long the reading process may be silent. It reads each file within 30 s (world/read-file.ts), and has then to parse the
// largest configuration at a low priority on a busy machine. A later reload must not wait for one that hangs.
export const LONGEST_SILENCE = millis(300_000);

/** The reading process, which ends with this. */
export class Reader implements Disposable {
  private readonly child: Bun.Subprocess<'ignore', 'ignore', 'inherit'>;
  private readonly parts: ReadPart[] = [];
  private waiting: PromiseWithResolvers<ReadPart> | null = null;
  private end: Error | null = null;
  private readonly silence: Timer;

  constructor(longestSilence: Millis) {
    this.silence = setTimeout(() => this.ended(new Error('the process that reads it hangs')), longestSilence);
    this.child = spawnSelf('config-reader', [], {
      stdin: 'ignore',
      stdout: 'ignore',
      stderr: 'inherit',
      serialization: 'advanced',
      ipc: (part: ReadPart) => this.received(part),
      onExit: (_, code, signal) => this.ended(new Error(`the process that reads it has ended with ${signal ?? code}`)),
    });
  }

  order(one: ReadingOrder): void {
    if (this.end === null) this.child.send(one);
  }

  /** The next part. */
  part(): Promise<ReadPart> {
    const part = this.parts.shift();
    if (part !== undefined) return Promise.resolve(part);
    if (this.end !== null) return Promise.reject(this.end);
    this.waiting = Promise.withResolvers();
    return this.waiting.promise;
  }

  private received(part: ReadPart): void {
    this.silence.refresh();
    if (this.waiting === null) this.parts.push(part);
    else this.waiting.resolve(part);
    this.waiting = null;
  }

  private ended(why: Error): void {
    this.end ??= why;
    this.waiting?.reject(why);
  }

  [Symbol.dispose](): void {
    this.waiting = null;
    clearTimeout(this.silence);
    this.child.kill('SIGKILL');
  }
}

/** An answer in JSON. */
export async function askAside(order: ReadingOrder): Promise<Uint8Array> {
  using reader = new Reader(LONGEST_SILENCE);
  reader.order(order);
  const pieces: Uint8Array[] = [];
  for (;;) {
    const part = await reader.part();
    if (part.kind === 'end') return Buffer.concat(pieces);
    if (part.kind !== 'answer') throw new Error('the reading process has handed over something else');
    pieces.push(part.piece);
  }
}
