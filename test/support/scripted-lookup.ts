// A lookup that gives the answers of a test, and notes the questions.
import { type Result, err, ok } from '../../src/core/result.ts';
import { millis } from '../../src/core/units.ts';
import type { Answer, Lookup, LookupFailure, SrvRecord } from '../../src/discovery/contract.ts';

/** The answer to a question; `silence`: none. */
export type Scripted<T> =
  | { readonly records: readonly T[]; readonly ttl: number | null }
  | LookupFailure['code']
  | 'silence';

/** Names in the order of the questions: `A app.test`, `SRV _http._tcp.app.test`. */
export class ScriptedLookup implements Lookup {
  readonly asked: string[] = [];
  readonly answers = new Map<string, Scripted<string> | Scripted<SrvRecord>>();
  /** Questions that wait for their answer, now and at most. */
  open = 0;
  mostOpen = 0;
  /** Answers are held back until `release`. */
  isHolding = false;
  private held: (() => void)[] = [];

  /** Sets the IPv4 addresses of a name. */
  a(name: string, records: readonly string[], ttl: number | null = 10): void {
    this.answers.set(`A ${name}`, { records, ttl });
  }

  aaaa(name: string, records: readonly string[], ttl: number | null = 10): void {
    this.answers.set(`AAAA ${name}`, { records, ttl });
  }

  services(name: string, records: readonly SrvRecord[], ttl: number | null = null): void {
    this.answers.set(`SRV ${name}`, { records, ttl });
  }

  release(): void {
    const { held } = this;
    this.held = [];
    for (const go of held) go();
  }

  /** By name, what to ask for in turn; the name itself where nothing is said. */
  readonly spelt = new Map<string, readonly string[]>();

  spellings(name: string): Promise<readonly string[]> {
    return Promise.resolve(this.spelt.get(name) ?? [name]);
  }

  addresses(name: string, version: 4 | 6, signal: AbortSignal): Promise<Answer<string>> {
    return this.answer<string>(`${version === 4 ? 'A' : 'AAAA'} ${name}`, signal);
  }

  srv(name: string, signal: AbortSignal): Promise<Answer<SrvRecord>> {
    return this.answer<SrvRecord>(`SRV ${name}`, signal);
  }

  names(address: string, signal: AbortSignal): Promise<Answer<string>> {
    return this.answer<string>(`PTR ${address}`, signal);
  }

  private async answer<T extends string | SrvRecord>(question: string, signal: AbortSignal): Promise<Answer<T>> {
    this.asked.push(question);
    this.open++;
    this.mostOpen = Math.max(this.mostOpen, this.open);
    try {
      if (this.isHolding) await new Promise<void>((resolve) => this.held.push(resolve));
      return await this.say((this.answers.get(question) ?? 'not-found') as Scripted<T>, signal);
    } finally {
      this.open--;
    }
  }

  private async say<T>(
    scripted: Scripted<T>,
    signal: AbortSignal,
  ): Promise<Result<{ records: readonly T[]; ttl: ReturnType<typeof millis> | null }, LookupFailure>> {
    if (typeof scripted !== 'string')
      return ok({ records: scripted.records, ttl: scripted.ttl === null ? null : millis(scripted.ttl * 1000) });
    if (scripted !== 'silence') return err({ code: scripted, detail: scripted });
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    return err({ code: 'cancelled', detail: 'cancelled' });
  }
}
