import { expect, test } from 'bun:test';
import { X509Certificate, createPrivateKey, createPublicKey } from 'node:crypto';
import { makeCertificate } from '../../tools/load-test/certificate.ts';
import { needs } from '../support/programs.ts';

const NAMES = { domains: ['localhost', 'api.localhost'], addresses: ['127.0.0.1'] };
const NOW = Date.UTC(2031, 1, 28, 12, 34, 56);

test('a certificate made on the spot has its names, its time, and a signature of its own key', () => {
  const { certificate, key } = makeCertificate(NAMES, NOW);
  const read = new X509Certificate(certificate);
  const publicKey = createPublicKey(createPrivateKey(key));
  expect(read.subject).toBe('CN=localhost');
  expect(read.issuer).toBe('CN=localhost');
  expect(read.subjectAltName).toBe('DNS:localhost, DNS:api.localhost, IP Address:127.0.0.1');
  expect(new Date(read.validFrom)).toEqual(new Date(NOW - 86_400_000));
  expect(new Date(read.validTo)).toEqual(new Date(NOW + 86_400_000));
  expect(read.verify(publicKey)).toBe(true);
  expect(read.checkHost('api.localhost')).toBe('api.localhost');
});

test('no two have the same serial number', () => {
  const serials = Array.from(
    { length: 20 },
    () => new X509Certificate(makeCertificate(NAMES, NOW).certificate).serialNumber,
  );
  expect(new Set(serials).size).toBe(20);
});

test('a long list of names is still well formed', () => {
  const domains = Array.from({ length: 40 }, (_, at) => `host-${at}.example.com`);
  const { subjectAltName } = new X509Certificate(makeCertificate({ domains, addresses: [] }, NOW).certificate);
  expect(subjectAltName?.split(', ')).toEqual(domains.map((domain) => `DNS:${domain}`));
});

test.if(needs('openssl'))('openssl reads it', async () => {
  const { certificate } = makeCertificate(NAMES, NOW);
  const child = Bun.spawn(['openssl', 'x509', '-noout', '-ext', 'subjectAltName'], {
    stdin: new Blob([certificate]),
    stdout: 'pipe',
    stderr: 'ignore',
  });
  expect(await new Response(child.stdout).text()).toContain('DNS:localhost, DNS:api.localhost, IP Address:127.0.0.1');
  expect(await child.exited).toBe(0);
});
