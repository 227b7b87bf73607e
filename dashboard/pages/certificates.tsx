// What listeners show to clients over TLS.
import type { Fields } from '../api/fields.ts';
import { day } from '../format.ts';
import { usePolled } from '../state/polled.ts';
import { load } from '../state/sources.ts';
import { Absent, Card, Empty, Heading, Loading, State } from '../view/parts.tsx';

type Certificate = {
  readonly names: readonly string[];
  readonly tenant: string | null;
  readonly issuer: string;
  readonly state: string;
  readonly daysLeft: number | null;
  readonly expires: string | null;
  readonly origin: string;
  readonly key: string;
  readonly fingerprint: string;
  readonly problem: string | null;
};

const HALF_MINUTE = 30_000;
// From here on the gateway warns, too.
const SOON = 30;

export function CertificatesPage() {
  const polled = usePolled(
    'certificates',
    HALF_MINUTE,
    async (signal) => await load('/certificates', (fields) => fields.list('certificates', readCertificate), { signal }),
  );
  return (
    <>
      <Heading title="Certificates" />
      <Card>
        {polled.value === null && polled.failure === null ? <Loading /> : null}
        {polled.value === null && polled.failure !== null ? (
          <Absent failure={polled.failure} what="The list of certificates" />
        ) : null}
        {polled.value === null ? null : <Certificates found={polled.value} />}
      </Card>
    </>
  );
}

function readCertificate(fields: Fields): Certificate {
  const daysLeft = fields.number('days_left');
  const state = fields.text('state');
  return {
    names: fields.texts('names'),
    tenant: fields.maybeText('tenant'),
    issuer: fields.text('issuer'),
    state: state === 'valid' && daysLeft !== null && daysLeft <= SOON ? 'expiring' : state,
    daysLeft,
    expires: fields.maybeText('expires'),
    origin: fields.maybeText('file') ?? fields.text('source'),
    key: fields.text('key'),
    fingerprint: fields.text('fingerprint'),
    problem: fields.maybeText('problem'),
  };
}

function Certificates({ found }: { found: readonly Certificate[] }) {
  if (found.length === 0)
    return <Empty title="No listener uses TLS.">A listener with the setting tls shows its certificates here.</Empty>;
  const sorted = found.toSorted((a, b) => (a.daysLeft ?? -1) - (b.daysLeft ?? -1));
  return (
    <div class="table-frame" tabIndex={0} role="region" aria-label="Certificates">
      <table>
        <thead>
          <tr>
            <th scope="col">Names</th>
            <th scope="col">State</th>
            <th scope="col">Expires</th>
            <th scope="col">Tenant</th>
            <th scope="col">Issuer</th>
            <th scope="col">From</th>
          </tr>
        </thead>
        <tbody>
          {sorted.map((one) => (
            <Row key={`${one.fingerprint} ${one.origin}`} certificate={one} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ certificate }: { certificate: Certificate }) {
  const { names, tenant, issuer, state, daysLeft, expires, origin, key, fingerprint, problem } = certificate;
  return (
    <tr>
      <th scope="row">
        {names.length === 0 ? '–' : names.join(', ')}
        <span class="reason mono" title={fingerprint}>
          {key} {fingerprint.slice(0, 23)}
        </span>
      </th>
      <td>
        <State word={state} />
        {problem === null ? null : <span class="reason bad-text">{problem}</span>}
      </td>
      <td>
        {expires === null ? '–' : day(Date.parse(expires))}
        {daysLeft === null ? null : <span class="reason">in {daysLeft} days</span>}
      </td>
      <td>{tenant ?? '–'}</td>
      <td>{issuer}</td>
      <td class="mono">{origin}</td>
    </tr>
  );
}
