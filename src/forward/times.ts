// When an exchange reached each of its steps.
import { type Millis, millis } from '../core/units.ts';

export const NOT_REACHED = millis(0);

export class Times {
  begun = NOT_REACHED;
  admitted = NOT_REACHED;
  attempted = NOT_REACHED;
  connecting = NOT_REACHED;
  connected = NOT_REACHED;
  answered = NOT_REACHED;
  left = NOT_REACHED;
  queued = NOT_REACHED;

  begin(now: Millis): void {
    this.begun = now;
    this.admitted = NOT_REACHED;
    this.attempted = NOT_REACHED;
    this.connecting = NOT_REACHED;
    this.connected = NOT_REACHED;
    this.answered = NOT_REACHED;
    this.left = NOT_REACHED;
    this.queued = NOT_REACHED;
  }

  /** It has waited in a line since then. */
  waited(since: Millis, now: Millis): void {
    this.queued = millis(this.queued + Math.max(0, now - since));
  }

  /** The attempt whose answer counts has got a new connection. */
  opened(began: Millis, now: Millis): void {
    this.connecting = began;
    this.connected = now;
  }
}
