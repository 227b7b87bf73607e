// How many processes the numbers of a gateway have places for.
import { MOST_PROCESSES } from '../core/cells.ts';

/** One for each slot, a spare, and one that takes the place of a worker that hangs and has not been ended yet. */
export const PLACES_BESIDE_SLOTS = 2;

export const MOST_WORKERS = MOST_PROCESSES - PLACES_BESIDE_SLOTS;
