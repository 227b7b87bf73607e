import { describe, expect, test } from 'bun:test';
import { type CertificateFacts, DAY, daysLeft, validityOf, validityProblem } from '../../src/core/certificate.ts';
import type { TlsFiles } from '../../src/config/tls-files.ts';
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
    // The certificates of tests are valid by then.
    await clock.advance(60 * 365 * DAY);
    const readFile = (path: string) =>
      Promise.resolve(new TextEncoder().encode(path === 'key' ? content.key : content.cert));
    const lines: string[] = [];
    const log = (level: string, message: string, fields: object = {}): void => {
      lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
    };
    const certificates = new Certificates({ clock, readFile });
    const use = async (files: TlsFiles | null = FILES): Promise<string> => {
      const prepared = await certificates.prepare(files, () => log);
      if (!prepared.ok) return prepared.error;
      await prepared.value.commit();
      return '';
    };
    return { certificates, clock, lines, use };
  }

  test('is never replaced by a pair that does not fit together', async () => {
    const content = { cert: FIRST.certificate, key: FIRST.key };
    const { certificates, lines, use } = await certificatesOf(content);
    await use();
    content.cert = SECOND.certificate;
    expect(await use()).toBe(
      'the TLS certificate cannot be used: key holds the key of another certificate than the one in cert_file',
    );
    expect(certificates.find()?.pairs[0]?.cert).toBe(FIRST.certificate);
    content.key = SECOND.key;
    expect(await use()).toBe('');
    expect(certificates.find()?.pairs[0]?.cert).toBe(SECOND.certificate);
    expect(lines.at(-1)).toStartWith('info certificate loaded {"file":"cert","names":"b.example.com","expires":"2126-');
  });

  test('is shown no more when a plan has none, and kept for handshakes of listeners that leave', async () => {
    const { certificates, clock, lines, use } = await certificatesOf({ cert: FIRST.certificate, key: FIRST.key });
    await use();
    expect(certificates.facts).toHaveLength(1);
    await use(null);
    expect([certificates.facts, certificates.find()?.pairs[0]?.cert]).toEqual([[], FIRST.certificate]);
    await clock.advance(200 * 365 * DAY);
    expect(lines).toHaveLength(1);
  });

  test('is looked at every day', async () => {
    const { certificates, clock, lines, use } = await certificatesOf({ cert: FIRST.certificate, key: FIRST.key });
    await use();
    lines.length = 0;
    await clock.advance((certificates.facts[0]?.expires ?? 0) - clock.wall() - 14.5 * DAY);
    lines.length = 0;
    await clock.advance(2 * DAY);
    expect(lines).toContainEqual(expect.stringContaining('warn the certificate expires in 13 days'));
    lines.length = 0;
    certificates.stop();
    await clock.advance(2 * DAY);
    expect(lines).toEqual([]);
  });
});
