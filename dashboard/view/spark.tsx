// The course of a figure, as small as a word.

const WIDTH = 96;
const HEIGHT = 22;

export function Spark({ values }: { values: readonly (number | null)[] }) {
  if (values.length < 2) return null;
  const most = Math.max(...values.map((value) => value ?? 0), 0.001);
  const step = WIDTH / (values.length - 1);
  const points = values.map(
    (value, at) => `${(at * step).toFixed(1)},${(HEIGHT - 2 - ((value ?? 0) / most) * (HEIGHT - 4)).toFixed(1)}`,
  );
  return (
    <svg class="spark" width={WIDTH} height={HEIGHT} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true">
      <polygon points={`0,${HEIGHT} ${points.join(' ')} ${WIDTH},${HEIGHT}`} />
      <polyline points={points.join(' ')} />
    </svg>
  );
}
