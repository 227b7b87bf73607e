// Tenants, searched, sorted and paged by the gateway: there may be ten thousand.
import { useEffect, useState } from 'preact/hooks';
import type { Summary } from '../api/shapes.ts';
import { counted, figure, milliseconds, percent, whole } from '../format.ts';
import { usePolled } from '../state/polled.ts';
import { linkTo } from '../state/router.ts';
import { PAGE_SIZE, type SummaryQuery, loadSummaries } from '../state/sources.ts';
import { Absent, Card, Empty, Loading, State } from './parts.tsx';
import { Spark } from './spark.tsx';

const TWO_SECONDS = 2000;

/** Names of `/summaries`; whether large values are the ones to look at first. */
const COLUMNS = [
  ['name', 'Tenant', false],
  ['health', 'State', true],
  ['requests', 'Requests / s', true],
  ['errors', 'Errors', true],
  ['p99', 'p99', true],
] as const;

const WORST_FIRST: SummaryQuery = { search: '', sort: 'health', order: 'desc', page: 1 };

export function TenantTable() {
  const [query, setQuery] = useState(WORST_FIRST);
  const key = `summaries ${JSON.stringify(query)}`;
  const polled = usePolled(key, TWO_SECONDS, async (signal) => await loadSummaries(query, signal));
  // While another page comes, the one before stays.
  const [latest, setLatest] = useState(polled.value);
  useEffect(() => {
    if (polled.value !== null) setLatest(polled.value);
  }, [polled.value]);
  const found = polled.value ?? latest;
  const aside = <Search value={query.search} onSearch={(search) => setQuery({ ...query, search, page: 1 })} />;
  return (
    <Card title="Tenants" aside={aside}>
      {found === null && polled.failure === null ? <Loading /> : null}
      {found === null && polled.failure !== null ? (
        <Absent failure={polled.failure} what="The list of tenants" />
      ) : null}
      {found === null ? null : (
        <Rows
          tenants={found.tenants}
          query={query}
          total={found.total}
          onQuery={setQuery}
          isOld={polled.value === null}
        />
      )}
    </Card>
  );
}

const PAUSE = 200;

function Search({ value, onSearch }: { value: string; onSearch: (search: string) => void }) {
  const [typed, setTyped] = useState(value);
  useEffect(() => {
    if (typed === value) return;
    const timer = setTimeout(() => onSearch(typed), PAUSE);
    return () => clearTimeout(timer);
  }, [typed]);
  return (
    <input
      type="search"
      aria-label="Search tenants"
      placeholder="Search by name"
      value={typed}
      onInput={(event) => setTyped(event.currentTarget.value)}
    />
  );
}

type RowsProps = {
  readonly tenants: readonly Summary[];
  readonly total: number;
  readonly query: SummaryQuery;
  readonly isOld: boolean;
  readonly onQuery: (query: SummaryQuery) => void;
};

function Rows({ tenants, total, query, isOld, onQuery }: RowsProps) {
  if (total === 0)
    return query.search === '' ? (
      <Empty title="There are no tenants yet.">Add one to the configuration and reload it.</Empty>
    ) : (
      <Empty title="No tenant has such a name." />
    );
  return (
    <>
      <div class={`table-frame ${isOld ? 'old' : ''}`} tabIndex={0} role="region" aria-label="Tenants">
        <table class="tenants">
          <Head query={query} onQuery={onQuery} />
          <tbody>
            {tenants.map((tenant) => (
              <Row key={tenant.name} tenant={tenant} />
            ))}
          </tbody>
        </table>
      </div>
      <Pages total={total} page={query.page} onPage={(page) => onQuery({ ...query, page })} />
    </>
  );
}

function Head({ query, onQuery }: Pick<RowsProps, 'query' | 'onQuery'>) {
  const sort = (name: string, isLargeFirst: boolean): void => {
    const first = isLargeFirst ? 'desc' : 'asc';
    const other = isLargeFirst ? 'asc' : 'desc';
    onQuery({ ...query, sort: name, order: query.sort === name && query.order === first ? other : first, page: 1 });
  };
  return (
    <thead>
      <tr>
        {COLUMNS.map(([name, text, isLargeFirst], at) => (
          <th key={name} scope="col" class={at > 1 ? 'right' : ''} aria-sort={ariaSort(query, name)}>
            <button type="button" class="sort" onClick={() => sort(name, isLargeFirst)}>
              {text}
            </button>
          </th>
        ))}
        <th scope="col" class="right">
          In flight
        </th>
        <th scope="col" class="right">
          Backends
        </th>
        <th scope="col" class="spark-cell">
          Last minutes
        </th>
      </tr>
    </thead>
  );
}

function ariaSort({ sort, order }: SummaryQuery, name: string): 'ascending' | 'descending' | 'none' {
  if (sort !== name) return 'none';
  return order === 'asc' ? 'ascending' : 'descending';
}

function Row({ tenant }: { tenant: Summary }) {
  const { name, health, reason, rate, errorShare, p99, inFlight, backends, eligible, spark } = tenant;
  return (
    <tr>
      <th scope="row">
        <a href={linkTo('tenants', name)}>{name}</a>
      </th>
      <td>
        <State word={health} />
        {reason === null ? null : <span class="reason">{reason}</span>}
      </td>
      <td class="right">{figure(rate)}</td>
      <td class={`right ${errorShare !== null && errorShare >= 0.01 ? 'bad-text' : ''}`}>{percent(errorShare)}</td>
      <td class="right">{milliseconds(p99)}</td>
      <td class="right">{whole(inFlight)}</td>
      <td class={`right ${eligible < backends ? 'warn-text' : ''}`}>
        {eligible} of {backends}
      </td>
      <td class="spark-cell">
        <Spark values={spark} />
      </td>
    </tr>
  );
}

function Pages({ total, page, onPage }: { total: number; page: number; onPage: (page: number) => void }) {
  const last = Math.ceil(total / PAGE_SIZE);
  if (last <= 1) return <p class="pages muted">{counted(total, 'tenant')}</p>;
  return (
    <div class="pages">
      <span class="muted">
        {counted(total, 'tenant')}, page {page} of {last}
      </span>
      <div class="buttons">
        <button type="button" disabled={page <= 1} onClick={() => onPage(page - 1)}>
          Before
        </button>
        <button type="button" disabled={page >= last} onClick={() => onPage(page + 1)}>
          Next
        </button>
      </div>
    </div>
  );
}
