// How far ahead of its pace a tenant is: each thing that it does takes some of its time, and that time goes by (GCRA, ITU-T
// I.371). One word that all processes change.
import { Cells, type Field, type Slot, paceFields, slotOf } from './cells.ts';
import type { Millis } from './units.ts';
import { millis } from './units.ts';

type Words = { readonly time: Field<'pace'>; readonly touched: Field<'pace'> };

export const paceOfRequests: Words = { time: paceFields.requests, touched: paceFields.requestsTouched };
export const paceOfBytes: Words = { time: paceFields.bytes, touched: paceFields.bytesTouched };

const UNITS = 1024; // of a millisecond
const SECOND = millis(1000);

// In seconds. The word goes around in 70 minutes: after such a pause nobody is ahead, whatever it says.
const FORGOTTEN = 600;
// In milliseconds: nobody is further ahead than that.
const MOST = 500_000;

export class Pace {
  /** For a tenant that has no slot; null: it has had one whenever it was asked. */
  private alone: Cells<'pace'> | null = null;
  /** What is less than a unit. */
  private rest = 0;

  constructor(
    private readonly cells: Cells<'pace'>,
    private readonly seated: { readonly place: Slot },
    private readonly words: Words,
  ) {}

  /** How far ahead it is. */
  ahead(now: Millis): Millis {
    const cells = this.cellsHere;
    return millis(this.aheadAt(cells, cells.get(this.slot, this.words.time), now) / UNITS);
  }

  /** It has done something that takes so much of its time. Returns how far ahead it is. */
  spend(cost: number, now: Millis): Millis {
    for (;;) {
      const ahead = this.tryTo(cost, Number.POSITIVE_INFINITY, now);
      if (ahead !== null) return ahead;
    }
  }

  /** The same, unless it would be further ahead than `most` then. */
  take(cost: number, most: number, now: Millis): boolean {
    for (;;) {
      const ahead = this.tryTo(cost, most, now);
      if (ahead !== null) return ahead <= most;
    }
  }

  // Null: another process was faster.
  private tryTo(cost: number, most: number, now: Millis): Millis | null {
    const { words, slot } = this;
    const cells = this.cellsHere;
    const known = cells.get(slot, words.time);
    const exact = cost * UNITS + this.rest;
    const units = Math.floor(exact);
    const ahead = Math.min(this.aheadAt(cells, known, now) + units, MOST * UNITS);
    if (ahead > most * UNITS) return millis(ahead / UNITS);
    if (!cells.swap(slot, words.time, known, (unitsAt(now) + ahead) | 0)) return null;
    this.rest = exact - units;
    cells.set(slot, words.touched, secondsAt(now));
    return millis(ahead / UNITS);
  }

  private aheadAt(cells: Cells<'pace'>, word: number, now: Millis): number {
    if (secondsAt(now) - cells.get(this.slot, this.words.touched) > FORGOTTEN) return 0;
    return Math.max(0, (word - unitsAt(now)) | 0);
  }

  private get cellsHere(): Cells<'pace'> {
    return this.seated.place < 0 ? this.ownCells : this.cells;
  }

  private get ownCells(): Cells<'pace'> {
    this.alone ??= cellsOfOne();
    return this.alone;
  }

  private get slot(): Slot {
    return this.seated.place < 0 ? FIRST : this.seated.place;
  }
}

const FIRST = slotOf(0);

function cellsOfOne(): Cells<'pace'> {
  const cells = new Cells(paceFields);
  cells.grow(1);
  return cells;
}

function unitsAt(now: Millis): number {
  return Math.floor(now * UNITS) | 0;
}

function secondsAt(now: Millis): number {
  return Math.floor(now / SECOND) | 0;
}
