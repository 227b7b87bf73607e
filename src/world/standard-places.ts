// The standard output and the standard error, where logs may go.
import type { StandardPlace } from '../core/standard-place.ts';

const places = new Map<'stdout' | 'stderr', StandardPlace>();

/** That of this process. */
export function standardPlace(kind: 'stdout' | 'stderr'): StandardPlace {
  const known = places.get(kind);
  if (known !== undefined) return known;
  const stream = process[kind];
  // Nobody reads it any more: there is nowhere left to report that.
  stream.on('error', () => undefined);
  const isTerminal = stream.isTTY === true;
  const hasColours = isTerminal && (process.env['NO_COLOR'] ?? '') === '' && process.env['TERM'] !== 'dumb';
  const place = { write: (line: string) => void stream.write(line), isTerminal, hasColours };
  places.set(kind, place);
  return place;
}
