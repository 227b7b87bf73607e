// What shows authorities of certificates that a host is whose it says (RFC 8555 8.3, RFC 8737).
import type { KeyPair } from '../core/certificate-source.ts';
import type { OpenChallenges } from './contract.ts';

export class Challenges {
  private readonly tls = new Map<string, KeyPair>();
  private readonly http = new Map<string, string>();

  /** How many tokens have an answer: every request looks at it. */
  answers = 0;

  get open(): OpenChallenges {
    return { tls: [...this.tls], http: [...this.http] };
  }

  /** These are open, and no others. */
  replace({ tls, http }: OpenChallenges): void {
    this.tls.clear();
    this.http.clear();
    for (const [name, pair] of tls) this.tls.set(name, pair);
    for (const [token, text] of http) this.http.set(token, text);
    this.answers = this.http.size;
  }

  pairFor(name: string): KeyPair | null {
    return this.tls.get(name) ?? null;
  }

  answerTo(token: string): string | null {
    return this.http.get(token) ?? null;
  }

  setPair(name: string, pair: KeyPair | null): void {
    if (pair === null) this.tls.delete(name);
    else this.tls.set(name, pair);
  }

  setAnswer(token: string, text: string | null): void {
    if (text === null) this.http.delete(token);
    else this.http.set(token, text);
    this.answers = this.http.size;
  }
}
