// When a connection that brings nothing is asked whether it still works: it can be dead without a word, since a firewall or
// the backend's machine has forgotten it.
import type { TimerWheel } from '../../core/timer-wheel.ts';
import { type Millis, millis } from '../../core/units.ts';

// A server of gRPC may end a connection whose client sends more than two PINGs in five minutes while nothing else passes.
const NEXT_PING = millis(5 * 60_000);

/** The PINGs of one connection. */
export class Pings {
  private heardAt = 0;
  /** Nothing has come since a PING was sent. */
  private isAsking = false;
  /** When the latest was sent since the last request, in ticks; 0: none. */
  private sentAt = 0;

  constructor(private readonly wheel: TimerWheel) {}

  /** Something has come. */
  heard(): void {
    this.heardAt = this.wheel.now;
    this.isAsking = false;
  }

  /** A request begins. */
  requestBegins(): void {
    this.sentAt = 0;
  }

  /** What is to be done after so long a time. `lost`: a PING has had no answer. */
  after(time: Millis): 'lost' | 'ask' | 'wait' {
    if (this.isAsking) return 'lost';
    const { now, tick } = this.wheel;
    const isSilent = (now - this.heardAt) * tick >= time;
    const mayAsk = this.sentAt === 0 || (now - this.sentAt) * tick >= NEXT_PING;
    if (!isSilent || !mayAsk) return 'wait';
    this.isAsking = true;
    this.sentAt = now;
    return 'ask';
  }
}
