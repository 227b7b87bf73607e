// Where an exchange is on its way, in one word, and what may follow.

/** Nobody has it: it is over, or has not begun. */
export const OVER = 0;
/** It is being decided where it goes, and who may answer it. */
export const ASKING = 1;
/** Its body is read to the end before a backend is asked. */
export const READING = 2;
/** It waits for a backend that has room. */
export const IN_LINE = 3;
/** An attempt has failed; the next one is made after a while. */
export const BACKING_OFF = 4;
/** A backend is asked. */
export const ATTEMPTING = 5;
/** A response is on its way to the client. */
export const RESPONDING = 6;
/** The protocol has changed; bytes pass both ways. */
export const TUNNEL = 7;
/** The response is complete, and its last bytes are leaving. */
export const LEAVING = 8;

export type Phase =
  | typeof OVER
  | typeof ASKING
  | typeof READING
  | typeof IN_LINE
  | typeof BACKING_OFF
  | typeof ATTEMPTING
  | typeof RESPONDING
  | typeof TUNNEL
  | typeof LEAVING;

/** By phase. */
export const PHASE_NAMES = [
  'over',
  'asking',
  'reading',
  'in_line',
  'backing_off',
  'attempting',
  'responding',
  'tunnel',
  'leaving',
] as const;

// From every phase a client may go away (over), and an answer of our own may be sent (leaving).
const FOLLOWING: Readonly<Record<Phase, readonly Phase[]>> = {
  [OVER]: [ASKING],
  [ASKING]: [READING, IN_LINE, ATTEMPTING, LEAVING, OVER],
  [READING]: [IN_LINE, ATTEMPTING, LEAVING, OVER],
  [IN_LINE]: [ATTEMPTING, LEAVING, OVER],
  [BACKING_OFF]: [IN_LINE, ATTEMPTING, LEAVING, OVER],
  [ATTEMPTING]: [IN_LINE, BACKING_OFF, ATTEMPTING, RESPONDING, TUNNEL, LEAVING, OVER],
  [RESPONDING]: [LEAVING, OVER],
  [TUNNEL]: [LEAVING, OVER],
  [LEAVING]: [OVER],
};

// One number for each phase: asked at every step of every request.
const MASKS = Object.values(FOLLOWING).map((phases) => phases.reduce<number>((mask, phase) => mask | (1 << phase), 0));

/** Whether `to` may follow `from`. */
export function mayFollow(from: Phase, to: Phase): boolean {
  return (MASKS[from] & (1 << to)) !== 0;
}
