import { describe, expect, test } from 'bun:test';
import { type CertificateFacts, DAY, daysLeft, validityOf, validityProblem } from '../../src/core/certificate.ts';
import type { CertificateNews } from '../../src/runtime/followers.ts';
import { Certificates } from '../../src/runtime/certificates.ts';
import { compile } from '../../src/plan/compile.ts';
import { FIRST, SECOND } from '../support/certificates.ts';
import { config } from '../support/configs.ts';
import { MadeCertificate } from '../support/made-certificate.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const ONE = 'tls: { cert_file: cert, key_file: key }\n';
const FOLDER = 'certificates: [{ folder: /certs }]\n';

const facts = (validFrom: number, expires: number): CertificateFacts => ({
  file: 'cert',
  names: ['a.test'],
  issuer: 'CN=a.test',
  keyType: 'ec',
  fingerprint: '',
  validFrom,
  expires,
});

describe('the end of a certificate', () => {
  test.each([
    [31, 'valid', null],
    [30, 'expires_soon', 'the certificate expires in 30 days, at 1970-05-11T00:00:00.000Z'],
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

type Files = Record<string, string>;

/** The certificates of a gateway whose files a test changes. */
async function certificatesOf(files: Files, text = ONE, wall = 60 * 365 * DAY) {
  const clock = new VirtualClock();
  // By the usual one, the certificates of tests are valid.
  await clock.advance(wall);
  const outside = outsideOf(files);
  const lines: string[] = [];
  const news: CertificateNews[] = [];
  const certificates = new Certificates({ clock, ...outside });
  certificates.begin({
    log: (level, message, fields = {}) => void lines.push(`${level} ${message} ${JSON.stringify(fields)}`),
    inTurn: (task) => task(),
    hand: (one) => {
      news.push(one);
      return Promise.resolve();
    },
  });
  const use = async (settings = text): Promise<string> => {
    const prepared = await certificates.prepare(compile(config(`${settings}tenants: []\n`)));
    if (!prepared.ok) return prepared.error;
    await prepared.value.commit();
    return '';
  };
  const shown = (name: string | null = null) => certificates.names.find(name)?.pairs[0]?.cert;
  return { certificates, clock, lines, news, use, shown, changed: outside.changed };
}

function outsideOf(files: Files) {
  let reload = (): Promise<unknown> => Promise.resolve();
  const missing = (): Error => Object.assign(new Error('it is not there'), { code: 'ENOENT' });
  const find = (glob: string): string[] => Object.keys(files).filter((path) => new Bun.Glob(glob).match(path));
  return {
    readFile: (path: string) =>
      files[path] === undefined ? Promise.reject(missing()) : Promise.resolve(new TextEncoder().encode(files[path])),
    findFiles: (glob: string) => Promise.resolve({ files: find(glob).toSorted(), isCutShort: false }),
    stampOf: (path: string) => Promise.resolve(`1 ${Bun.hash(files[path] ?? '')}`),
    watchFiles: (_: unknown, again: () => Promise<unknown>) => {
      reload = again;
      return { follow: () => undefined, stop: () => undefined };
    },
    /** What a watch tells. */
    changed: () => reload(),
  };
}

const oneOf = ({ certificate, key }: typeof FIRST): Files => ({ cert: certificate, key });

describe('the certificate of a running gateway', () => {
  test('is never replaced by a pair that does not fit together, which is told once', async () => {
    const files = oneOf(FIRST);
    const { lines, use, shown, changed, certificates } = await certificatesOf(files);
    await use();
    files['cert'] = SECOND.certificate;
    await changed();
    await changed();
    expect(shown()).toBe(FIRST.certificate);
    const said = 'key holds the key of another certificate than the one in cert_file; the one before stays';
    expect(lines.slice(1)).toEqual([`warn certificate cannot be used as it is: ${said} {"file":"cert"}`]);
    expect(certificates.reports).toMatchObject([{ file: 'cert', tenant: null, problem: said }]);
    files['key'] = SECOND.key;
    await changed();
    expect(shown()).toBe(SECOND.certificate);
    expect(lines.at(-1)).toStartWith('info certificate loaded {"file":"cert","names":"b.example.com","expires":"2126-');
    expect(certificates.reports).toMatchObject([{ problem: null }]);
  });

  test('keeps a gateway from starting where it cannot be used', async () => {
    const { use } = await certificatesOf({ cert: FIRST.certificate, key: SECOND.key });
    expect(await use()).toBe(
      'the TLS certificate cannot be used: key holds the key of another certificate than the one in cert_file',
    );
  });

  test('is shown no more when a plan has none, and kept for handshakes of listeners that leave', async () => {
    const { certificates, clock, lines, use, shown } = await certificatesOf(oneOf(FIRST));
    await use();
    expect(certificates.reports).toHaveLength(1);
    await use('');
    expect([certificates.reports, shown()]).toEqual([[], FIRST.certificate]);
    await clock.advance(200 * DAY);
    expect(lines).toHaveLength(1);
  });

  test('is told of 30, 14, 7, 3 and 1 days before its end, and at its end, once each', async () => {
    await using made = await MadeCertificate.make('a.example.com', 35);
    const files = { cert: await Bun.file(made.cert).text(), key: await Bun.file(made.key).text() };
    const { certificates, clock, lines, use } = await certificatesOf(files, ONE, Date.now());
    await use();
    lines.length = 0;
    await clock.advance(36 * DAY);
    expect(lines.map((line) => /in \d+ days?|has expired/.exec(line)?.[0])).toEqual([
      'in 29 days',
      'in 13 days',
      'in 6 days',
      'in 2 days',
      'in 0 days',
      'has expired',
    ]);
    lines.length = 0;
    certificates.stop();
    await clock.advance(2 * DAY);
    expect(lines).toEqual([]);
  });

  test('does not make room for one that has ended, but such a one is better than none', async () => {
    // Its ninety days are over by the clock of this test.
    await using made = await MadeCertificate.make('a.example.com', 90);
    const ended = { cert: await Bun.file(made.cert).text(), key: await Bun.file(made.key).text() };
    const files = oneOf(FIRST);
    const { lines, use, shown, changed } = await certificatesOf(files);
    await use();
    Object.assign(files, ended);
    await changed();
    expect(shown()).toBe(FIRST.certificate);
    expect(lines.at(-1)).toMatch(
      /^warn certificate cannot be used as it is: the certificate has expired at .*; the one before stays /,
    );
    const other = await certificatesOf(ended);
    expect(await other.use()).toBe('');
    expect(other.shown()).toBe(ended.cert);
    expect(other.lines.at(-1)).toStartWith('error the certificate has expired at ');
  });
});

describe('a folder of certificates', () => {
  const folder = (): Files => ({
    '/certs/a.crt': FIRST.certificate,
    '/certs/a.key': FIRST.key,
    '/certs/live/fullchain.pem': SECOND.certificate,
    '/certs/live/privkey.pem': SECOND.key,
    '/certs/README': 'no certificate',
  });

  test('is read in all of its layouts, and each host is served with its own', async () => {
    const { use, shown } = await certificatesOf(folder(), FOLDER);
    expect(await use()).toBe('');
    expect(['a.example.com', 'b.example.com', 'c.example.com', null].map(shown)).toEqual([
      FIRST.certificate,
      SECOND.certificate,
      FIRST.certificate,
      FIRST.certificate,
    ]);
    const both = { '/certs/both.pem': `${SECOND.key}${SECOND.certificate}` };
    const other = await certificatesOf(both, FOLDER);
    expect(await other.use()).toBe('');
    expect(other.shown()).toContain(SECOND.certificate);
  });

  test('is read again where it has changed, and only that is handed on', async () => {
    const files = folder();
    const { certificates, use, shown, changed, news } = await certificatesOf(files, FOLDER);
    await use();
    const before = certificates.names.find('a.example.com');
    delete files['/certs/live/privkey.pem'];
    await changed();
    expect([shown('b.example.com'), news]).toEqual([SECOND.certificate, []]);
    files['/certs/live/fullchain.pem'] = FIRST.certificate;
    files['/certs/live/privkey.pem'] = FIRST.key;
    files['/certs/c.crt'] = SECOND.certificate;
    files['/certs/c.key'] = SECOND.key;
    await changed();
    expect(certificates.names.find('a.example.com')).toBe(before);
    expect(news).toMatchObject([{ kind: 'certificates', handed: { order: { length: 3 }, added: { length: 2 } } }]);
    const [one] = news;
    if (one?.kind !== 'certificates') throw new Error('nothing was handed on');
    expect(one.handed.added.map(({ facts: { file } }) => file).toSorted()).toEqual([
      '/certs/c.crt',
      '/certs/live/fullchain.pem',
    ]);
  });

  test('serves what is good in it, and tells what is not', async () => {
    const files: Files = { ...folder(), '/certs/a.key': SECOND.key, '/certs/x.key': FIRST.key };
    const { certificates, use, shown } = await certificatesOf(files, FOLDER);
    expect(await use()).toBe('');
    expect(shown()).toBe(SECOND.certificate);
    expect(certificates.reports.map(({ file, facts: known, problem }) => [file, known === null, problem])).toEqual([
      ['/certs/live/fullchain.pem', false, null],
      ['/certs/x.key', true, '/certs/x.key is a key without its certificate'],
      ['/certs/a.crt', true, '/certs/a.key holds the key of another certificate than the one in cert_file'],
    ]);
  });
});

describe('a process that follows', () => {
  test('shows what the one that decides has handed on, and keeps what has not changed', async () => {
    const files: Files = { '/certs/a.crt': FIRST.certificate, '/certs/a.key': FIRST.key };
    const deciding = await certificatesOf(files, FOLDER);
    await deciding.use();
    const plan = compile(config(`${FOLDER}tenants: []\n`));
    const following = new Certificates({ clock: deciding.clock, ...outsideOf({}) });
    await following.prepareGiven(plan, deciding.certificates.names.whole).commit();
    const first = following.names.find('a.example.com');
    expect(first?.pairs[0]?.cert).toBe(FIRST.certificate);
    files['/certs/b.crt'] = SECOND.certificate;
    files['/certs/b.key'] = SECOND.key;
    await deciding.changed();
    for (const one of deciding.news) following.told(one);
    expect(following.names.find('a.example.com')).toBe(first ?? null);
    expect(following.names.find('b.example.com')?.pairs[0]?.cert).toBe(SECOND.certificate);
    await deciding.certificates.setChallenge('x.test', { cert: 'c', key: 'k' });
    await deciding.certificates.setAnswer('token', 'text');
    for (const one of deciding.news.slice(1)) following.told(one);
    expect(following.names.challenge('x.test')).toEqual({ cert: 'c', key: 'k' });
    expect(following.names.challenges.answerTo('token')).toBe('text');
  });
});
