// One backend with its history. Pure.
import type { BackendDetail } from '../admin-answers.ts';
import { count, latency } from '../charts.ts';
import { type Line, type Tone, span } from '../paint.ts';
import { besideState, stateSpan } from './state.ts';
import { formatWeight, leavingLine } from './table.ts';

const LATEST_PROBES = 10;
const LATEST_CHANGES = 20;
const LABEL = 13;

/** The lines about one backend: its state, the reason for it, and what led to it. */
export function detailLines(backend: BackendDetail, isUnicode: boolean): readonly Line[] {
  return [
    [span(`${backend.tenant}/${backend.name}`, 'strong'), span(`  ${backend.url}`, 'faint')],
    [
      label('state'),
      stateSpan(backend.state, isUnicode),
      span(backend.reason === null ? '' : `  ${besideState(backend.reason, backend.state)}`),
    ],
    [label('health'), span(healthOf(backend))],
    [label('admission'), span(admissionOf(backend))],
    [label('weight'), span(formatWeight(backend.weight) + (backend.backup ? ', a backup' : ''))],
    [label('requests'), span(requestsOf(backend))],
    [label('answers'), span(answersOf(backend))],
    [label('connections'), span(connectionsOf(backend))],
    ...backend.earlier.map((one): Line => [label('of these'), ...leavingLine(one)]),
    [],
    ...probeLines(backend),
    [],
    ...faultLines(backend),
    ...changeLines(backend),
  ];
}

function label(text: string): Line[number] {
  return span(`  ${text.padEnd(LABEL)}`, 'faint');
}

function healthOf({ health, since, evidence, reason }: BackendDetail): string {
  if (since === null) return health;
  // The reason says it already.
  const isSaid = evidence === null || reason?.includes(evidence) === true;
  return `${health} since ${since}${isSaid ? '' : `: ${evidence}`}`;
}

function admissionOf({ admission, drain_deadline: deadline }: BackendDetail): string {
  return deadline === null ? admission : `${admission}, until ${deadline} at the latest`;
}

function requestsOf({ requests, failures, in_flight: inFlight, tunnels, streams }: BackendDetail): string {
  const kinds = [
    tunnels === 0 ? '' : `${count(tunnels)} tunnels`,
    streams === 0 ? '' : `${count(streams)} hold no place`,
  ];
  const known = kinds.filter((kind) => kind !== '').join(', ');
  const upgraded = known === '' ? '' : ` (of them ${known})`;
  return `${count(requests)}, failed ${count(failures)}, in flight ${count(inFlight)}${upgraded}`;
}

function answersOf({ figures }: BackendDetail): string {
  if (figures === null) return 'counted together with those of others (metrics.max_backends)';
  const { first_byte: times } = figures;
  if (times === null) return 'none yet';
  const { p50_ms: half, p99_ms: nearlyAll, mean_ms: mean } = times;
  return `begin after ${latency(half)} (half), ${latency(nearlyAll)} (99 %), ${latency(mean)} on average, since the start`;
}

function connectionsOf({ figures, open_connections: open, idle_connections: idle }: BackendDetail): string {
  const now = `${count(open)} open, ${count(idle)} of them idle`;
  if (figures === null) return now;
  const { connections_opened: opened, connections_failed: failed, connections_reused: reused } = figures;
  return `${now}; since the start opened ${count(opened)}, failed ${count(failed)}, used again ${count(reused)} times`;
}

function probeLines({ probes }: BackendDetail): readonly Line[] {
  if (probes.length === 0) return [[span('  no probes yet, or no check', 'faint')]];
  const shown = probes.slice(-LATEST_PROBES);
  const wide = Math.max(...shown.map(({ duration }) => latency(duration).length));
  return [
    [span('  latest probes', 'faint')],
    ...shown.map(
      ({ at, kind, passed, duration, detail, excerpt }): Line => [
        span(`  ${at}  `, 'faint'),
        span(passed ? 'passed' : 'failed', passed ? 'good' : 'bad'),
        span(`  ${latency(duration).padStart(wide)}  ${kind}: ${detail}`),
        span(excerpt === null || excerpt === '' ? '' : `  "${excerpt}"`, 'faint'),
      ],
    ),
  ];
}

function faultLines({ faults }: BackendDetail): readonly Line[] {
  if (faults.length === 0) return [];
  const wide = Math.max(...faults.map(({ count: times }) => count(times).length));
  return [
    [span('  failed requests, by kind', 'faint')],
    ...faults.map(
      ({ at, code, reason, count: times }): Line => [
        span(`  ${at}  `, 'faint'),
        span(`${count(times).padStart(wide)} × `),
        span(code, 'bad'),
        span(reason === null ? '' : `  ${reason}`),
      ],
    ),
  ];
}

function changeLines({ changes }: BackendDetail): readonly Line[] {
  if (changes.length === 0) return [[span('  no changes yet', 'faint')]];
  const shown = changes.slice(-LATEST_CHANGES);
  const wide = Math.max(...shown.map(({ kind }) => kind.length));
  return [
    [span('  latest changes', 'faint')],
    ...shown.map(
      ({ at, kind, detail }): Line => [
        span(`  ${at}  `, 'faint'),
        span(kind.padEnd(wide), changeTone(kind)),
        span(`  ${detail}`),
      ],
    ),
  ];
}

const GOOD_CHANGES = new Set([
  'healthy',
  'readmitted',
  'returned',
  'enabled',
  'drained',
  'tenant_up',
  'tenant_restored',
]);
const BAD_CHANGES = new Set(['unhealthy', 'ejected', 'cut', 'tenant_down', 'limit_reached', 'tenant_degraded']);

/** The tone in which a change is shown. */
export function changeTone(kind: string): Tone {
  if (GOOD_CHANGES.has(kind)) return 'good';
  return BAD_CHANGES.has(kind) ? 'bad' : 'act';
}
