// One tenant: what it serves, its backends with the one reason why one gets no requests, and what may be done about it.
import { useMemo } from 'preact/hooks';
import type { BackendLine, Tenant } from '../api/tenant-shapes.ts';
import { bytes, clock, figure, span, whole } from '../format.ts';
import { useEventFeed } from '../state/event-feed.ts';
import { usePolled } from '../state/polled.ts';
import { linkTo } from '../state/router.ts';
import { type Person, mayOperate } from '../state/session.ts';
import { loadReport, loadTenant } from '../state/sources.ts';
import { BackendActions } from '../view/backend-actions.tsx';
import { Busiest } from '../view/busiest.tsx';
import { EventList } from '../view/event-list.tsx';
import { Absent, Card, Empty, Heading, Loading, State } from '../view/parts.tsx';
import { History, Timeline } from '../view/timeline.tsx';
import { Traffic } from '../view/traffic.tsx';

type TenantProps = { readonly name: string; readonly chosen: string | null; readonly person: Person };

const SECOND = 1000;
const NEWEST = 12;

export function TenantPage({ name, chosen, person }: TenantProps) {
  const polled = usePolled(`tenant ${name}`, SECOND, async (signal) => await loadTenant(name, signal));
  const feed = useEventFeed();
  const events = useMemo(() => feed.events.filter(({ tenant }) => tenant === name), [feed.events, name]);
  const { value, failure, at, refresh } = polled;
  if (value === null)
    return (
      <>
        <Heading title={name} />
        {at === 0 && failure === null ? <Loading lines={6} /> : null}
        {failure === null ? null : <Absent failure={failure} what={`Tenant ${name}`} />}
        {at === 0 ? null : <Empty title={`There is no tenant ${name}.`} />}
        <p>
          <a href="#/">All tenants</a>
        </p>
      </>
    );
  return (
    <>
      <p class="crumbs">
        <a href="#/">Tenants</a>
      </p>
      <Heading title={name}>
        <State word={value.health} />
      </Heading>
      {value.isBroken ? (
        <p class="banner warn">Its configuration is broken: the last good version of it is served.</p>
      ) : null}
      <Facts tenant={value} />
      <Backends tenant={value} chosen={chosen} person={person} onDone={refresh} />
      {chosen === null ? null : <Chosen tenant={name} backend={chosen} />}
      <Traffic tenant={name} samples={null} events={events} />
      <Busiest tenant={name} />
      <Card
        title="What happened, and who did what"
        aside={<a href={`#/events?search=${encodeURIComponent(name)}/`}>All</a>}
      >
        {events.length === 0 ? <Empty title="Nothing has changed since the gateway started." /> : null}
        <EventList events={events.slice(0, NEWEST)} />
      </Card>
    </>
  );
}

const LIMIT_WORDS: Readonly<Record<string, string>> = {
  requests_in_flight: 'Requests in flight',
  connections: 'Connections',
  request_rate: 'Requests a second',
  bandwidth: 'Bandwidth a second',
  buffered_bytes: 'Kept bodies',
};

function Facts({ tenant }: { tenant: Tenant }) {
  const { domains, paths, listeners, routes, share, limits, waiting } = tenant;
  return (
    <dl class="facts">
      <Fact name="Hosts" value={domains.length === 0 ? 'any' : domains.join(', ')} />
      <Fact name="Paths" value={paths.length === 0 ? 'all' : paths.join(', ')} />
      {listeners.length === 0 ? null : <Fact name="Listeners" value={listeners.join(', ')} />}
      {routes.length === 0 ? null : (
        <Fact
          name="Routes"
          value={routes
            .map(({ name, rule, pool }) => [name, rule, pool].filter((word) => (word ?? '') !== '').join(' → '))
            .join(', ')}
        />
      )}
      {share.weight === null ? null : (
        <Fact
          name="Processor"
          value={`weight ${share.weight}, ${figure(share.used)} % of a core${waitWords(share.waiting)}`}
        />
      )}
      {waiting === 0 ? null : <Fact name="Waiting for a backend" value={whole(waiting)} />}
      {limits.map(({ name, limit, used }) => (
        <Fact key={name} name={LIMIT_WORDS[name] ?? name} value={limitWords(name, limit, used)} />
      ))}
    </dl>
  );
}

