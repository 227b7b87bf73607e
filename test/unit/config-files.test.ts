import { describe, expect, test } from 'bun:test';
import { loadConfig } from '../../src/config/load.ts';
import { compile } from '../../src/plan/compile.ts';
import { formatProblem } from '../../src/config/problems.ts';
import { ED448_KEY, ENCRYPTED_KEY, FIRST, SECOND } from '../support/certificates.ts';
import { onlyFiles } from '../support/config-files.ts';

type Files = Readonly<Record<string, string | Uint8Array | NodeJS.ErrnoException>>;

const TLS = 'tls:\n  cert_file: server.crt\n  key_file: server.key\n';

function failure(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: of the system`), { code });
}

async function load(files: Files, env: Readonly<Record<string, string>> = {}): Promise<readonly string[]> {
  const readFile = (path: string): Promise<Uint8Array> => {
    const content = files[path] ?? failure('ENOENT');
    if (content instanceof Error) return Promise.reject(content);
    return Promise.resolve(typeof content === 'string' ? new TextEncoder().encode(content) : content);
  };
  const loaded = await loadConfig('keystone.yaml', env, onlyFiles(readFile));
  return loaded.ok ? [] : loaded.error.map(formatProblem);
}

describe('the file of a configuration', () => {
  test('is read', async () => {
    expect(await load({ 'keystone.yaml': 'tenants: []\n' })).toEqual([]);
  });

  test.each<[string, Files, string]>([
    ['is missing', {}, 'keystone.yaml: does not exist'],
    ['is a directory', { 'keystone.yaml': failure('EISDIR') }, 'keystone.yaml: is a directory'],
    ['is not ours to read', { 'keystone.yaml': failure('EACCES') }, 'keystone.yaml: cannot be read: permission denied'],
    ['cannot be read', { 'keystone.yaml': failure('EIO') }, 'keystone.yaml: cannot be read (EIO)'],
    ['is too large', { 'keystone.yaml': new Uint8Array(16 * 1024 * 1024 + 1) }, 'keystone.yaml: is larger than 16MiB'],
    ['is empty', { 'keystone.yaml': '' }, 'keystone.yaml: is empty, expected settings, such as "tenants:"'],
    ['has NUL bytes', { 'keystone.yaml': 'a: b\nc\0' }, 'keystone.yaml:2:2: a NUL byte; this is not a text file'],
    [
      'is not UTF-8',
      { 'keystone.yaml': new Uint8Array([97, 10, 0xc3, 0xa4, 0xe4, 97]) },
      'keystone.yaml:2:2: not valid UTF-8',
    ],
    [
      'ends in the middle of a character',
      { 'keystone.yaml': new Uint8Array([97, 0xe2, 0x82]) },
      'keystone.yaml:1:2: not valid UTF-8',
    ],
    [
      'is UTF-16',
      { 'keystone.yaml': new Uint8Array([0xff, 0xfe, 97, 0]) },
      'keystone.yaml:1:1: the file is in UTF-16; save it as UTF-8',
    ],
  ])('is reported when it %s', async (_, files, problem) => {
    expect(await load(files)).toEqual([problem]);
  });
});

describe('the file of an authority', () => {
  const text = `tenants:
  - name: a
    domains: [a.test]
    services:
      - { name: a, url: "https://a.test", tls: { ca_file: ca.pem } }
      - { name: b, url: "https://b.test", tls: { ca_file: ca.pem } }
`;

  test('is read once for all services, and is a part of the plan', async () => {
    let reads = 0;
    const files = onlyFiles((path) => {
      if (path === 'ca.pem') reads++;
      return Promise.resolve(new TextEncoder().encode(path === 'ca.pem' ? FIRST.certificate : text));
    });
    const loaded = await loadConfig('keystone.yaml', {}, files);
    if (!loaded.ok) throw new Error(loaded.error.map(formatProblem).join('\n'));
    const [tenant] = compile(loaded.value.config).tenants;
    expect(tenant?.services.map(({ backend }) => backend.trust.ca)).toEqual([FIRST.certificate, FIRST.certificate]);
    expect(reads).toBe(1);
  });

  test.each<[string, Files, string]>([
    ['is missing', {}, 'does not exist'],
    ['is something else', { 'ca.pem': FIRST.key }, 'has no certificate in PEM'],
    ['is damaged', { 'ca.pem': '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' }, 'is damaged'],
  ])('is reported for each service when it %s', async (_, files, problem) => {
    const expected = `"ca.pem" ${problem}, expected a PEM file with certificates of authorities`;
    expect(await load({ 'keystone.yaml': text, ...files })).toEqual([
      `keystone.yaml:5:59 tenants[0].services[0].tls.ca_file: ${expected}`,
      `keystone.yaml:6:59 tenants[0].services[1].tls.ca_file: ${expected}`,
    ]);
  });
});

describe('the files of a certificate', () => {
  const EXPECTED_KEY = 'expected a PEM file with a private key that is not encrypted';
  const EXPECTED_CERTIFICATE = 'expected a PEM file that begins with the certificate of the gateway';

  test('are accepted when they belong together', async () => {
    expect(await load({ 'keystone.yaml': TLS, 'server.crt': FIRST.certificate, 'server.key': FIRST.key })).toEqual([]);
    const chain = `${FIRST.certificate}${SECOND.certificate}`;
    expect(await load({ 'keystone.yaml': TLS, 'server.crt': chain, 'server.key': FIRST.key })).toEqual([]);
  });

  test('are not looked at while TLS is off', async () => {
    expect(await load({ 'keystone.yaml': `${TLS}  enabled: false\n` })).toEqual([]);
  });

  test('are reported together, each at its place', async () => {
    expect(await load({ 'keystone.yaml': TLS, 'server.key': failure('EACCES') })).toEqual([
      'keystone.yaml:2:14 tls.cert_file: "server.crt" does not exist',
      'keystone.yaml:3:13 tls.key_file: "server.key" cannot be read: permission denied',
    ]);
  });

  test('are not named when the name comes from the environment', async () => {
    const text = 'tls:\n  cert_file: ${CERT}\n  key_file: ${CERT}\n';
    const problems = await load({ 'keystone.yaml': text }, { CERT: '/run/hidden/place.pem' });
    expect(problems).toEqual([
      'keystone.yaml:2:14 tls.cert_file: "${CERT}" does not exist',
      'keystone.yaml:3:13 tls.key_file: "${CERT}" does not exist',
    ]);
  });

  test.each([
    ['swapped', FIRST.key, 'has no certificate in PEM'],
    ['no PEM', 'hello', 'has no certificate in PEM'],
    ['damaged', FIRST.certificate.replace('MII', 'AAA'), 'is damaged'],
    ['followed by a damaged one', `${FIRST.certificate}${SECOND.certificate.replace('MII', 'AAA')}`, 'is damaged'],
    ['followed by one that is cut off', `${FIRST.certificate}${SECOND.certificate.slice(0, 200)}`, 'is damaged'],
  ])('cannot hold a certificate that is %s', async (_, certificate, what) => {
    expect(await load({ 'keystone.yaml': TLS, 'server.crt': certificate, 'server.key': FIRST.key })).toEqual([
      `keystone.yaml:2:14 tls.cert_file: "server.crt" ${what}, ${EXPECTED_CERTIFICATE}`,
    ]);
  });

  test.each([
    ['swapped', FIRST.certificate, `has no private key in PEM, ${EXPECTED_KEY}`],
    ['encrypted', ENCRYPTED_KEY, `is encrypted, ${EXPECTED_KEY}`],
    ['damaged', FIRST.key.replace('MIG', 'AAA'), `is damaged, ${EXPECTED_KEY}`],
    ['of an unusual kind', ED448_KEY, `is of a kind that TLS does not take, ${EXPECTED_KEY}`],
    ['of another certificate', SECOND.key, 'holds the key of another certificate than the one in cert_file'],
  ])('cannot hold a key that is %s', async (_, key, what) => {
    expect(await load({ 'keystone.yaml': TLS, 'server.crt': FIRST.certificate, 'server.key': key })).toEqual([
      `keystone.yaml:3:13 tls.key_file: "server.key" ${what}`,
    ]);
  });
});
