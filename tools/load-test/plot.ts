// Maps values to places in a picture: pure.

/** The place of a value, rounded to what an eye can tell apart. */
export type Plot = (value: number) => number;

export function linear(low: number, high: number, from: number, to: number): Plot {
  return (value) => tenth(from + ((value - low) / (high - low)) * (to - from));
}

/** A logarithmic scale. Values outside the range are put at its ends. */
export function logarithmic(low: number, high: number, from: number, to: number): Plot {
  const scale = linear(Math.log(low), Math.log(high), from, to);
  return (value) => scale(Math.log(Math.min(high, Math.max(low, value))));
}

/** The next number whose half is a short one as well: 1, 2, 3, 4, 5, 6, 8, 10, 20 … */
export function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 3, 4, 5, 6, 8, 10].map((factor) => factor * power).find((candidate) => candidate >= value) ?? value;
}

type Point = { readonly x: number; readonly y: number };

/** The points joined by lines, as an SVG path. */
export function pathOf(points: readonly Point[]): string {
  return points.map(({ x, y }, at) => `${at === 0 ? 'M' : 'L'}${x} ${y}`).join('');
}

/** The same path, closed along a ground line. */
export function areaOf(points: readonly Point[], ground: number): string {
  const [first, last] = [points.at(0), points.at(-1)];
  if (first === undefined || last === undefined) return '';
  return `${pathOf(points)}L${last.x} ${ground}L${first.x} ${ground}Z`;
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10;
}
