// What is made for certificate authorities, and read of them, beside openssl.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { X509Certificate, createPrivateKey } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { Authority } from '../../src/acme/authority.ts';
import { TAG, der, elementsIn, integer, objectIdentifier, sequence } from '../../src/acme/der.ts';
import { dnsRecord } from '../../src/acme/dns-record.ts';
import { Signer, newKey } from '../../src/acme/jws.ts';
import { readAdvice, renewalId } from '../../src/acme/renewal-info.ts';
import { certificateRequest, challengeCertificate } from '../../src/acme/requested-certificate.ts';
import { webClient } from '../../src/world/web.ts';
import { needs } from '../support/programs.ts';

const NOW = Date.parse('2026-06-01T00:00:00Z');
const DAY = 86_400_000;

describe.skipIf(!needs('openssl'))('beside openssl', () => {
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'keystone-test-'));
  });

  afterAll(() => rm(directory, { recursive: true }));

  async function openssl(...words: readonly string[]): Promise<string> {
    const child = Bun.spawn(['openssl', ...words], { cwd: directory, stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' });
    const [said, errors] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
    if ((await child.exited) !== 0) throw new Error(errors);
    return said + errors;
  }

  test('a request for a certificate has its names and its key', async () => {
    const names = Array.from({ length: 20 }, (_, at) => `name-${at}.example.com`);
    await writeFile(join(directory, 'r.der'), certificateRequest(names, createPrivateKey(newKey())));
    const text = await openssl('req', '-in', 'r.der', '-inform', 'der', '-noout', '-verify', '-text');
    expect(text).toContain('verify OK');
    expect(text).toContain(names.map((name) => `DNS:${name}`).join(', '));
    expect(text).toContain('ecdsa-with-SHA256');
  });

  test('a certificate that proves a name has the digest, in a critical extension', async () => {
    const key = createPrivateKey(newKey());
    const pem = challengeCertificate('a.example.com', 'token.print', key, Date.now());
    await writeFile(join(directory, 'c.pem'), pem);
    const text = await openssl('x509', '-in', 'c.pem', '-noout', '-text');
    expect(text).toMatch(/1\.3\.6\.1\.5\.5\.7\.1\.31: critical/);
    expect(text).toContain('DNS:a.example.com');
    const parsed = new X509Certificate(pem);
    expect(parsed.checkPrivateKey(key)).toBe(true);
    expect(parsed.verify(parsed.publicKey)).toBe(true);
    const digest = Buffer.from(dnsRecord('a.example.com', 'token.print').value, 'base64url');
    expect(Buffer.from(parsed.raw).includes(digest)).toBe(true);
  });

  // The serial number begins with a bit that would make it negative.
  test('a certificate is known by the key of its authority and its serial number', async () => {
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    await openssl('req', '-x509', ...kind, '-subj', '/CN=ca', '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '9');
    await openssl('req', ...kind, '-subj', '/CN=leaf', '-keyout', 'leaf.key', '-out', 'leaf.csr');
    await writeFile(join(directory, 'ext'), 'authorityKeyIdentifier=keyid\n');
    const by = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-set_serial', '0x8765432100', '-days', '9', '-extfile', 'ext'];
    await openssl('x509', '-req', '-in', 'leaf.csr', ...by, '-out', 'leaf.pem');
    const text = await openssl('x509', '-in', 'leaf.pem', '-noout', '-ext', 'authorityKeyIdentifier');
    const hex = /((?:[0-9A-F]{2}:){19}[0-9A-F]{2})/.exec(text)?.[1]?.replaceAll(':', '') ?? '';
    const expected = [Buffer.from(hex, 'hex'), Buffer.from('008765432100', 'hex')];
    const leaf = await readFile(join(directory, 'leaf.pem'), 'utf8');
    expect(renewalId(leaf)).toBe(expected.map((bytes) => bytes.toString('base64url')).join('.'));
    expect(renewalId(challengeCertificate('a', 'b', createPrivateKey(newKey()), NOW))).toBeNull();
  });

  test('an authority is asked when that certificate should be renewed', async () => {
    const leaf = await readFile(join(directory, 'leaf.pem'), 'utf8');
    const asked: string[] = [];
    const window = { start: '2026-06-10T00:00:00Z', end: '2026-06-11T00:00:00Z' };
    using server = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch: ({ url }) => {
        const { pathname, origin } = new URL(url);
        asked.push(pathname);
        const places = { newNonce: `${origin}/n`, newAccount: `${origin}/a`, newOrder: `${origin}/o` };
        if (pathname === '/dir') return Response.json({ ...places, renewalInfo: `${origin}/renewal` });
        return Response.json({ suggestedWindow: window }, { headers: { 'Retry-After': '7200' } });
      },
    });
    const tools = { send: webClient(null), wall: () => NOW, rest: () => Promise.resolve() };
    const authority = new Authority(`${server.url.origin}/dir`, tools);
    const advice = await authority.advice(leaf, AbortSignal.timeout(5000));
    const times = { start: Date.parse(window.start), end: Date.parse(window.end), askAgain: NOW + 7_200_000 };
    expect(advice).toEqual({ ok: true, value: times });
    expect(asked).toEqual(['/dir', `/renewal/${renewalId(leaf)}`]);
  });
});

