// Exchanges are reused: each is a dozen fields that would otherwise be made for every request.
import { type Millis, millis } from '../core/units.ts';
import type { Head } from '../message/head.ts';
import { Exchange } from './exchange.ts';
import type { ExchangeHome, ExchangeSurroundings } from './surroundings.ts';

const POOL_LIMIT = 1024;
// Reading the clock twice costs more than routing. Under light load every exchange is measured; under heavy load so
// many in each tick of the wheel, which is plenty for a percentile.
const MEASURED_PER_TICK = 16;
const NOT_MEASURED = millis(0);

/** Hands out exchanges. */
export class Exchanges implements ExchangeHome<Exchange> {
  private readonly free: Exchange[] = [];
  private tick = 0;
  private measuredInTick = 0;

  constructor(private readonly around: ExchangeSurroundings) {}

  acquire(): Exchange {
    return this.free.pop() ?? new Exchange(this.around, this);
  }

  /** Whether the trailers of a chunked request go on: to be known before its body is read, and so before it is routed. */
  passesTrailers(head: Head): boolean {
    const route = this.around.store.current.router.find(head);
    return route !== null && route.value.kind === 'tenant' && route.value.tenant.passesTrailers;
  }

  /** The time, for an exchange that is to be measured; 0 for one that is not. */
  measure(): Millis {
    const { wheel, clock } = this.around;
    if (wheel.now !== this.tick) {
      this.tick = wheel.now;
      this.measuredInTick = 0;
    }
    return this.measuredInTick++ < MEASURED_PER_TICK ? clock.now() : NOT_MEASURED;
  }

  /** An exchange is over. */
  give(exchange: Exchange): void {
    if (this.free.length < POOL_LIMIT) this.free.push(exchange);
  }
}
