// How long the check of one request may take. A schema of the operator's may take a time that grows with the square of a body, or
// without bounds where schemas refer to themselves: a client could stop the gateway by a body that is made for it.
import type { Millis } from '../../core/units.ts';

/** Thrown in the middle of a check. */
export class TooDear extends Error {}

// As many steps take a millisecond or two. Before that no clock is read, so that a pause of the process counts for nothing.
const FREE = 20_000;
const BETWEEN_LOOKS = 256;
/** An expression takes up to a microsecond for each character. */
const STEPS_OF_CHARACTER = 20;

export class Budget {
  private taken = 0;
  private lookAt = FREE;
  private endsAt = Number.POSITIVE_INFINITY;

  constructor(
    private readonly now: () => Millis,
    private readonly limit: Millis,
  ) {}

  begin(): void {
    this.taken = 0;
    this.lookAt = FREE;
    this.endsAt = this.now() + this.limit;
  }

  step(): void {
    if (++this.taken >= this.lookAt) this.look();
  }

  /** So many characters are matched against an expression. */
  characters(count: number): void {
    this.taken += count * STEPS_OF_CHARACTER;
    if (this.taken >= this.lookAt) this.look();
  }

  private look(): void {
    this.lookAt = this.taken + BETWEEN_LOOKS;
    if (this.now() > this.endsAt) throw new TooDear('the check takes too long');
  }
}
