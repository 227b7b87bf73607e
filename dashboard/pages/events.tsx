// What has happened, live, and what somebody has ordered.
import { useMemo, useState } from 'preact/hooks';
import type { EventLine } from '../api/tenant-shapes.ts';
import { counted } from '../format.ts';
import { type Feed, useEventFeed } from '../state/event-feed.ts';
import { EventList } from '../view/event-list.tsx';
import { Absent, Card, Choice, Empty, Heading, Loading, toneOf } from '../view/parts.tsx';

type Kind = 'all' | 'troubles' | 'orders';

const KINDS: readonly (readonly [Kind, string])[] = [
  ['all', 'All'],
  ['troubles', 'Troubles'],
  ['orders', 'By operators'],
];

const STEP = 100;

export function EventsPage({ query }: { query: URLSearchParams }) {
  const feed = useEventFeed();
  const [kind, setKind] = useState<Kind>('all');
  const [words, setWords] = useState(query.get('search') ?? '');
  const [most, setMost] = useState(STEP);
  const found = useMemo(() => feed.events.filter((event) => isWanted(event, kind, words)), [feed.events, kind, words]);
  return (
    <>
      <Heading title="Events">
        <FeedState feed={feed} />
      </Heading>
      <div class="filters">
        <Choice label="Kind of events" value={kind} options={KINDS} onChange={setKind} />
        <input
          type="search"
          aria-label="Filter events"
          placeholder="Filter by tenant, backend or text"
          value={words}
          onInput={(event) => setWords(event.currentTarget.value)}
        />
      </div>
      <Card>
        {feed.state === 'loading' ? <Loading /> : null}
        {feed.failure !== null && feed.events.length === 0 ? (
          <Absent failure={feed.failure} what="The list of events" />
        ) : null}
        {feed.state !== 'loading' && feed.failure === null && found.length === 0 ? (
          <Empty
            title={feed.events.length === 0 ? 'Nothing has changed since the gateway started.' : 'No event fits.'}
          />
        ) : null}
        <EventList events={found.slice(0, most)} />
        {found.length > most ? (
          <button type="button" class="more" onClick={() => setMost(most + STEP)}>
            Show {Math.min(STEP, found.length - most)} more
          </button>
        ) : null}
      </Card>
    </>
  );
}

function isWanted(event: EventLine, kind: Kind, words: string): boolean {
  const tone = toneOf(event.kind);
  if (kind === 'troubles' && tone !== 'bad' && tone !== 'warn') return false;
  if (kind === 'orders' && event.by === null) return false;
  const text =
    `${event.tenant ?? ''}/${event.backend ?? ''} ${event.kind} ${event.detail} ${event.by ?? ''}`.toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

function FeedState({ feed: { state, events } }: { feed: Feed }) {
  if (state === 'live') return <p class="pulse good">Live, {counted(events.length, 'event')}</p>;
  if (state === 'lost') return <p class="pulse bad">Connecting again</p>;
  return null;
}
