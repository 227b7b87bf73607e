// A client of the rig: takes what the gateway sends it, and breaks off a test where the gateway breaks the contract.
import type { Failure } from '../../src/core/failure.ts';
import type { Exchange } from '../../src/forward/exchange.ts';
import type { BodyForm, ClientFacts, Downstream } from '../../src/message/contract.ts';
import type { Head } from '../../src/message/head.ts';
import { latin1 } from '../../src/message/bytes.ts';
import type { LocalResponse } from '../../src/message/local-response.ts';
import type { Pool } from '../../src/pools/pool.ts';
import type { Edits } from '../../src/message/edits.ts';
import { describeHead, wire } from './heads.ts';
import { linesOf } from './policies/alone.ts';

/** Whoever plays the exchanges, as their clients see it. */
export interface ClientWatcher {
  readonly pool: Pick<Pool, 'eligibleCount'>;
  /** It has its answer, or has left. */
  clientEnded(client: FakeClient): void;
}

/** A client with one request. It throws if the gateway breaks the contract of `Downstream`. */
export class FakeClient implements Downstream {
  readonly client: ClientFacts = {
    address: '10.0.0.1',
    isTls: false,
    tls: null,
    version: '1.1',
    port: 0,
    claims: null,
  };
  readonly gives = 'framed';
  readonly takes = 'framed';
  requestPayload = 0;
  demandedRate = 0;
  readonly arrivalCost = 0;
  readonly belongsTo = () => true;
  /** The connection ends with this answer. */
  isLast = false;
  readonly sayLast = (): void => void (this.isLast = true);
  /** How the exchange ended: a status, or what broke it off. Null: it has not ended. */
  outcome: number | 'cut' | 'gone' | null = null;
  failure: Failure | null = null;
  /** How many backends were eligible when the request failed. */
  eligibleThen = 0;
  /** An answer that was made of a failure, and may be told later, or never. */
  private refusal: { readonly failure: Failure; readonly response: LocalResponse } | null = null;
  /** The gateway's own answer; null: none. */
  response: LocalResponse | null = null;
  isPaused = false;
  /** What was received of a response: in which form, what was added to its head, and the body. */
  form: BodyForm | null = null;
  added: readonly string[] = [];
  body = '';
  /** It takes no more for now. */
  isFull = false;
  /** The head of the answer has come. */
  hasHead = false;
  exchange: Exchange | null = null;
  responseStatus = 0;
  responseBytes = 0;

  constructor(
    readonly id: number,
    readonly method: string,
    /** Bytes of the request's body that have not been sent yet. */
    public missing: number,
    private readonly watcher: ClientWatcher,
  ) {}

  get isOpen(): boolean {
    return this.exchange !== null;
  }

  begin(exchange: Exchange, start: (exchange: Exchange) => void): void {
    this.exchange = exchange;
    start(exchange);
  }

  sendMore(size: number): void {
    const { exchange } = this;
    const part = Math.min(size, this.missing);
    if (exchange === null || part === 0) return;
    this.missing -= part;
    this.requestPayload += part;
    exchange.requestBody(wire('x'.repeat(part)), 0, part);
    if (this.missing === 0 && this.exchange === exchange) exchange.requestEnd();
  }

  breakBody(failure: Failure): void {
    if (this.missing > 0) this.exchange?.requestFailed(failure);
  }

  leave(): void {
    const { exchange } = this;
    if (exchange === null) return;
    this.end('gone');
    exchange.downstreamGone();
  }

  sendHead(
    head: Pick<Head, 'status' | 'bytes'>,
    edits: Edits<'response'> | null,
    form: BodyForm,
    bodyStart: number,
    bodyEnd: number,
  ): boolean {
    this.expectOpen('sendHead');
    if (this.hasHead) throw new Error('two heads');
    this.hasHead = true;
    this.responseStatus = head.status;
    this.form = form;
    this.added = linesOf(edits);
    return this.sendBody(head.bytes, bodyStart, bodyEnd);
  }

  sendTrailers(trailers: Head): void {
    this.expectOpen('sendTrailers');
    this.body += describeHead(trailers)
      .fields.map(([name, value]) => `[${name}: ${value}]`)
      .join('');
  }

  sendInterim(): void {
    this.expectOpen('sendInterim');
  }

  sendBody(bytes: Uint8Array, start: number, end: number): boolean {
    this.expectOpen('sendBody');
    this.body += latin1(bytes, start, end);
    return !this.isFull;
  }

  sendUpgrade(head: Head, edits: Edits<'response'> | null, start: number, end: number): boolean {
    return this.sendHead(head, edits, 'framed', start, end);
  }

  endTunnel(): void {
    this.expectOpen('endTunnel');
  }

  finish(): void {
    this.end(this.responseStatus)?.left();
  }

  /** It takes more. */
  drain(): void {
    this.isFull = false;
    this.exchange?.downstreamDrained();
  }

  answerFor(failure: Failure): LocalResponse {
    this.eligibleThen = this.watcher.pool.eligibleCount;
    this.refusal = { failure, response: { status: 503, headers: [], body: new Uint8Array(0) } };
    return this.refusal.response;
  }

  respond(response: LocalResponse, edits: Edits<'response'> | null): void {
    this.response = response;
    if (this.refusal?.response === response) this.failure = this.refusal.failure;
    this.added = linesOf(edits);
    this.responseStatus = response.status;
    this.end(response.status)?.left();
  }

  abort(failure: Failure, edits: Edits<'response'> | null): void {
    this.failure = failure;
    this.eligibleThen = this.watcher.pool.eligibleCount;
    if (!this.hasHead) this.added = linesOf(edits);
    if (!this.hasHead) this.responseStatus = 503;
    this.end(this.hasHead ? 'cut' : 503)?.left();
  }

  demandBodyRate(rate: number): void {
    this.demandedRate = rate;
  }

  pauseRequest(): void {
    this.isPaused = true;
  }

  resumeRequest(): void {
    this.isPaused = false;
  }

  private end(outcome: number | 'cut' | 'gone'): Exchange | null {
    this.expectOpen('end');
    const { exchange } = this;
    this.outcome = outcome;
    this.exchange = null;
    this.watcher.clientEnded(this);
    return exchange;
  }

  private expectOpen(what: string): void {
    if (this.exchange === null) throw new Error(`${what} after the end`);
  }
}
