// Exchanges are reused: each is a dozen fields that would otherwise be made for every request.
import { Exchange, type ExchangeSurroundings } from './exchange.ts';

const POOL_LIMIT = 1024;

/** Hands out exchanges. */
export class Exchanges {
  private readonly free: Exchange[] = [];

  constructor(private readonly around: ExchangeSurroundings) {}

  acquire(): Exchange {
    return this.free.pop() ?? new Exchange(this.around, this);
  }

  /** An exchange is over. */
  give(exchange: Exchange): void {
    if (this.free.length < POOL_LIMIT) this.free.push(exchange);
  }
}
