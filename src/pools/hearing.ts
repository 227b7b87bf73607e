// What is remembered of a backend to notice its silence.
import { Quantile } from '../core/quantile.ts';
import { share } from '../core/units.ts';

/** Kept for each backend that has a check and has had requests. */
export class Hearing {
  /** Nearly all of its answers begin within this time. Fed with the first answer of each tick. */
  readonly usual = new Quantile(share(0.95));
  /** How often its silence has been suspected since its latest byte. */
  suspicions = 0;
  /** The tick of its latest byte when it was looked at last. */
  heardAt = 0;
}
