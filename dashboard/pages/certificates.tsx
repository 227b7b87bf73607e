// What listeners show to clients over TLS.
import { type Certificate, readCertificate } from '../api/certificate-shapes.ts';
import { day } from '../format.ts';
import { usePolled } from '../state/polled.ts';
import { load } from '../state/sources.ts';
import { Absent, Card, Empty, Heading, Loading, State } from '../view/parts.tsx';

const HALF_MINUTE = 30_000;

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

function untilEnd(days: number): string {
  const whole = Math.floor(Math.abs(days));
  const counted = `${whole} day${whole === 1 ? '' : 's'}`;
  return days < 0 ? `${counted} ago` : `in ${counted}`;
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
        {daysLeft === null ? null : <span class="reason">{untilEnd(daysLeft)}</span>}
      </td>
      <td>{tenant ?? '–'}</td>
      <td>{issuer}</td>
      <td class="mono">{origin}</td>
    </tr>
  );
}
