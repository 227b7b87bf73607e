// Asks a part of the gateway, such as the admin API, for the answer to a request.
import { errorOf } from '../core/error-of.ts';
import { type Failure, failure } from '../core/failure.ts';
import type { ClientFacts, Downstream } from '../message/contract.ts';
import type { Head } from '../message/head.ts';
import type { LocalHandler } from '../message/local-handler.ts';
import type { LocalResponse } from '../message/local-response.ts';
import { RequestView } from '../message/request-view.ts';
import type { ExchangeTools } from './exchange-tools.ts';
import { ASKING, LEAVING, type Phase } from './phases.ts';

/** The exchange as it sees it. */
export interface LocalOwner {
  readonly head: Head;
  readonly client: ClientFacts;
  readonly phase: Phase;
  readonly downstream: Downstream | null;
  answer(response: LocalResponse): void;
  giveUp(why: Failure): void;
}

export class LocalAsk {
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
    const answer = handler.handle(request);
    if (!(answer instanceof Promise)) return this.owner.answer(answer);
    request.outlive(); // the client may leave, and its head with it, before the part is done
    answer
      .then((response) => {
        if (this.life === life && this.owner.phase === ASKING) this.owner.answer(response);
      })
      .catch((error: unknown) => this.failed(life, errorOf(error)));
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
