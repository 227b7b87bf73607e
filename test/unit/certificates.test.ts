import { describe, expect, test } from 'bun:test';
import { type CertificateFacts, DAY, daysLeft, validityOf, validityProblem } from '../../src/core/certificate.ts';
import { Certificates } from '../../src/runtime/certificates.ts';
import { FIRST, SECOND } from '../support/certificates.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const FILES = { certFile: 'cert', keyFile: 'key' };

const facts = (validFrom: number, expires: number): CertificateFacts => ({
  file: 'cert',
  names: ['a.test'],
  issuer: 'CN=a.test',
  fingerprint: '',
  validFrom,
  expires,
});

describe('the end of a certificate', () => {
  test.each([
    [15, 'valid', null],
    [14, 'expires_soon', 'the certificate expires in 14 days, at 1970-04-25T00:00:00.000Z'],
    [1, 'expires_soon', 'the certificate expires in 1 day, at 1970-04-12T00:00:00.000Z'],
    [0, 'expired', 'the certificate has expired at 1970-04-11T00:00:00.000Z: clients refuse it'],
  ] as const)('is %d days away: %s', (days, state, problem) => {
    const wall = 100 * DAY;
    const one = facts(0, wall + days * DAY);
    expect([validityOf(one, wall), validityProblem(one, wall), daysLeft(one, wall)]).toEqual([state, problem, days]);
  });

  test('may lie behind a beginning that is still to come', () => {
    expect(validityProblem(facts(DAY, 2 * DAY), 0)).toBe(
      'the certificate is not valid before 1970-01-02T00:00:00.000Z: clients refuse it',
    );
  });
});

describe('the certificate of a running gateway', () => {
  /** A gateway's certificate whose files a test changes. */
  async function certificatesOf(content: { cert: string; key: string }) {
    const clock = new VirtualClock();
    const readFile = (path: string) =>
      Promise.resolve(new TextEncoder().encode(path === 'key' ? content.key : content.cert));
    const lines: string[] = [];
    const log = (level: string, message: string, fields: object = {}): void => {
      lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
    };
    const loaded = await Certificates.load(FILES, { clock, readFile });
    if (!loaded.ok || loaded.value === null) throw new Error('it was not loaded');
    return { certificates: loaded.value, clock, lines, log };
  }

  test('is never replaced by a pair that does not fit together', async () => {
    const content = { cert: FIRST.certificate, key: FIRST.key };
    const { certificates, lines, log } = await certificatesOf(content);
    content.cert = SECOND.certificate;
    await certificates.renew(FILES, log);
    expect(certificates.current.cert).toBe(FIRST.certificate);
    expect(lines).toEqual([
      'error the certificate is not renewed; the one in force stays {"reason":"key holds the key of another certificate than the one in cert_file"}',
    ]);
    content.key = SECOND.key;
    await certificates.renew(FILES, log);
    expect(certificates.current.cert).toBe(SECOND.certificate);
    expect(lines[1]).toStartWith('info certificate loaded {"file":"cert","names":"b.example.com","expires":"2126-');
  });

  test('is looked at every day', async () => {
    const { certificates, clock, lines, log } = await certificatesOf({ cert: FIRST.certificate, key: FIRST.key });
    await clock.advance(certificates.facts.expires - 15.5 * DAY);
    certificates.begin(log);
    expect(lines).toHaveLength(1);
    await clock.advance(2 * DAY);
    expect(lines).toEqual([
      expect.stringContaining('info certificate loaded'),
      expect.stringContaining('warn the certificate expires in 13 days'),
    ]);
    certificates.stop();
    await clock.advance(2 * DAY);
    expect(lines).toHaveLength(2);
  });
});
