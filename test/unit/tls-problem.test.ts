import { describe, expect, test } from 'bun:test';
import { TlsProblem, connectFailure, dialFailure } from '../../src/core/connect-failure.ts';
import { certificateProblem, refusalOf } from '../../src/core/tls-problem.ts';

const CERTIFICATE = {
  subjectAltName: 'DNS:a.test, IP Address:10.0.0.1',
  issuer: 'O=Acme\nCN=Acme Root',
  validFrom: 'Jan  1 00:00:00 2020 GMT',
  validTo: 'Jan  1 00:00:00 2021 GMT',
};

const withCode = (code: string): Error => Object.assign(new Error(`the runtime says ${code}`), { code });

describe('what is wrong with a certificate', () => {
  test.each([
    ['CERT_HAS_EXPIRED', 'its certificate has expired at 2021-01-01T00:00:00.000Z'],
    ['CERT_NOT_YET_VALID', 'its certificate is not valid before 2020-01-01T00:00:00.000Z'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'its certificate is for a.test, 10.0.0.1, not for b.test'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'its certificate is self-signed, and not among those of ca_file'],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'its certificate is from an unknown authority: O=Acme, CN=Acme Root'],
  ])('is said in words: %s', (code, words) => {
    expect(certificateProblem(withCode(code), CERTIFICATE, 'b.test')?.message).toBe(`${words} (${code})`);
  });

  test('is left to the runtime where there are no words for it', () => {
    const error = withCode('INVALID_PURPOSE');
    expect(certificateProblem(error, CERTIFICATE, 'b.test')).toBe(error);
    expect(certificateProblem(null, CERTIFICATE, 'b.test')).toBe(null);
  });

  test('names a few of many hosts', () => {
    const subjectAltName = Array.from({ length: 7 }, (_, n) => `DNS:${n}.test`).join(', ');
    const problem = certificateProblem(
      withCode('ERR_TLS_CERT_ALTNAME_INVALID'),
      { ...CERTIFICATE, subjectAltName },
      'b',
    );
    expect(problem?.message).toContain('0.test, 1.test, 2.test, 3.test, 4.test and 2 more, not for b');
  });

  test('is a failure of TLS, for traffic and for checks', () => {
    const problem = new TlsProblem('why');
    for (const failure of [dialFailure(problem, 'handshake'), connectFailure(problem)]) {
      expect(failure.code).toBe('tls-failed');
      expect(failure.reason).toBe('TLS with the backend failed: why');
    }
  });
});

test('an alert about the certificate of the gateway is told from other errors', () => {
  const alert = (name: string): Error =>
    Object.assign(new Error(`error:1:SSL routines:OPENSSL_internal:TLSV1_ALERT_${name}`), { code: 'EPROTO' });
  expect(refusalOf(alert('CERTIFICATE_REQUIRED'))?.message).toBe(
    'it wants a certificate of the gateway, and got none it takes: see cert_file (certificate_required)',
  );
  expect(refusalOf(alert('UNKNOWN_CA'))).toBeInstanceOf(TlsProblem);
  expect(refusalOf(alert('INTERNAL_ERROR'))).toBe(null);
  expect(refusalOf(new Error('a bug'))).toBe(null);
});
