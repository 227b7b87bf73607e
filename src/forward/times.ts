// When an exchange reached each of its steps.
import { type Millis, millis } from '../core/units.ts';

export const NOT_REACHED = millis(0);

export class Times {
  begun = NOT_REACHED;
  admitted = NOT_REACHED;
  attempted = NOT_REACHED;
  answered = NOT_REACHED;
  left = NOT_REACHED;

  begin(now: Millis): void {
    this.begun = now;
    this.admitted = NOT_REACHED;
    this.attempted = NOT_REACHED;
    this.answered = NOT_REACHED;
    this.left = NOT_REACHED;
  }
}
