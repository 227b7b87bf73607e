// Draws some of the scenarios for the guide: npm run simulate -- --plot docs/guide/health.svg
import { BIN, type Bin } from './metrics.ts';
import { allGone, correlatedFailure, recoveryHerd, retryStorm } from './scenarios.ts';

type Series = { readonly name: string; readonly points: readonly number[] };

type Panel = {
  readonly title: string;
  readonly unit: string;
  /** From when to when the fault lasts, in milliseconds. */
  readonly trouble: readonly [number, number];
  /** For how long requests come, in milliseconds. */
  readonly length: number;
  readonly series: readonly Series[];
};

const WIDTH = 760;
const PANEL = 230;
const LEFT = 64;
const RIGHT = 16;
const TOP = 44;
const BOTTOM = 36;
const PLOT_WIDTH = WIDTH - LEFT - RIGHT;
const PLOT_HEIGHT = PANEL - TOP - BOTTOM;
const TICKS = 4;

// Colours that also differ in lightness and are legible on white and on black; dashes tell the lines apart in print.
const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #1f2328 } .title { font-weight: 600; font-size: 13px } .muted { fill: #59636e }
  .grid { stroke: #d1d9e0; stroke-width: 1 } .trouble { fill: #d1242f; opacity: .08 } .line { fill: none; stroke-width: 2 }
  .s0 { stroke: #cf222e } .s1 { stroke: #0969da; stroke-dasharray: 6 3 } .s2 { stroke: #1a7f37; stroke-dasharray: 2 3 }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc } .muted { fill: #9198a1 } .grid { stroke: #3d444d } .trouble { fill: #f85149; opacity: .15 }
    .s0 { stroke: #ff7b72 } .s1 { stroke: #58a6ff } .s2 { stroke: #56d364 }
  }`;

/** The picture, as SVG. */
export function plot(): string {
  const panels = [correlatedPanel(), allGonePanel(), coldPanel(), stormPanel()];
  const height = panels.length * PANEL;
  const description = panels.map((panel) => panel.title).join('; ');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${description}">
<style>${STYLE}
</style>
${panels.map((panel, at) => `<g transform="translate(0 ${at * PANEL})">\n${drawPanel(panel)}\n</g>`).join('\n')}
</svg>
`;
}

function correlatedPanel(): Panel {
  const { bins } = correlatedFailure().gateway.metrics;
  return {
    title: '800 of 2,000 backends refuse for 20 s',
    unit: 'requests per second',
    trouble: [20_000, 40_000],
    length: 60_000,
    series: [
      { name: 'lost', points: rate(bins, (bin) => bin.lost) },
      { name: 'asked for', points: rate(bins, (bin) => bin.requests) },
      { name: 'on the other 1,200', points: rate(bins, (bin) => bin.watched) },
    ],
  };
}

function allGonePanel(): Panel {
  const { bins } = allGone().gateway.metrics;
  return {
    title: 'All of ten backends are gone for 10 s',
    unit: 'requests per second',
    trouble: [10_000, 20_000],
    length: 40_000,
    series: [
      { name: 'lost', points: rate(bins, (bin) => bin.lost) },
      { name: 'attempts at backends', points: rate(bins, (bin) => bin.attempts) },
    ],
  };
}

function coldPanel(): Panel {
  return {
    title: 'One of three backends is gone for 10 s and comes back cold',
    unit: 'mean latency, ms',
    trouble: [10_000, 20_000],
    length: 50_000,
    series: [
      { name: 'full share at once', points: recoveryHerd(false).gateway.metrics.bins.map(meanLatency) },
      { name: 'slow start of 10 s', points: recoveryHerd(true).gateway.metrics.bins.map(meanLatency) },
    ],
  };
}

function stormPanel(): Panel {
  const lost = (run: ReturnType<typeof retryStorm>): number[] => rate(run.gateway.metrics.bins, (bin) => bin.lost);
  return {
    title: 'Capacity falls to 85 % of the load for 10 s; time-outs after 1 s',
    unit: 'requests lost per second',
    trouble: [15_000, 25_000],
    length: 60_000,
    series: [
      { name: 'no budget', points: lost(retryStorm(false)) },
      { name: 'a budget', points: lost(retryStorm(true)) },
      { name: 'a budget and max_requests', points: lost(retryStorm(true, 200)) },
    ],
  };
}

function rate(bins: readonly Bin[], of: (bin: Bin) => number): number[] {
  return bins.map((bin) => (of(bin) * 1000) / BIN);
}

function meanLatency(bin: Bin): number {
  return bin.served === 0 ? 0 : bin.latency / bin.served;
}

function drawPanel(panel: Panel): string {
  const { length } = panel;
  const series = panel.series.map(({ name, points }) => ({ name, points: points.slice(0, length / BIN) }));
  const highest = niceCeiling(Math.max(1, ...series.flatMap((one) => one.points)));
  const x = (time: number): string => (LEFT + (time / length) * PLOT_WIDTH).toFixed(1);
  const y = (value: number): string => (TOP + (1 - value / highest) * PLOT_HEIGHT).toFixed(1);
  const [from, to] = panel.trouble;
  return [
    `<text class="title" x="${LEFT}" y="16">${panel.title}</text><text class="muted" x="${WIDTH - RIGHT}" y="16" text-anchor="end">${panel.unit}</text>`,
    ...legend(series),
    `<rect class="trouble" x="${x(from)}" y="${TOP}" width="${(((to - from) / length) * PLOT_WIDTH).toFixed(1)}" height="${PLOT_HEIGHT}"/>`,
    ...Array.from({ length: TICKS + 1 }, (_, tick) => {
      const value = (highest * tick) / TICKS;
      return `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(value)}" y2="${y(value)}"/><text class="muted" x="${LEFT - 8}" y="${Number(y(value)) + 4}" text-anchor="end">${value.toLocaleString('en')}</text>`;
    }),
    ...Array.from(
      { length: Math.floor(length / 10_000) + 1 },
      (_, tick) =>
        `<text class="muted" x="${x(tick * 10_000)}" y="${PANEL - 14}" text-anchor="middle">${tick * 10} s</text>`,
    ),
    ...series.map(
      (one, at) =>
        `<polyline class="line s${at}" points="${one.points.map((value, bin) => `${x((bin + 0.5) * BIN)},${y(value)}`).join(' ')}"/>`,
    ),
  ].join('\n');
}

function legend(series: readonly Series[]): string[] {
  let left = LEFT;
  return series.map((one, at) => {
    const start = left;
    // About seven pixels a letter: a legend needs no exact metrics.
    left += 46 + one.name.length * 7;
    return `<line class="line s${at}" x1="${start}" x2="${start + 24}" y1="31" y2="31"/><text x="${start + 30}" y="35">${one.name}</text>`;
  });
}

function niceCeiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * ([1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10].find((factor) => factor * power >= value) ?? 10);
}