function waitWords(waiting: number): string {
  return waiting === 0 ? '' : `, ${waiting} waiting`;
}

function limitWords(name: string, limit: number, used: number | null): string {
  const word = name === 'bandwidth' || name === 'buffered_bytes' ? bytes : whole;
  return used === null ? `at most ${word(limit)}` : `${word(used)} of ${word(limit)}`;
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

type BackendsProps = {
  readonly tenant: Tenant;
  readonly chosen: string | null;
  readonly person: Person;
  readonly onDone: () => void;
};

function Backends({ tenant, chosen, person, onDone }: BackendsProps) {
  const { backends } = tenant;
  const eligible = backends.filter((one) => one.eligible);
  const busiest = Math.max(...backends.map(({ inFlight }) => inFlight), 1);
  if (backends.length === 0)
    return (
      <Card title="Backends">
        <Empty title="It has no backends at the moment." />
      </Card>
    );
  return (
    <Card
      title="Backends"
      aside={
        <span class="muted">
          {eligible.length} of {backends.length} get requests
        </span>
      }
    >
      <ul class="backends">
        {backends.map((backend) => (
          <Backend
            key={backend.name}
            tenant={tenant.name}
            backend={backend}
            busiest={busiest}
            isLast={eligible.length === 1 && eligible[0] === backend}
            isChosen={backend.name === chosen}
            person={person}
            onDone={onDone}
          />
        ))}
      </ul>
    </Card>
  );
}

type BackendProps = Pick<BackendsProps, 'person' | 'onDone'> & {
  readonly tenant: string;
  readonly backend: BackendLine;
  readonly busiest: number;
  readonly isLast: boolean;
  readonly isChosen: boolean;
};

function Backend({ tenant, backend, busiest, isLast, isChosen, person, onDone }: BackendProps) {
  const { name, url, state, weight, inFlight, requests, failures, backup } = backend;
  return (
    <li class={isChosen ? 'backend chosen' : 'backend'}>
      <div class="backend-name">
        <a href={isChosen ? linkTo('tenants', tenant) : linkTo('tenants', tenant, name)} aria-expanded={isChosen}>
          {name}
        </a>
        <span class="muted mono">{url}</span>
        {backup ? <span class="tag">backup</span> : null}
      </div>
      <div class="backend-state">
        <State word={state} />
        <Why backend={backend} />
      </div>
      <dl class="backend-figures">
        <Small name="Weight" value={figure(weight)} />
        <Small name="In flight" value={whole(inFlight)} bar={inFlight / busiest} />
        <Small name="Requests" value={whole(requests)} />
        <Small name="Failures" value={whole(failures)} />
      </dl>
      {mayOperate(person) ? <BackendActions target={{ tenant, backend, isLast }} onDone={onDone} /> : null}
    </li>
  );
}

function Why({ backend: { reason, evidence, since, deadline, admission, inFlight } }: { backend: BackendLine }) {
  const left = deadline === null ? null : (Date.parse(deadline) - Date.now()) / 1000;
  return (
    <>
      <span class="reason">{reason ?? evidence ?? ''}</span>
      {since === null || reason !== null ? null : <span class="reason">since {clock(Date.parse(since))}</span>}
      {admission === 'draining' && inFlight > 0 ? (
        <span class="reason">
          <progress aria-label="Drain" />
          {left === null ? 'No deadline.' : `Cut in ${span(left)}.`}
        </span>
      ) : null}
    </>
  );
}

function Small({ name, value, bar }: { name: string; value: string; bar?: number }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {value}
        {bar === undefined ? null : (
          <meter min={0} max={1} value={bar} aria-label={`${name}, beside the busiest backend`} />
        )}
      </dd>
    </div>
  );
}

function Chosen({ tenant, backend }: { tenant: string; backend: string }) {
  const polled = usePolled(
    `backend ${tenant}/${backend}`,
    2 * SECOND,
    async (signal) => await loadReport(tenant, backend, signal),
  );
  const { value, failure, at } = polled;
  return (
    <Card title={`Health of ${backend}`}>
      {value === null && failure === null ? <Loading /> : null}
      {value === null && failure !== null ? <Absent failure={failure} what="Its history" /> : null}
      {value === null ? null : (
        <>
          <Timeline report={value} now={at} />
          <History report={value} />
        </>
      )}
    </Card>
  );
}
