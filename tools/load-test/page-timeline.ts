// Draws the timeline: throughput, latency and health over the same time, as one picture.
import { count, elapsed, latency } from '../../src/cli/charts.ts';
import { type Html, html, list } from './html.ts';
import type { Lane, Report } from './report.ts';
import { type Plot, areaOf, logarithmic, linear, pathOf, roundUp } from './plot.ts';

const WIDTH = 1080;
const LEFT = 120;
const RIGHT = 1064;
const STAGES = 28;
const THROUGHPUT = { top: 60, bottom: 190 };
const LATENCY = { top: 240, bottom: 350 };
const LANES_TOP = 396;
const LANE = 26;
const MOST_LANES = 40;
const LONGEST_NAME = 15;
const AXIS = 26;

/** The figure with its caption. */
export function renderTimeline(report: Report): Html {
  const health = shownLanes(report.timeline.health);
  const bottom = (health.length === 0 ? LATENCY.bottom : LANES_TOP + health.length * LANE) + 6;
  const x = linear(0, Math.max(1, report.duration_ms), LEFT, RIGHT);
  return html`<figure><div class="scroll"><svg viewBox="0 0 ${WIDTH} ${bottom + AXIS}" role="img" aria-labelledby="picture details">
<title id="picture">Throughput, latency and health over time</title>
<desc id="details">${describe(report)}</desc>
<defs><pattern id="hatch" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><line class="hatch" x1="0" y1="0" x2="0" y2="8"></line></pattern></defs>
${stageBands(report, x, bottom)}
${throughputPlot(report, x)}
${latencyPlot(report, x)}
${health.length === 0 ? html`` : lanes(health, x)}
${acts(report, x, bottom)}
${timeAxis(report.duration_ms, x, bottom)}
</svg></div><figcaption>${legend(report)}</figcaption></figure>`;
}

// Of too many lanes, those that changed most are shown: a reader looks for changes.
function shownLanes(all: readonly Lane[]): readonly Lane[] {
  if (all.length <= MOST_LANES) return all;
  return all.toSorted((a, b) => b.spans.length - a.spans.length).slice(0, MOST_LANES);
}

function describe({ stages, drill }: Report): string {
  const rates = stages.map(
    ({ name, requests_per_second }) => `${name}: ${count(requests_per_second)} requests a second`,
  );
  if (drill === null) return rates.join('; ');
  const { origin, killed_at, revived_at } = drill;
  return `${rates.join('; ')}. Origin ${origin} was killed after ${elapsed(killed_at)} and was there again after ${elapsed(revived_at)}.`;
}

function stageBands({ stages }: Report, x: Plot, bottom: number): Html {
  const shown = stages.map(({ name, started_at, ended_at, connections }, at) => {
    const [from, to] = [x(started_at), x(ended_at)];
    const fitting = Math.floor((to - from) / 7);
    const label = name.length > fitting ? `${at + 1}` : name;
    return html`<g><title>${name}, ${connections} connections</title>
<rect class="band" x="${from}" y="${STAGES - 20}" width="${width(from, to)}" height="${bottom - STAGES + 20}" rx="4"></rect>
<text class="name" x="${(from + to) / 2}" y="${STAGES - 5}" text-anchor="middle">${label}</text></g>\n`;
  });
  return list(shown);
}

function throughputPlot({ timeline }: Report, x: Plot): Html {
  const { step_ms, requests_per_second } = timeline.throughput;
  const highest = roundUp(Math.max(1, ...requests_per_second));
  const y = linear(0, highest, THROUGHPUT.bottom, THROUGHPUT.top);
  const points = requests_per_second.map((rate, at) => ({ x: x((at + 0.5) * step_ms), y: y(rate) }));
  const grid = [0, highest / 2, highest].map((rate) => gridLine(y(rate), count(rate)));
  return html`<text class="title" x="${LEFT}" y="${THROUGHPUT.top - 8}">Requests per second</text>${list(grid)}
<path class="area" d="${areaOf(points, THROUGHPUT.bottom)}"></path><path class="line" d="${pathOf(points)}"></path>`;
}

