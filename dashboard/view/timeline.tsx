// The recent past of a backend: a band of its states, its probes below, and the evidence for each as text.
import { useState } from 'preact/hooks';
import type { Change, Probe, Report } from '../api/tenant-shapes.ts';
import { clock, milliseconds } from '../format.ts';
import { State, type Tone, toneOf } from './parts.tsx';

const SHORTEST = 60_000;
const WIDTH = 1000;

type Segment = { readonly from: number; readonly to: number; readonly tone: Tone; readonly text: string };

export function Timeline({ report, now }: { report: Report; now: number }) {
  const [chosen, setChosen] = useState<string | null>(null);
  const { probes, changes } = report;
  const first = Math.min(changes[0]?.at ?? now, probes[0]?.at ?? now, now - SHORTEST);
  const scale = (at: number): number => ((at - first) / (now - first)) * WIDTH;
  const segments = segmentsOf(report, first, now);
  return (
    <div class="timeline">
      <svg viewBox={`0 0 ${WIDTH} 44`} preserveAspectRatio="none" aria-hidden="true">
        {segments.map(({ from, to, tone, text }) => (
          <rect
            key={from}
            class={`band ${tone}`}
            x={scale(from)}
            width={Math.max(scale(to) - scale(from), 2)}
            y="0"
            height="22"
            onPointerEnter={() => setChosen(text)}
          />
        ))}
        {probes.map((probe) => (
          <rect
            key={probe.at}
            class={`probe ${probe.passed ? 'good' : 'bad'}`}
            x={scale(probe.at) - 2}
            width="4"
            y="27"
            height="15"
            onPointerEnter={() => setChosen(textOfProbe(probe))}
          />
        ))}
      </svg>
      <div class="timeline-foot">
        <span>{clock(first)}</span>
        <span class="timeline-note">{chosen ?? 'States above, probes below. Point at one for its evidence.'}</span>
        <span>now</span>
      </div>
    </div>
  );
}

function segmentsOf({ changes, state }: Report, first: number, now: number): readonly Segment[] {
  // Weights and the like change nothing of how a backend is.
  const turns = changes.filter(({ kind }) => kind !== 'weighted' && kind !== 'cut' && kind !== 'removed');
  const [earliest] = turns;
  if (earliest === undefined)
    return [{ from: first, to: now, tone: toneOf(state), text: `${state} for as long as is known` }];
  const before: readonly Segment[] =
    earliest.at > first ? [{ from: first, to: earliest.at, tone: 'calm', text: 'before the first verdict' }] : [];
  return [
    ...before,
    ...turns.map((turn, at) => ({
      from: turn.at,
      to: turns[at + 1]?.at ?? now,
      tone: toneOf(turn.kind),
      text: textOfChange(turn),
    })),
  ];
}

function textOfChange({ at, kind, detail, by }: Change): string {
  return `${clock(at)} ${kind}: ${detail}${by === null ? '' : ` (by ${by})`}`;
}

function textOfProbe({ at, passed, detail, duration }: Probe): string {
  return `${clock(at)} probe ${passed ? 'passed' : 'failed'}: ${detail} in ${milliseconds(duration)}`;
}

const LATEST = 8;

export function History({ report: { probes, changes, faults } }: { report: Report }) {
  return (
    <div class="columns">
      <section>
        <h3>Changes</h3>
        {changes.length === 0 ? <p class="muted">None yet.</p> : null}
        <ol class="events">
          {changes
            .slice(-LATEST)
            .toReversed()
            .map((change) => (
              <li key={`${change.at} ${change.kind}`}>
                <time>{clock(change.at)}</time>
                <State word={change.kind} />
                <span class="event-text">
                  {change.detail}
                  {change.by === null ? null : <span class="muted"> by {change.by}</span>}
                </span>
              </li>
            ))}
        </ol>
      </section>
      <section>
        <h3>Latest probes</h3>
        {probes.length === 0 ? <p class="muted">It is not probed.</p> : null}
        <ol class="events">
          {probes
            .slice(-LATEST)
            .toReversed()
            .map((probe) => (
              <li key={probe.at}>
                <time>{clock(probe.at)}</time>
                <span class={`state ${probe.passed ? 'good' : 'bad'}`}>
                  <span class="mark" aria-hidden="true" />
                  {probe.passed ? 'passed' : 'failed'}
                </span>
                <span class="event-text">
                  {probe.detail} <span class="muted">in {milliseconds(probe.duration)}</span>
                </span>
              </li>
            ))}
        </ol>
      </section>
      {faults.length === 0 ? null : <Faults faults={faults} />}
    </div>
  );
}

function Faults({ faults }: Pick<Report, 'faults'>) {
  return (
    <section>
      <h3>Failed requests</h3>
      <ol class="events">
        {faults.toReversed().map(({ at, code, reason, count }) => (
          <li key={`${code} ${reason ?? ''}`}>
            <time>{clock(at)}</time>
            <b>{count} ×</b>
            <span class="event-text">
              {code} {reason === null ? null : <span class="muted">{reason}</span>}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}