describe('advice about a renewal', () => {
  const window = { start: '2026-06-10T00:00:00Z', end: '2026-06-11T00:00:00Z' };

  test.each([
    ['asks again after six hours, where nobody says when', null, NOW + DAY / 4],
    ['not before a minute', NOW + 1, NOW + 60_000],
    ['and not later than in a day', NOW + 10 * DAY, NOW + DAY],
  ])('%s', (_, given, expected) => {
    expect(readAdvice({ suggestedWindow: window }, given, NOW)?.askAgain).toBe(expected);
  });

  test.each([
    [{}],
    [null],
    [{ suggestedWindow: { start: window.end, end: window.start } }],
    [{ suggestedWindow: { start: 'soon', end: 'later' } }],
  ])('is none where it makes no sense: %j', (body) => {
    expect(readAdvice(body, null, NOW)).toBeNull();
  });
});

describe('DER', () => {
  test('is read as it was written', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 70_000 }), { maxLength: 4 }), (contents) => {
        const written = Buffer.concat(contents.map((content) => der(TAG.octetString, content)));
        expect(elementsIn(written)?.map(({ content }) => content)).toEqual(contents.map((one) => Buffer.from(one)));
        for (const cut of [1, 2, 3])
          if (written.length > cut && contents.length === 1) expect(elementsIn(written.subarray(0, -cut))).toBeNull();
      }),
      { numRuns: 100 },
    );
  });

  // X.690 8.19.5 and 8.3.
  test('of object identifiers and integers', () => {
    expect(objectIdentifier('2.999.3').toString('hex')).toBe('0603883703');
    expect(objectIdentifier('1.2.840.113549.1.9.14').toString('hex')).toBe('06092a864886f70d01090e');
    expect(sequence(integer(Uint8Array.of(0x80)), integer(Uint8Array.of(0x7f))).toString('hex')).toBe(
      '30070202008002017f',
    );
  });
});

// RFC 8555 6.2 and 7.3.4.
test('what is signed names its key until the account has a URL, and proves the account that vouches', () => {
  const signer = new Signer(newKey());
  const head = (text: string): unknown => JSON.parse(Buffer.from(text, 'base64url').toString());
  const first = head(signer.sign('https://a/new', 'n1', null, {}).protected);
  expect(first).toMatchObject({ alg: 'ES256', nonce: 'n1', url: 'https://a/new', jwk: { kty: 'EC', crv: 'P-256' } });
  const { protected: later, payload, signature } = signer.sign('https://a/x', 'n2', 'https://a/acct/1', null);
  expect(head(later)).toEqual({ alg: 'ES256', nonce: 'n2', url: 'https://a/x', kid: 'https://a/acct/1' });
  expect([payload, Buffer.from(signature, 'base64url').length]).toEqual(['', 64]);
  expect(head(signer.binding('https://a/new', 'id', 'c2VjcmV0').protected)).toEqual({
    alg: 'HS256',
    kid: 'id',
    url: 'https://a/new',
  });
  expect(signer.authorize('t')).toMatch(/^t\.[A-Za-z0-9_-]{43}$/);
});
