// A chart over time, drawn by uPlot in the colours of the page.
import { useEffect, useRef, useState } from 'preact/hooks';
import UPlot from 'uplot';
import { bytes, clock } from '../format.ts';
import { onThemeChange } from '../state/theme.ts';

export type Line = {
  readonly label: string;
  /** A colour of style/tokens.css. */
  readonly color: string;
  readonly values: readonly (number | null)[];
  readonly isArea?: boolean;
};

/** An event, drawn as a line across. */
export type Mark = { readonly at: number; readonly color: string; readonly text: string };

export type ChartProps = {
  readonly title: string;
  /** Seconds since 1970. */
  readonly times: readonly number[];
  readonly lines: readonly Line[];
  readonly format: (value: number | null) => string;
  readonly marks?: readonly Mark[];
  readonly height?: number;
};

/** The latest value of each line stands above, or the one under the pointer. */
export function Chart({ title, times, lines, format, marks = [], height = 170 }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot | null>(null);
  const [index, setIndex] = useState<number | null>(null);
  const marksNow = useRef(marks);
  marksNow.current = marks;
  const shape = lines.map(({ label, color }) => `${label} ${color}`).join();
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const make = (): void => {
      plot.current?.destroy();
      plot.current = new UPlot(
        optionsOf({ lines, format, height, marksNow, setIndex }, element),
        dataOf(times, lines),
        element,
      );
    };
    make();
    const size = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height }));
    size.observe(element);
    const forget = onThemeChange(make);
    return () => {
      forget();
      size.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [shape, height, format]);
  useEffect(() => plot.current?.setData(dataOf(times, lines)), [times, lines]);
  const at = index !== null && index < times.length ? index : lastKnown(lines);
  const time = times[at];
  return (
    <figure class="chart">
      <figcaption>
        <span class="chart-title">{title}</span>
        <span class="chart-time">{index === null || time === undefined ? '' : clock(time * 1000)}</span>
        <span class="legend">
          {lines.map(({ label, color, values }) => (
            <span key={label} class="key">
              <span class={`swatch ${color}`} aria-hidden="true" />
              {label} <b>{format(values[at] ?? null)}</b>
            </span>
          ))}
        </span>
      </figcaption>
      <div ref={place} class="plot" />
      <MarkNote marks={marks} time={index === null ? undefined : time} step={(times[1] ?? 0) - (times[0] ?? 0)} />
    </figure>
  );
}

function MarkNote({ marks, time, step }: { marks: readonly Mark[]; time: number | undefined; step: number }) {
  if (time === undefined) return null;
  const near = marks.filter(({ at }) => Math.abs(at / 1000 - time) <= Math.max(step, 1) * 1.5);
  if (near.length === 0) return null;
  return (
    <p class="mark-note">
      {near
        .slice(0, 3)
        .map(({ text }) => text)
        .join(' · ')}
    </p>
  );
}

function lastKnown(lines: readonly Line[]): number {
  const [first] = lines;
  if (first === undefined) return 0;
  for (let at = first.values.length - 1; at >= 0; at--) if ((first.values[at] ?? null) !== null) return at;
  return Math.max(0, first.values.length - 1);
}

function dataOf(times: readonly number[], lines: readonly Line[]): UPlot.AlignedData {
  return [Array.from(times), ...lines.map(({ values }) => Array.from(values))];
}

type Drawn = Pick<ChartProps, 'lines' | 'format'> & {
  readonly height: number;
  readonly marksNow: { readonly current: readonly Mark[] };
  readonly setIndex: (index: number | null) => void;
};

function optionsOf({ lines, format, height, marksNow, setIndex }: Drawn, element: HTMLElement): UPlot.Options {
  const styles = getComputedStyle(element);
  const color = (name: string): string => styles.getPropertyValue(`--${name}`).trim();
  const font = `11px ${styles.fontFamily}`;
  const axis = { stroke: color('muted'), font, grid: { stroke: color('grid'), width: 1 }, ticks: { show: false } };
  return {
    width: Math.max(element.clientWidth, 120),
    height,
    padding: [8, 6, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { size: 6 }, drag: { x: false, y: false } },
    scales: { x: { time: true }, y: { range: (_plot, _low, high) => [0, Math.max(high * 1.1, 0.001)] } },
    axes: [
      { ...axis, grid: { show: false }, size: 26, space: 70, values: (_plot, ticks) => timesOf(ticks) },
      {
        ...axis,
        size: 58,
        space: 34,
        ...(format === bytes ? { incrs: POWERS } : {}),
        values: (_plot, ticks) => ticks.map((tick) => format(tick)),
      },
    ],
    series: [{}, ...lines.map((line) => seriesOf(line, color))],
    hooks: {
      setCursor: [({ cursor }) => setIndex(cursor.idx ?? null)],
      draw: [(plot) => drawMarks(plot, marksNow.current, color)],
    },
  };
}

function seriesOf({ label, color: name, isArea = false }: Line, color: (name: string) => string): UPlot.Series {
  const stroke = color(name);
  return { label, stroke, width: 1.5, points: { show: false }, ...(isArea ? { fill: `${stroke}22` } : {}) };
}

// Bytes are counted in powers of two.
const POWERS = Array.from({ length: 50 }, (_, at) => 2 ** at);

const DAY = 86_400;

function timesOf(ticks: readonly number[]): string[] {
  const step = (ticks[1] ?? 0) - (ticks[0] ?? 0);
  return ticks.map((tick) => {
    const date = new Date(tick * 1000);
    if (step >= DAY) return date.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' });
    return date.toLocaleTimeString('en-GB', step >= 60 ? { hour: '2-digit', minute: '2-digit' } : {});
  });
}

function drawMarks(plot: UPlot, marks: readonly Mark[], color: (name: string) => string): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.setLineDash([3, 3]);
  ctx.globalAlpha = 0.6;
  for (const { at, color: name } of marks) {
    const x = plot.valToPos(at / 1000, 'x', true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.strokeStyle = color(name);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.restore();
}
