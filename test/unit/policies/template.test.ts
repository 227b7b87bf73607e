// Texts with places, as requests fill them.
import { expect, test } from 'bun:test';
import type { ClientFacts } from '../../../src/message/contract.ts';
import { KnownHost } from '../../../src/message/known-host.ts';
import { compileTemplate } from '../../../src/policies/template.ts';
import { requestHead } from '../../support/heads.ts';
import { policyRequest } from '../../support/policy-request.ts';
import { served } from '../../support/tls-door.ts';

const certificate = { subject: 'CN=ada, the first\nO=acme', fingerprint: 'AB:CD', encoded: '', isTrusted: true };
const agreed = { version: 'TLSv1.3', cipher: 'TLS_X', isResumed: false, serverName: 'a.test', alpn: null };

function clientWith(clientCertificate: typeof certificate | null): ClientFacts {
  const tls = { ...agreed, served: served(), knownHost: new KnownHost(), clientCertificate };
  return { address: '10.0.0.1', isTls: true, tls, version: '1.1', port: 0, claims: null };
}

function filled(source: string, client: ClientFacts): string {
  return compileTemplate({ source }, 'main').fill(
    policyRequest(requestHead('GET / HTTP/1.1\r\nHost: x\r\n\r\n'), client),
  );
}

test('what TLS has agreed on, and whom a trusted certificate names, have places', () => {
  const client = clientWith(certificate);
  expect(filled('{tls.version} {tls.cipher} {tls.server_name}', client)).toBe('TLSv1.3 TLS_X a.test');
  expect(filled('{client.cert.subject}; {client.cert.fingerprint}', client)).toBe('CN=ada\\, the first, O=acme; abcd');
});

test('a certificate of an unknown authority, or none, fills nothing', () => {
  for (const one of [{ ...certificate, isTrusted: false }, null])
    expect(filled('[{client.cert.subject}{client.cert.fingerprint}]', clientWith(one))).toBe('[]');
  const plain = { ...clientWith(null), isTls: false, tls: null };
  expect(filled('[{tls.version}{tls.cipher}{tls.server_name}{client.cert.subject}]', plain)).toBe('[]');
});
