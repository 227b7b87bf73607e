// Events as lines.
import type { EventLine } from '../api/tenant-shapes.ts';
import { clock } from '../format.ts';
import { linkTo } from '../state/router.ts';
import { State } from './parts.tsx';

export function EventList({ events }: { events: readonly EventLine[] }) {
  return (
    <ol class="events">
      {events.map((event) => (
        <li key={`${event.number} ${event.at}`}>
          <time dateTime={new Date(event.at).toISOString()}>{clock(event.at)}</time>
          <State word={event.kind} />
          <span class="event-text">
            <Subject event={event} /> {event.detail}
            {event.by === null ? null : <span class="muted"> by {event.by}</span>}
          </span>
        </li>
      ))}
    </ol>
  );
}

function Subject({ event: { tenant, backend } }: { event: EventLine }) {
  if (tenant === null) return <b>gateway</b>;
  if (backend === null) return <a href={linkTo('tenants', tenant)}>{tenant}</a>;
  return (
    <a href={linkTo('tenants', tenant, backend)}>
      {tenant}/{backend}
    </a>
  );
}
