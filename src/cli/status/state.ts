// The state of a backend as a sign and a word, so that it can be read without colours.
import { type Span, type Tone, span } from '../paint.ts';

const BAD = new Set(['unhealthy', 'ejected', 'failing']);

/** `● healthy`. */
export function stateSpan(state: string, isUnicode: boolean): Span {
  const sign = signOf(state, isUnicode);
  return span(`${sign} ${state}`, toneOf(state));
}

/** A reason without the state that stands beside it: `for 3s: …` beside `unhealthy`. */
export function besideState(reason: string, state: string): string {
  const rest = reason.startsWith(state) ? reason.slice(state.length).replace(/^:? /, '') : reason;
  return rest === '' ? reason : rest;
}

function toneOf(state: string): Tone {
  if (state === 'healthy') return 'good';
  return BAD.has(state) ? 'bad' : 'act';
}

function signOf(state: string, isUnicode: boolean): string {
  if (state === 'healthy') return isUnicode ? '●' : '+';
  if (BAD.has(state)) return isUnicode ? '✗' : 'x';
  return isUnicode ? '○' : 'o';
}
