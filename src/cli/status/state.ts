// The state of a backend as a sign and a word, so that it can be read without colours.
import { type Span, type Tone, span } from '../paint.ts';

const BAD = new Set(['unhealthy', 'ejected']);

/** `● healthy`. */
export function stateSpan(state: string, isUnicode: boolean): Span {
  const sign = signOf(state, isUnicode);
  return span(`${sign} ${state}`, toneOf(state));
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
