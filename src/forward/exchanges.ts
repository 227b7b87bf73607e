// Exchanges are used again: each is a dozen objects that would otherwise be made for every request.
import { Exchange, type ExchangeHome } from './exchange.ts';
import type { ExchangeTools } from './exchange-tools.ts';

const POOL_LIMIT = 1024;

/** Hands out exchanges. */
export class Exchanges implements ExchangeHome {
  private readonly free: Exchange[] = [];

  constructor(private readonly tools: ExchangeTools) {}

  acquire(): Exchange {
    return this.free.pop() ?? new Exchange(this.tools, this);
  }

  /** An exchange is over. */
  give(exchange: Exchange): void {
    if (this.free.length < POOL_LIMIT) this.free.push(exchange);
  }
}
