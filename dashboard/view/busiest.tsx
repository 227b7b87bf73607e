// The busiest tenants, paths and clients of the last minute.
import { type Busy, readTop } from '../api/top-shapes.ts';
import { figure } from '../format.ts';
import { usePolled } from '../state/polled.ts';
import { linkTo } from '../state/router.ts';
import { load } from '../state/sources.ts';
import { Absent, Card, Empty, Loading } from './parts.tsx';

const EVERY = 2000;
const SHOWN = '8';

/** `tenant` null: of the whole gateway. Counting goes on only while this is on the page. */
export function Busiest({ tenant }: { tenant: string | null }) {
  const { value, failure } = usePolled(`top ${tenant ?? ''}`, EVERY, async (signal) =>
    load('/top', readTop, { query: { tenant, limit: SHOWN }, signal }),
  );
  if (value === null)
    return (
      <Card title="Busiest">
        {failure === null ? <Loading /> : <Absent failure={failure} what="What is busiest" />}
      </Card>
    );
  const since = Math.max(1, Math.round(value.seconds));
  return (
    <Card class="busiest" title="Busiest" aside={<span class="muted">last {since} s</span>}>
      {value.paths.length === 0 && value.clients.length === 0 ? (
        <Empty title="No requests have come since this page looks." />
      ) : (
        <div class="columns">
          {tenant === null ? <BusyTable title="Tenant" all={value.tenants} links /> : null}
          <BusyTable title="Path" all={value.paths} isPath={tenant === null} />
          <BusyTable title="Client" all={value.clients} />
        </div>
      )}
    </Card>
  );
}

type TableProps = {
  readonly title: string;
  readonly all: readonly Busy[];
  /** Names of tenants lead to their pages. */
  readonly links?: boolean;
  /** The tenant stands before the path. */
  readonly isPath?: boolean;
};

function BusyTable({ title, all, links = false, isPath = false }: TableProps) {
  return (
    <div class="table-frame" tabIndex={0} role="region" aria-label={`Busiest: ${title}`}>
      <table>
        <thead>
          <tr>
            <th scope="col">{title}</th>
            <th scope="col" class="right">
              Requests/s
            </th>
          </tr>
        </thead>
        <tbody>
          {all.map(({ label, tenant, rate }) => (
            <tr key={`${tenant ?? ''} ${label}`}>
              <th scope="row">
                {isPath ? <span class="muted">{tenant ?? 'no tenant'} </span> : null}
                {links ? <a href={linkTo('tenants', label)}>{label}</a> : label}
              </th>
              <td class="right">{figure(rate)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
