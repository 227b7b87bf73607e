// Settings of listeners that contradict each other, another listener, or the rest of the configuration.
import { isLocalAddress } from './admin.ts';
import type { Finding, Places } from './finding.ts';
import { type ListenAddress, isTakenBy } from './listen-address.ts';
import type { Placed } from './lenient.ts';
import type { ListenerOutline, Outline } from './outline.ts';

/** The findings that need more than one setting. */
export function crossCheckListeners(outline: Outline, places: Places): readonly Finding[] {
  const { listeners } = outline;
  return [
    ...listeners.flatMap((listener) => checkTls(listener, outline)),
    ...checkAddresses(listeners, places),
    ...checkNames(listeners, places),
    ...checkAdminAddress(outline, places),
  ];
}

function checkAdminAddress({ adminAddress, hasTokens, listeners }: Outline, places: Places): readonly Finding[] {
  if (adminAddress === null || adminAddress.value.kind !== 'tcp') return [];
  const { path, value } = adminAddress;
  const findings: Finding[] = [];
  if (!isLocalAddress(value) && !hasTokens) {
    const message =
      '{value} can be reached from other machines, and without tokens everybody there would be an operator';
    findings.push({
      path,
      message,
      expected: 'admin.tokens, or an address of this machine alone such as 127.0.0.1:9901',
    });
  }
  const other = listeners.find(({ address }) => address !== null && isTakenBy(value, address.value))?.address;
  if (other !== undefined && other !== null) findings.push(taken({ path, value }, other, places));
  return findings;
}

function checkTls(listener: ListenerOutline, { tls, hasCertificates }: Outline): readonly Finding[] {
  const { path, speaksTls, halfClose, takesPlainH2, redirectsToHttps } = listener;
  if (!speaksTls) return [];
  const findings: Finding[] = [];
  if (tls === 'absent' && !hasCertificates) {
    const message = 'the listener is to speak TLS, but the configuration has no certificate';
    findings.push({
      path: [...path, 'tls'],
      message,
      expected: '"tls" with cert_file and key_file at the top level, "certificates", or "acme"',
    });
  }
  if (tls === 'off') {
    const message = 'the listener is to speak TLS, but tls.enabled is false';
    findings.push({ path: [...path, 'tls'], message, expected: '"enabled: true" there, or false here' });
  }
  if (redirectsToHttps) {
    const message = 'stands beside tls: whoever comes here is there already';
    findings.push({ path: [...path, 'redirect_to_https'], isKey: true, message, expected: 'one of the two' });
  }
  if (takesPlainH2) {
    const message = 'stands beside tls: there, clients choose HTTP/2 in their handshake';
    findings.push({ path: [...path, 'h2c'], isKey: true, message, expected: 'one of the two' });
  }
  if (halfClose) {
    const message = 'stands beside tls: a TLS client that closes its connection has gone';
    findings.push({ path: [...path, 'half_close'], isKey: true, message, expected: 'one of the two' });
  }
  return findings;
}

// Each listener is compared with those before it that have the same port.
function checkAddresses(listeners: readonly ListenerOutline[], places: Places): readonly Finding[] {
  const byPort = new Map<number, Placed<ListenAddress>[]>();
  return listeners.flatMap(({ address }) => {
    if (address === null) return [];
    const { port } = address.value;
    const before = byPort.get(port) ?? [];
    byPort.set(port, before);
    const other = before.find(({ value }) => isTakenBy(address.value, value));
    before.push(address);
    return other === undefined ? [] : [taken(address, other, places)];
  });
}

function checkNames(listeners: readonly ListenerOutline[], places: Places): readonly Finding[] {
  const first = new Map<string, Placed<string>>();
  return listeners.flatMap(({ name }) => {
    if (name === null) return [];
    const before = first.get(name.value);
    if (before === undefined) first.set(name.value, name);
    else
      return [
        {
          path: name.path,
          message: `the name {value} is taken by the listener in ${places.placeOf(before.path, name.path)}`,
        },
      ];
    return [];
  });
}

function taken(address: Placed<ListenAddress>, other: Placed<ListenAddress>, places: Places): Finding {
  const place = places.placeOf(other.path, address.path);
  const shown = places.shown(other.path);
  const message =
    shown === places.shown(address.path)
      ? `{value} is the address of another listener already (${place})`
      : `{value} is taken by the listener in ${place}, which has ${shown}`;
  return { path: address.path, message, expected: 'another port, or addresses that have nothing in common' };
}
