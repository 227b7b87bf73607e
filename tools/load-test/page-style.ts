// The style of the page: light or dark as the reader's system is set, and for paper.
import type { Html } from './html.ts';

export const STYLE: Html = {
  text: `
:root { color-scheme: light dark;
  --page: #f6f7f9; --card: #fff; --text: #1a2130; --faint: #5b6677; --line: #dfe3ea; --band: #f0f3f8;
  --accent: #2457d6; --fill: #2457d622; --good: #147a43; --well: #2f9e63; --bad: #c2242f; --odd: #a15c07; --sample: #8a3ffc; }
@media (prefers-color-scheme: dark) { :root {
  --page: #10141b; --card: #181e28; --text: #e6eaf1; --faint: #9aa6b8; --line: #2c3543; --band: #1d2531;
  --accent: #7ba6ff; --fill: #7ba6ff26; --good: #56d08e; --well: #3aa76d; --bad: #ff7a80; --odd: #f0b35b; --sample: #be95ff; } }
* { box-sizing: border-box }
body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.5 system-ui, sans-serif }
main { max-width: 1120px; margin: 0 auto; padding: 32px 20px 64px }
h1 { font-size: 28px; margin: 0; letter-spacing: -.01em }
h2 { font-size: 17px; margin: 0 0 12px }
.facts { color: var(--faint); margin: 4px 0 20px; overflow-wrap: anywhere }
section, .figures { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 20px; margin: 0 0 16px }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(130px, 1fr)); gap: 16px }
.figures dt { color: var(--faint); font-size: 13px }
.figures dd { margin: 0; font-size: 24px; font-weight: 600; font-variant-numeric: tabular-nums }
.verdict { border-left: 6px solid var(--good) }
.verdict.bad { border-left-color: var(--bad) }
.verdict h2 { font-size: 20px; color: var(--good) }
.verdict.bad h2 { color: var(--bad) }
.verdict ul { list-style: none; margin: 0; padding: 0 }
.verdict li { display: grid; grid-template-columns: 110px 1fr; gap: 12px; padding: 4px 0 }
.verdict li.good b { color: var(--good) } .verdict li.bad b { color: var(--bad) } .verdict li.note b { color: var(--faint) }
figure { margin: 0 } figcaption { color: var(--faint); font-size: 13px; margin-top: 8px }
svg { display: block; width: 100%; height: auto; font: 12px system-ui, sans-serif }
svg text { fill: var(--faint) } svg .name { fill: var(--text) } svg .title { fill: var(--text); font-weight: 600 }
svg .band { fill: var(--band) } svg .grid { stroke: var(--line) }
svg .line { fill: none; stroke: var(--accent); stroke-width: 1.5; stroke-linejoin: round } svg .area { fill: var(--fill) }
svg .sample { fill: none; stroke: var(--sample); stroke-width: 1.5; stroke-linejoin: round } svg .failed { fill: var(--bad) }
svg .healthy { fill: var(--well) } svg .unhealthy { fill: var(--bad) } svg .unknown { fill: var(--faint) }
svg .ejected, svg .resting { fill: var(--odd) }
svg .low { fill: url(#hatch) } svg .hatch { stroke: var(--card); stroke-width: 3; opacity: .45 }
svg .act { stroke: var(--text); stroke-dasharray: 3 3 } svg .actname { fill: var(--text); font-weight: 600 }
.legend { display: inline-flex; gap: 6px; align-items: center; margin-right: 16px }
.legend i { width: 14px; height: 10px; border-radius: 3px; background: var(--well) }
.legend i.unhealthy { background: var(--bad) } .legend i.odd { background: var(--odd) } .legend i.unknown { background: var(--faint) }
.scroll { overflow-x: auto } .scroll svg { min-width: 720px }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th, td { padding: 8px 10px; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap }
thead th { color: var(--faint); font-weight: 500; font-size: 13px }
tbody tr:last-child > * { border-bottom: 0 }
th:first-child, .shares :is(th, td):nth-child(2) { text-align: left }
th[scope=row] { font-weight: 600 } table small { display: block; color: var(--faint); font-weight: 400 }
.shares :is(th, td):last-child { width: 40% }
.bar { display: block; height: 10px; border-radius: 5px; background: var(--band); overflow: hidden }
.bar i { display: block; height: 100%; background: var(--accent) }
.health { margin: 0 } .health > div { display: grid; grid-template-columns: 160px 1fr; gap: 12px; padding: 6px 0 }
.health dt { font-weight: 600 } .health dd { margin: 0 } .health ol { list-style: none; margin: 4px 0 0; padding: 0; color: var(--faint) }
.health time { display: inline-block; min-width: 64px; font-variant-numeric: tabular-nums }
@media (max-width: 640px) { .verdict li, .health > div { grid-template-columns: 1fr; gap: 0 } }
@media print { body { background: none } section { break-inside: avoid } }
`,
};
