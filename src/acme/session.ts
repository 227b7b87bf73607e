// Talks to one authority: its directory, nonces, signed requests, and answers that are waited for (RFC 8555 6 and 7.1).
import { z } from 'zod';
import { errorOf } from '../core/error-of.ts';
import { ok } from '../core/result.ts';
import { type Millis, millis } from '../core/units.ts';
import type { WebAnswer, WebRequest } from '../core/web.ts';
import type { AcmeResult } from './contract.ts';
import type { Signer } from './jws.ts';
import { problemOf, readProblem, unusable } from './problem.ts';

/** The world around it. */
export type SessionTools = {
  /** Rejects if there is no answer. What it sends it checks the certificate of. */
  readonly send: (request: WebRequest) => Promise<WebAnswer>;
  /** Milliseconds since 1970. */
  readonly wall: () => number;
  /** Rejects if the signal aborts it. */
  readonly rest: (time: Millis, signal: AbortSignal) => Promise<void>;
};

const placeText = z.string().regex(/^https?:\/\//);
const directoryDocument = z.object({
  newNonce: placeText,
  newAccount: placeText,
  newOrder: placeText,
  renewalInfo: placeText.optional(),
  meta: z
    .object({ termsOfService: z.string().optional(), externalAccountRequired: z.boolean().optional() })
    .default({}),
});

export type Directory = z.output<typeof directoryDocument>;

export type Signing = { readonly signer: Signer; readonly account: string | null };

/** A good answer. */
export type Answer = {
  readonly body: unknown;
  readonly text: string;
  /** Its `Location`; empty: none. */
  readonly place: string;
  /** Milliseconds since 1970; null: it does not say. */
  readonly notBefore: number | null;
};

// Authorities refuse a nonce that has become too old, and give another one with the refusal.
const MOST_NONCES = 10;
const NO_LONGER_THAN = millis(86_400_000);
const SECOND = 1000;
// Authorities move their resources now and then; a gateway may run for a year.
const DIRECTORY_LASTS = 86_400_000;
// What is not where the directory had it: the directory is read again.
const MOVED: ReadonlySet<number> = new Set([404, 405, 410]);

export class Session {
  private directory: Directory | null = null;
  private readAt = 0;
  private nonce: string | null = null;
  /** How people know it. */
  readonly name: string;

  constructor(
    readonly url: string,
    private readonly tools: SessionTools,
  ) {
    this.name = URL.canParse(url) ? new URL(url).host : url;
  }

  async open(signal: AbortSignal): Promise<AcmeResult<Directory>> {
    const isFresh = this.tools.wall() - this.readAt < DIRECTORY_LASTS;
    if (this.directory !== null && isFresh) return ok(this.directory);
    const answer = await this.get(this.url, signal);
    if (!answer.ok) return answer;
    const read = directoryDocument.safeParse(answer.value.body);
    if (!read.success) return unusable(`${this.url} is not the directory of an ACME server`);
    this.directory = read.data;
    this.readAt = this.tools.wall();
    return ok(read.data);
  }

  /** A plain question. */
  async get(place: string, signal: AbortSignal): Promise<AcmeResult<Answer>> {
    const answer = await this.ask({ url: place, method: 'GET', fields: {}, body: null, signal });
    return answer.ok ? this.judge(answer.value) : answer;
  }

  /** A signed question; `payload` null: it only reads. */
  async post(place: string, by: Signing, payload: object | null, signal: AbortSignal): Promise<AcmeResult<Answer>> {
    for (let tries = 1; ; tries++) {
      const nonce = await this.takeNonce(signal);
      if (!nonce.ok) return nonce;
      const body = JSON.stringify(by.signer.sign(place, nonce.value, by.account, payload));
      const fields = { 'Content-Type': 'application/jose+json' };
      const answer = await this.ask({ url: place, method: 'POST', fields, body, signal });
      if (!answer.ok) return answer;
      if (tries >= MOST_NONCES || readProblem(parsed(answer.value.text))?.type !== 'badNonce')
        return this.judge(answer.value);
    }
  }

  private async takeNonce(signal: AbortSignal): Promise<AcmeResult<string>> {
    const kept = this.nonce;
    this.nonce = null;
    if (kept !== null) return ok(kept);
    const directory = await this.open(signal);
    if (!directory.ok) return directory;
    const answer = await this.ask({ url: directory.value.newNonce, method: 'HEAD', fields: {}, body: null, signal });
    if (!answer.ok) return answer;
    const given = this.nonce;
    this.nonce = null;
    return given === null ? unusable(`${this.name} gives no nonce`) : ok(given);
  }

  private async ask(request: WebRequest): Promise<AcmeResult<WebAnswer>> {
    try {
      const answer = await this.tools.send(request);
      const nonce = answer.field('replay-nonce');
      if (nonce !== null && /^[A-Za-z0-9_-]+$/.test(nonce)) this.nonce = nonce;
      return ok(answer);
    } catch (error) {
      return unusable(
        request.signal.aborted
          ? `${this.name} takes too long`
          : `${this.name} cannot be asked: ${errorOf(error).message}`,
      );
    }
  }

  private judge(answer: WebAnswer): AcmeResult<Answer> {
    const { status, text } = answer;
    const notBefore = this.timeOf(answer.field('retry-after'));
    const body = parsed(text);
    if (status >= 200 && status < 300) return ok({ body, text, place: answer.field('location') ?? '', notBefore });
    const problem = readProblem(body);
    if (MOVED.has(status) || problem?.type === 'malformed') this.directory = null;
    if (problem === null) return unusable(`${this.name} answers ${status} without saying why`, notBefore);
    return { ok: false, error: problemOf(problem, this.name, notBefore) };
  }

  // RFC 9110 10.2.3: seconds, or a time.
  private timeOf(after: string | null): number | null {
    if (after === null) return null;
    const now = this.tools.wall();
    const time = /^\d+$/.test(after) ? now + Number(after) * SECOND : Date.parse(after);
    return Number.isNaN(time) ? null : Math.min(time, now + NO_LONGER_THAN);
  }
}

/** Undefined: it is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
