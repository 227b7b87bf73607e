// What all processes of a gateway suffer alike, such as a collector that is away or a full disk: the one that decides hears of it
// from each of them, and tells it once in a while for all.
import type { Clock } from '../core/clock.ts';
import type { LogLevel } from '../core/log-settings.ts';
import { millis } from '../core/units.ts';
import type { Log, LogFields } from './log.ts';

const TELL = millis(60_000);

/** A line of one process. `place`: what it is about. */
export type Trouble = {
  readonly level: LogLevel;
  readonly message: string;
  readonly place: string;
  /** `dropped` is added up over all processes. */
  readonly fields: LogFields & { readonly dropped: number };
};

export type TellTrouble = (trouble: Trouble) => void;

type Told = { at: number; untold: number };

export class CommonTrouble {
  /** By places, and the messages there. */
  private readonly places = new Map<string, Map<string, Told>>();

  constructor(
    private readonly log: Log,
    private readonly clock: Pick<Clock, 'now'>,
  ) {}

  /** A line of the level `info` says that it is over. */
  readonly tell: TellTrouble = ({ level, message, place, fields }) => {
    const { dropped } = fields;
    const known = this.places.get(place) ?? new Map<string, Told>();
    if (level === 'info') {
      const untold = Array.from(known.values(), (one) => one.untold).reduce((sum, one) => sum + one, 0);
      // Another process has said so before.
      if (this.places.delete(place)) this.log(level, message, { ...fields, dropped: dropped + untold });
      return;
    }
    this.places.set(place, known);
    const told = known.get(message) ?? { at: Number.NEGATIVE_INFINITY, untold: 0 };
    known.set(message, told);
    told.untold += dropped;
    const now = this.clock.now();
    if (now - told.at < TELL) return;
    this.log(level, message, { ...fields, dropped: told.untold });
    told.at = now;
    told.untold = 0;
  };
}