// From below a millisecond to seconds: only a logarithmic scale shows both.
function latencyPlot({ timeline }: Report, x: Plot): Html {
  const known = timeline.latency.flatMap(({ ms }) => (ms === null ? [] : [ms]));
  const decades = [0.1, 1, 10, 100, 1000, 10_000];
  const highest = decades.find((decade) => decade >= Math.max(1, ...known)) ?? 100_000;
  const lowest = decades.findLast((decade) => decade <= Math.min(highest / 10, ...known)) ?? 0.1;
  const y = logarithmic(lowest, highest, LATENCY.bottom, LATENCY.top);
  const grid = decades
    .filter((decade) => decade >= lowest && decade <= highest)
    .map((ms) => gridLine(y(ms), latency(ms)));
  const points = timeline.latency.flatMap(({ at, ms }) => (ms === null ? [] : [{ x: x(at), y: y(ms) }]));
  const failed = timeline.latency.filter(({ ms }) => ms === null);
  const crosses = failed.map(
    ({ at }) =>
      html`<circle class="failed" cx="${x(at)}" cy="${LATENCY.top}" r="3"><title>a failed request after ${elapsed(at)}</title></circle>`,
  );
  return html`<text class="title" x="${LEFT}" y="${LATENCY.top - 12}">Latency of one more client</text>${list(grid)}
<path class="sample" d="${pathOf(points)}"></path>${list(crosses)}`;
}

function gridLine(y: number, label: string): Html {
  return html`<line class="grid" x1="${LEFT}" x2="${RIGHT}" y1="${y}" y2="${y}"></line><text x="${LEFT - 10}" y="${y + 4}" text-anchor="end">${label}</text>\n`;
}

function lanes(all: readonly Lane[], x: Plot): Html {
  const shown = all.map(({ tenant, backend, spans }, row) => {
    const top = LANES_TOP + row * LANE;
    const name = backend === null ? tenant : `${tenant}/${backend}`;
    const bars = spans.map(({ from, to, state }) => {
      const box = html`x="${x(from)}" y="${top}" width="${width(x(from), x(to))}" height="${LANE - 8}" rx="3"`;
      const hatched = state === 'healthy' ? html`` : html`<rect class="low" ${box}></rect>`;
      return html`<g><title>${name} ${state} from ${elapsed(from)} to ${elapsed(to)}</title><rect class="${state}" ${box}></rect>${hatched}</g>`;
    });
    return html`<text class="name" x="${LEFT - 10}" y="${top + 13}" text-anchor="end"><title>${name}</title>${shorten(name)}</text>${list(bars)}\n`;
  });
  return html`<text class="title" x="${LEFT}" y="${LANES_TOP - 12}">Health, as the admin API told it</text>${list(shown)}`;
}

function acts({ drill }: Report, x: Plot, bottom: number): Html {
  if (drill === null) return html``;
  const deeds = [
    { at: drill.killed_at, text: `${drill.origin} killed`, anchor: 'end', shift: -5 },
    { at: drill.revived_at, text: `${drill.origin} back`, anchor: 'start', shift: 5 },
  ];
  const shown = deeds.map(
    ({
      at,
      text,
      anchor,
      shift,
    }) => html`<line class="act" x1="${x(at)}" x2="${x(at)}" y1="${STAGES + 6}" y2="${bottom}"></line>
<text class="actname" x="${x(at) + shift}" y="${THROUGHPUT.bottom + 18}" text-anchor="${anchor}">${text}</text>`,
  );
  return list(shown);
}

const MOST_MARKS = 10;

function timeAxis(duration: number, x: Plot, bottom: number): Html {
  const step =
    [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600].find((s) => duration / 1000 / s <= MOST_MARKS) ?? 86_400;
  const marks = Array.from({ length: Math.floor(duration / 1000 / step) + 1 }, (_, at) => at * step);
  const shown = marks.map(
    (seconds) => html`<text x="${x(seconds * 1000)}" y="${bottom + 18}" text-anchor="middle">${seconds} s</text>`,
  );
  return list(shown);
}

function legend({ timeline }: Report): Html {
  if (timeline.health.length === 0) return html``;
  const left = timeline.health.length - shownLanes(timeline.health).length;
  const others = left === 0 ? '' : `and ${left} more, with fewer changes`;
  return html`<span class="legend"><i></i>healthy</span><span class="legend"><i class="unhealthy"></i>unhealthy</span>
<span class="legend"><i class="odd"></i>ejected</span><span class="legend"><i class="unknown"></i>unknown</span>${others}`;
}

function shorten(name: string): string {
  return name.length <= LONGEST_NAME ? name : `…${name.slice(1 - LONGEST_NAME)}`;
}

// At least so wide that a state of a moment can be seen.
function width(from: number, to: number): number {
  return Math.max(1.5, to - from);
}
