// What it takes to read one request. A connection has it while a request comes or is served, and an idle one goes without: of ten
// thousand connections, most are idle at a time.
import type { TimerWheel } from '../core/timer-wheel.ts';
import { type HeadLimits, HeadParser } from '../http1/head-parser.ts';
import { RequestBody } from './intake.ts';

/** The rules are changed in place. */
type ReadingTools = { readonly headLimits: HeadLimits; readonly minBodyRate: number; readonly wheel: TimerWheel };

export class RequestReading {
  readonly parser: HeadParser;
  readonly body: RequestBody;

  constructor(tools: ReadingTools) {
    this.parser = new HeadParser(tools.headLimits);
    this.body = new RequestBody(tools.wheel, tools);
  }
}

// As many requests as are served at a time on a busy listener.
const KEPT = 1024;

/** Those of one listener, which are used again and again. */
export class RequestReadings {
  /** What a connection has between requests: nothing is read by it. */
  readonly none: RequestReading;
  private readonly free: RequestReading[] = [];

  constructor(private readonly tools: ReadingTools) {
    this.none = new RequestReading(tools);
  }

  /** A request begins to come. Returns what it is read by: that of a connection which has one already is used again. */
  begin(reading: RequestReading): RequestReading {
    const next = reading === this.none ? (this.free.pop() ?? new RequestReading(this.tools)) : reading;
    next.parser.begin();
    return next;
  }

  /** It has been read to the end, and all that was to be told of it has been told. */
  end(reading: RequestReading): RequestReading {
    if (reading !== this.none && this.free.length < KEPT) this.free.push(reading);
    return this.none;
  }
}
