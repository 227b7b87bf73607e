// A tail of the access log: requests as they end, and one of them as a waterfall of its attempts.
import { useState } from 'preact/hooks';
import type { RequestLine } from '../api/request-shapes.ts';
import { clock, milliseconds } from '../format.ts';
import { type Filters, useTail } from '../state/tail.ts';
import { Absent, Card, Empty, Heading, Loading } from '../view/parts.tsx';
import { Waterfall } from '../view/waterfall.tsx';

export function RequestsPage({ query }: { query: URLSearchParams }) {
  const [filters, setFilters] = useState<Filters>({
    tenant: query.get('tenant') ?? '',
    status: '',
    slower: '',
    method: '',
    path: '',
  });
  const [isPaused, setPaused] = useState(false);
  const [chosen, setChosen] = useState<RequestLine | null>(null);
  const tail = useTail(filters, isPaused);
  return (
    <>
      <Heading title="Live requests">
        {tail.state === 'live' ? (
          <p class={`pulse ${isPaused ? 'calm' : 'good'}`}>{isPaused ? 'Paused' : 'Live'}</p>
        ) : null}
        {tail.state === 'lost' ? <p class="pulse bad">Connecting again</p> : null}
        <button type="button" aria-pressed={isPaused} onClick={() => setPaused(!isPaused)}>
          {isPaused ? 'Go on' : 'Pause'}
        </button>
      </Heading>
      <FilterForm filters={filters} onChange={setFilters} />
      {chosen === null ? null : <Waterfall line={chosen} onClose={() => setChosen(null)} />}
      <Card>
        {tail.state === 'loading' ? <Loading /> : null}
        {tail.state === 'none' && tail.failure !== null ? (
          <Absent failure={tail.failure} what="The tail of requests" />
        ) : null}
        {tail.state !== 'loading' && tail.state !== 'none' && tail.lines.length === 0 ? (
          <Empty title="No request has come that fits.">They are shown as they end.</Empty>
        ) : null}
        {tail.lines.length === 0 ? null : <Lines lines={tail.lines} chosen={chosen} onChoose={setChosen} />}
      </Card>
    </>
  );
}

const STATUSES = ['', '2xx', '3xx', '4xx', '5xx'];
const METHODS = ['', 'GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

function FilterForm({ filters, onChange }: { filters: Filters; onChange: (filters: Filters) => void }) {
  const typed = (name: 'tenant' | 'path' | 'slower', label: string, placeholder: string) => (
    <input
      type="search"
      aria-label={label}
      placeholder={placeholder}
      value={filters[name]}
      onChange={(event) => onChange({ ...filters, [name]: event.currentTarget.value.trim() })}
    />
  );
  const picked = (name: 'status' | 'method', label: string, words: readonly string[]) => (
    <select
      aria-label={label}
      value={filters[name]}
      onChange={(event) => onChange({ ...filters, [name]: event.currentTarget.value })}
    >
      {words.map((word) => (
        <option key={word} value={word}>
          {word === '' ? `Any ${label.toLowerCase()}` : word}
        </option>
      ))}
    </select>
  );
  return (
    <div class="filters">
      {typed('tenant', 'Tenant', 'Tenant')}
      {picked('status', 'Status', STATUSES)}
      {picked('method', 'Method', METHODS)}
      {typed('path', 'Path', 'Path')}
      {typed('slower', 'Slower than', 'Slower than 500ms')}
    </div>
  );
}

type LinesProps = {
  readonly lines: readonly RequestLine[];
  readonly chosen: RequestLine | null;
  readonly onChoose: (line: RequestLine) => void;
};

function Lines({ lines, chosen, onChoose }: LinesProps) {
  return (
    <div class="table-frame" tabIndex={0} role="region" aria-label="Requests">
      <table class="requests">
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">Status</th>
            <th scope="col">Request</th>
            <th scope="col">Tenant</th>
            <th scope="col">Backend</th>
            <th scope="col" class="right">
              Took
            </th>
          </tr>
        </thead>
        <tbody>
          {lines.map((line) => (
            <tr key={line.key} class={line === chosen ? 'chosen' : ''}>
              <td>{clock(line.at)}</td>
              <td>
                <span class={`status ${statusTone(line.status)}`}>{line.status === 0 ? '–' : line.status}</span>
              </td>
              <td class="request">
                <button type="button" class="link" onClick={() => onChoose(line)}>
                  <b>{line.method}</b> {line.host}
                  {line.path}
                </button>
              </td>
              <td>{line.tenant ?? '–'}</td>
              <td>
                {line.backend ?? (line.failure === null ? '–' : '')}
                {line.failure === null ? null : <span class="bad-text"> {line.failure}</span>}
                {line.attempts > 1 ? <span class="tag warn">{line.attempts} attempts</span> : null}
              </td>
              <td class="right">{milliseconds(line.total)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function statusTone(status: number): string {
  if (status === 0 || status >= 500) return 'bad';
  return status >= 400 ? 'warn' : 'good';
}
