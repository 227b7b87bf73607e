// The phases of an exchange, and which of them may follow which.

/** The exchange is over, or has not begun: its object is free. */
export const OVER = 0;
/** The gateway decides where the request goes, and whether it may go there. */
export const ASKING = 1;
/** The request's body is read to its end before a backend is asked. */
export const READING = 2;
/** The request waits for a backend that has room. */
export const IN_LINE = 3;
/** An attempt has failed; the next one is made after a wait. */
export const BACKING_OFF = 4;
/** A backend is asked. */
export const ATTEMPTING = 5;
/** A response is on its way to the client. */
export const RESPONDING = 6;
/** The gateway itself answers, and policies are asked about the answer. */
export const ANSWERING = 9;
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
  | typeof LEAVING
  | typeof ANSWERING;

/** The names by phase. */
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
  'answering',
] as const;

// In every phase the client may go away (over). Until a response has begun, the gateway may send its own (leaving; responding
// where it is made while it is sent).
const FOLLOWING: Readonly<Record<Phase, readonly Phase[]>> = {
  [OVER]: [ASKING],
  [ASKING]: [READING, IN_LINE, ATTEMPTING, RESPONDING, ANSWERING, LEAVING, OVER],
  [READING]: [IN_LINE, ATTEMPTING, ANSWERING, LEAVING, OVER],
  [IN_LINE]: [ATTEMPTING, ANSWERING, LEAVING, OVER],
  [BACKING_OFF]: [IN_LINE, ATTEMPTING, ANSWERING, LEAVING, OVER],
  [ATTEMPTING]: [IN_LINE, BACKING_OFF, ATTEMPTING, RESPONDING, TUNNEL, ANSWERING, LEAVING, OVER],
  [RESPONDING]: [ANSWERING, LEAVING, OVER],
  [TUNNEL]: [LEAVING, OVER],
  [LEAVING]: [OVER],
  [ANSWERING]: [LEAVING, OVER],
};

// One number for each phase, because `mayFollow` runs at every step of every request.
const MASKS = Object.values(FOLLOWING).map((phases) => phases.reduce<number>((mask, phase) => mask | (1 << phase), 0));

/** True if `to` may follow `from`. */
export function mayFollow(from: Phase, to: Phase): boolean {
  return (MASKS[from] & (1 << to)) !== 0;
}

/** What is reported where an exchange goes a way that there is not. */
export function wrongStep(from: Phase, to: Phase): Error {
  return new Error(`an exchange must not go from ${PHASE_NAMES[from]} to ${PHASE_NAMES[to]}`);
}
