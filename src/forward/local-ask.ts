// Asks a part of the gateway, such as the admin API, for the answer to a request.
import { errorOf } from '../core/error-of.ts';
import { type Failure, failure } from '../core/failure.ts';
import type { ClientFacts, Downstream } from '../message/contract.ts';
import type { Head } from '../message/head.ts';
import type { LocalAnswer, LocalBody, LocalHandler, LocalStream } from '../message/local-handler.ts';
import type { LocalResponse } from '../message/local-response.ts';
import { RequestView } from '../message/request-view.ts';
import type { ReadBody } from '../policies/contract.ts';
import type { ExchangeTools } from './exchange-tools.ts';
import { StreamSink, type StreamOwner, streamHead } from './local-stream.ts';
import { ASKING, LEAVING, type Phase, RESPONDING } from './phases.ts';
import type { ResponseSink } from './response-sink.ts';

/** The exchange as it sees it. */
export interface LocalOwner {
  readonly head: Head;
  readonly client: ClientFacts;
  readonly phase: Phase;
  readonly downstream: Downstream | null;
  /** Takes the response's body in place of the client, and hears of the client. */
  readonly answerPath: { takeBy(sink: ResponseSink): void };
  enter(phase: Phase): void;
  readBody(limit: number): Promise<ReadBody>;
  answer(response: LocalResponse): void;
  finish(): void;
  giveUp(why: Failure): void;
}

export class LocalAsk implements LocalBody, StreamOwner {
  /** Counts the requests of the exchange: an answer that comes late must not answer the next one. */
  private life = 0;

  constructor(
    private readonly owner: LocalOwner,
    private readonly tools: Pick<ExchangeTools, 'reportBug'>,
  ) {}

  /** The exchange is told the answer, at once or later. One that was promised and does not come, or cannot be taken, is a bug of
   * the gateway. */
  ask(handler: LocalHandler): void {
    const { head, client } = this.owner;
    const { life } = this;
    const request = new RequestView(head, client);
    const answer = handler.handle(request, this);
    if (!(answer instanceof Promise)) return this.give(answer);
    request.outlive(); // the client may leave, and its head with it, before the part is done
    answer
      .then((response) => {
        if (this.life === life && this.owner.phase === ASKING) this.give(response);
      })
      .catch((error: unknown) => this.failed(life, errorOf(error)));
  }

  async read(limit: number): Promise<Uint8Array | null> {
    const body = await this.owner.readBody(limit);
    return body.kind === 'whole' ? body.bytes : null;
  }

  sendPiece(bytes: Uint8Array): boolean {
    return this.owner.downstream?.sendBody(bytes, 0, bytes.length) ?? false;
  }

  finish(): void {
    this.owner.finish();
  }

  private give(answer: LocalAnswer): void {
    if ('start' in answer) this.stream(answer);
    else this.owner.answer(answer);
  }

  private stream(answer: LocalStream): void {
    const { owner } = this;
    const head = streamHead(answer);
    const sink = new StreamSink(this);
    owner.enter(RESPONDING);
    owner.answerPath.takeBy(sink);
    owner.downstream?.sendHead(head, null, 'payload', head.end, head.end);
    sink.begin(answer);
  }

  /** The request is over. */
  end(): void {
    this.life++;
  }

  private failed(life: number, error: Error): void {
    const { owner } = this;
    this.tools.reportBug(error);
    if (this.life !== life) return;
    if (owner.phase === ASKING) owner.giveUp(failure('internal'));
    // The answer has failed while it was written.
    else if (owner.phase === LEAVING && owner.downstream !== null) owner.downstream.abort(failure('internal'), null);
  }
}
