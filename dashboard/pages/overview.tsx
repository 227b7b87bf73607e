// How the gateway is at a glance, and which tenants need somebody.
import { useEffect, useState } from 'preact/hooks';
import type { Overview } from '../api/shapes.ts';
import { bytes, counted, figure, milliseconds, percent, whole } from '../format.ts';
import { useEventFeed } from '../state/event-feed.ts';
import type { Polled } from '../state/polled.ts';
import { linkTo } from '../state/router.ts';
import { Busiest } from '../view/busiest.tsx';
import { EventList } from '../view/event-list.tsx';
import { Absent, Card, Empty, Heading, Loading, Stat, State } from '../view/parts.tsx';
import { TenantTable } from '../view/tenant-table.tsx';
import { type Sample, Traffic } from '../view/traffic.tsx';

const NEWEST = 8;

export function OverviewPage({ overview }: { overview: Polled<Overview> }) {
  const feed = useEventFeed();
  const samples = useSamples(overview);
  const { value, failure } = overview;
  if (value === null)
    return (
      <>
        <Heading title="Overview" />
        {failure === null ? <Loading lines={6} /> : <Absent failure={failure} what="The overview" />}
      </>
    );
  return (
    <>
      <Heading title="Overview" />
      <Verdict overview={value} />
      <Figures overview={value} />
      <Traffic tenant={null} samples={samples} events={feed.events} />
      <TenantTable />
      <Busiest tenant={null} />
      <div class="columns">
        <Card title="Latest events" aside={<a href="#/events">All events</a>}>
          {feed.events.length === 0 ? (
            <Empty title="Nothing has changed since the gateway started." />
          ) : (
            <EventList events={feed.events.slice(0, NEWEST)} />
          )}
        </Card>
        <Workers overview={value} />
      </div>
    </>
  );
}

const MOST_SAMPLES = 300;

// The page's own memory of the latest five minutes, so that a chart is there from the first seconds on.
let kept: readonly Sample[] = [];

function useSamples({ value, at }: Polled<Overview>): readonly Sample[] {
  const [samples, setSamples] = useState(kept);
  useEffect(() => {
    if (value === null || at === 0 || kept.at(-1)?.at === at) return;
    kept = [...kept, { at, now: value.now }].slice(-MOST_SAMPLES);
    setSamples(kept);
  }, [value, at]);
  return samples;
}

const WORDS = {
  healthy: 'All is well: every backend serves.',
  degraded: 'Not all is well: some backends do not serve.',
  unhealthy: 'No tenant can be served.',
  unknown: 'The gateway does not say how it is.',
} as const;

const VERDICTS = { healthy: 'good', degraded: 'warn', unhealthy: 'bad', unknown: 'calm' } as const;
const MOST_PROBLEMS = 5;

function Verdict({ overview }: { overview: Overview }) {
  const { health, words, problems } = overview;
  const [first] = problems;
  const said = words ?? WORDS[health];
  return (
    <section class={`verdict ${VERDICTS[health]}`} aria-label="State">
      <p class="verdict-words">
        <span class="mark" aria-hidden="true" />
        {problems.length === 1 && first?.tenant ? <a href={linkTo('tenants', first.tenant)}>{said}</a> : said}
      </p>
      {problems.length < 2 ? null : <Problems problems={problems} />}
    </section>
  );
}

function Problems({ problems }: Pick<Overview, 'problems'>) {
  return (
    <ul>
      {problems.slice(0, MOST_PROBLEMS).map(({ text, tenant }) => (
        <li key={`${tenant ?? ''} ${text}`}>
          {tenant === null ? null : <a href={linkTo('tenants', tenant)}>{tenant}</a>} {text}
        </li>
      ))}
      {problems.length > MOST_PROBLEMS ? <li>… and {problems.length - MOST_PROBLEMS} more</li> : null}
    </ul>
  );
}

// A request in a hundred that fails is worth a colour.
const BAD_SHARE = 0.01;

function Figures({ overview: { now, tenants, backends } }: { overview: Overview }) {
  const isKnown = now.rate !== null || now.connections !== null;
  if (!isKnown && backends.total === 0) return null;
  return (
    <dl class="stats">
      {isKnown ? <TrafficFigures now={now} /> : null}
      {tenants.total === 0 || !isKnown ? null : <Stat label="Tenants" value={whole(tenants.total)} />}
      {backends.total === 0 ? null : (
        <Stat label="Backends in use" value={`${backends.eligible} of ${backends.total}`} />
      )}
    </dl>
  );
}

function TrafficFigures({ now }: { now: Overview['now'] }) {
  const share = now.errorShare;
  const tone = share === null || share === 0 ? 'calm' : share < BAD_SHARE ? 'warn' : 'bad';
  return (
    <>
      <Stat label="Requests a second" value={figure(now.rate)} />
      <Stat label="Errors" value={percent(share)} tone={tone} />
      <Stat label="p50" value={milliseconds(now.p50)} />
      <Stat label="p95" value={milliseconds(now.p95)} />
      <Stat label="p99" value={milliseconds(now.p99)} />
      <Stat label="In flight" value={whole(now.inFlight)} />
      <Stat label="Connections" value={whole(now.connections)} />
      <Stat label="Sent a second" value={bytes(now.bytesOut)} />
    </>
  );
}

function Workers({ overview: { workers } }: { overview: Overview }) {
  if (workers.length === 0) return null;
  return (
    <Card title="Processes" aside={<span class="muted">{counted(workers.length, 'worker')}</span>}>
      <div class="table-frame" tabIndex={0} role="region" aria-label="Processes">
        <table>
          <thead>
            <tr>
              <th scope="col">Worker</th>
              <th scope="col">State</th>
              <th scope="col" class="right">
                CPU
              </th>
              <th scope="col" class="right">
                Memory
              </th>
              <th scope="col" class="right">
                Loop delay
              </th>
            </tr>
          </thead>
          <tbody>
            {workers.map((worker) => (
              <tr key={worker.number}>
                <th scope="row">
                  {worker.number} <span class="muted">pid {worker.pid}</span>
                </th>
                <td>
                  <State word={worker.state} />
                </td>
                <td class="right">{percent(worker.cpu)}</td>
                <td class="right">{bytes(worker.memory)}</td>
                <td class="right">{milliseconds(worker.delay)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}
