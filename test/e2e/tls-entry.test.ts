// What TLS clients are served with, chosen by what they say first.
import { describe, expect, test } from 'bun:test';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { INTERMEDIATE, type KeyPair } from '../../src/core/certificate-source.ts';
import { FIRST, SECOND } from '../support/certificates.ts';
import { curl } from '../support/curl.ts';
import { needs } from '../support/programs.ts';
import { RawClient } from '../support/raw-client.ts';
import { TlsDoor, openssl, served, sourceOf } from '../support/tls-door.ts';
import { until } from '../support/until.ts';

const BOUND = 10_000;
const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n';
const second = { cert: SECOND.certificate, key: SECOND.key };

async function rsaPair(): Promise<KeyPair> {
  const command = 'openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=rsa.test -keyout - 2>/dev/null';
  const child = Bun.spawn(['sh', '-c', command], { stdout: 'pipe' });
  const text = await new Response(child.stdout).text();
  const at = text.indexOf('-----BEGIN CERTIFICATE');
  return { key: text.slice(0, at), cert: text.slice(at) };
}

/** Files of a certificate, for a client that shows it. */
async function withFiles(
  { certificate, key }: typeof FIRST,
  use: (words: readonly string[]) => Promise<void>,
): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'keystone-test-'));
  const [certFile, keyFile] = [join(directory, 'cert.pem'), join(directory, 'key.pem')];
  try {
    await writeFile(certFile, certificate);
    await writeFile(keyFile, key);
    await use(['-cert', certFile, '-key', keyFile]);
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** The subject that openssl is shown. */
function subjectIn(text: string): string | undefined {
  return /^subject=CN = (.*)$/m.exec(text)?.[1];
}

describe('a TLS client', () => {
  test('is shown the certificate for the name that it asks for, in whatever case, or that for everybody', async () => {
    using door = TlsDoor.open(sourceOf({ 'b.test': served({ pairs: [second] }), '*': served() }));
    const shown = async (...words: readonly string[]) => subjectIn(await openssl(door.port, words));
    expect(await shown('-servername', 'b.test')).toBe('b.example.com');
    expect(await shown('-servername', 'B.tesT')).toBe('b.example.com');
    expect(await shown('-servername', 'c.test')).toBe('a.example.com');
    expect(await shown('-noservername')).toBe('a.example.com');
    expect(await shown('-servername', 'b.test', '-tls1_2')).toBe('b.example.com');
  });

  test('is shown an RSA certificate where it cannot take the ECDSA one beside it', async () => {
    const both = served({ pairs: [{ cert: FIRST.certificate, key: FIRST.key }, await rsaPair()] });
    using door = TlsDoor.open(sourceOf({ '*': both }));
    expect(subjectIn(await openssl(door.port, ['-tls1_2']))).toBe('a.example.com');
    const old = await openssl(door.port, ['-tls1_2', '-cipher', 'ECDHE-RSA-AES128-GCM-SHA256']);
    expect(subjectIn(old)).toBe('rsa.test');
    const newest = await openssl(door.port, ['-tls1_3', '-sigalgs', 'rsa_pss_rsae_sha256']);
    expect(subjectIn(newest)).toBe('rsa.test');
  });

  test('speaks the versions and ciphers of the name that it asks for', async () => {
    const modern = served({ policy: { ...INTERMEDIATE, minVersion: '1.3' } });
    const narrow = served({ policy: { ...INTERMEDIATE, ciphers: ['ECDHE-ECDSA-CHACHA20-POLY1305'] } });
    using door = TlsDoor.open(sourceOf({ 'modern.test': modern, 'narrow.test': narrow, '*': served() }));
    const shake = (...words: readonly string[]) => openssl(door.port, words);
    expect(await shake('-tls1_2', '-servername', 'modern.test')).toContain('alert protocol version');
    expect(await shake('-tls1_3', '-servername', 'modern.test')).toContain('New, TLSv1.3');
    expect(await shake('-tls1_2', '-servername', 'narrow.test')).toContain(
      'TLSv1.2, Cipher is ECDHE-ECDSA-CHACHA20-POLY1305',
    );
    expect(await shake('-tls1_2', '-cipher', 'AES128-SHA:ECDHE-ECDSA-AES128-SHA')).toContain('handshake failure');
    expect(await shake('-tls1_1', '-cipher', 'ALL:@SECLEVEL=0')).toContain('protocol version');
  });

  test('gets unrecognized_name where nobody has a certificate for its name', async () => {
    using door = TlsDoor.open(sourceOf({ 'a.test': served() }));
    expect(await openssl(door.port, ['-servername', 'b.test'])).toContain('unrecognized name');
    expect(await openssl(door.port, ['-noservername'])).toContain('unrecognized name');
    expect(door.report).toMatchObject({ handshaking: 0, counts: { handshakesFailed: 2 } });
    await until(() => door.report.open === 0, 'both have gone');
  });

  test('takes up its session again, and the record says so', async () => {
    using door = TlsDoor.open(sourceOf({ '*': served() }));
    await withFiles(FIRST, async ([, file = '']) => {
      const session = `${file}.session`;
      for (const version of ['-tls1_2', '-tls1_3']) {
        await openssl(door.port, [version, '-quiet', '-sess_out', session], GET);
        await openssl(door.port, [version, '-quiet', '-sess_in', session], GET);
      }
    });
    expect(door.told.facts.map((facts) => facts?.isResumed)).toEqual([false, true, false, true]);
    expect(door.told.facts[0]?.cipher).toMatch(/^ECDHE-ECDSA-/);
    expect(door.told.facts[2]?.cipher).toMatch(/^TLS_/);
  });

  test('takes up no session where it began by other rules', async () => {
    const strict = served({ clientAuth: { mode: 'require', ca: SECOND.certificate } });
    using door = TlsDoor.open(sourceOf({ 'strict.test': strict, '*': served() }));
    await withFiles(FIRST, async ([, file = '']) => {
      const session = `${file}.session`;
      for (const version of ['-tls1_2', '-tls1_3']) {
        await openssl(door.port, [version, '-quiet', '-servername', 'a.test', '-sess_out', session], GET);
        await openssl(door.port, [version, '-quiet', '-servername', 'strict.test', '-sess_in', session], GET);
      }
    });
    expect(door.told.facts.map((facts) => facts?.serverName)).toEqual(['a.test', 'a.test']);
    expect(door.report.counts.handshakesFailed).toBe(2);
  });

  test('is taken at its word in no order but that of the configuration, where there is one', async () => {
    const ciphers = ['ECDHE-ECDSA-CHACHA20-POLY1305', 'ECDHE-ECDSA-AES128-GCM-SHA256'];
    const ordered = served({ policy: { ...INTERMEDIATE, ciphers } });
    using door = TlsDoor.open(sourceOf({ 'ordered.test': ordered, '*': served() }));
    const words = ['-tls1_2', '-cipher', ciphers.toReversed().join(':')];
    expect(await openssl(door.port, [...words, '-servername', 'ordered.test'])).toContain(`Cipher is ${ciphers[0]}`);
    expect(await openssl(door.port, words)).toContain(`Cipher is ${ciphers[1]}`);
  });

  test('gets no ticket where there are to be none', async () => {
    const without = served({ policy: { ...INTERMEDIATE, sessionTickets: false } });
    using door = TlsDoor.open(sourceOf({ 'without.test': without, '*': served() }));
    for (const version of ['-tls1_2', '-tls1_3']) {
      const words = [version, '-ign_eof', '-servername'];
      expect(await openssl(door.port, [...words, 'without.test'], GET)).not.toContain('TLS session ticket:');
      expect(await openssl(door.port, [...words, 'a.test'], GET)).toContain('TLS session ticket:');
    }
  });

  test('that asks without TLS is answered 400, without TLS', async () => {
    using door = TlsDoor.open(sourceOf({ '*': served() }));
    const { code, status, body } = await curl('--data-binary', 'x'.repeat(100_000), `http://127.0.0.1:${door.port}/`);
    expect([code, status, body]).toEqual([0, 400, expect.stringContaining('HTTPS')]);
    await until(() => door.report.open === 0, 'it has gone');
  });

  test('that sends neither is cut at once', async () => {
    using door = TlsDoor.open(sourceOf({ '*': served() }));
    for (const bytes of [
      '\x00',
      '\x80\x2e\x01\x03\x01',
      '\x16\x02\x00\x00\x05',
      '\x16\x03\x01\x00\x00',
      '\x15\x03\x01\x00\x02',
    ]) {
      using client = await RawClient.open(door.port);
      await client.send(bytes);
      expect(await client.until(({ peer }) => peer !== 'open', BOUND)).toBe(true);
    }
    expect(door.report.counts.handshakesFailed).toBe(5);
  });
});

describe('an authority that asks by acme-tls/1', () => {
  test('is shown the certificate of its challenge while one is open for the name, and no request is taken from it', async () => {
    const source = { ...sourceOf({ '*': served() }), challenge: (name: string) => (name === 'c.test' ? second : null) };
    using door = TlsDoor.open(source);
    const asked = await openssl(door.port, ['-servername', 'c.test', '-alpn', 'acme-tls/1', '-ign_eof'], GET);
    expect(subjectIn(asked)).toBe('b.example.com');
    expect(asked).toContain('ALPN protocol: acme-tls/1');
    const other = await openssl(door.port, ['-servername', 'd.test', '-alpn', 'acme-tls/1']);
    expect(other).toContain('alert no application protocol');
    const usual = await openssl(door.port, ['-servername', 'c.test', '-alpn', 'http/1.1,acme-tls/1', '-ign_eof'], GET);
    expect(subjectIn(usual)).toBe('a.example.com');
    expect(door.told.facts).toHaveLength(1);
    await until(() => door.report.open === 0, 'all have gone');
  });
});

describe.skipIf(!needs('testssl'))('testssl.sh', () => {
  // Its own tests of protocols, ciphers, forward secrecy, and of the holes that a server can be asked about by bytes.
  const ASKED =
    '--protocols --std --fs --heartbleed --ccs-injection --ticketbleed --robot --renegotiation --tls-fallback';

  test('finds nothing that is worth more than a remark', async () => {
    const pairs = [{ cert: FIRST.certificate, key: FIRST.key }, await rsaPair()];
    using door = TlsDoor.open(sourceOf({ '*': served({ pairs }) }));
    const file = join(await mkdtemp(join(tmpdir(), 'keystone-test-')), 'found.json');
    const how = '--quiet --color 0 --warnings off --nodns none --connect-timeout 5 --openssl-timeout 5 --jsonfile';
    const words = [...how.split(' '), file, ...ASKED.split(' '), `127.0.0.1:${door.port}`];
    await Bun.spawn(['testssl', ...words], { stdin: 'ignore', stdout: 'ignore', stderr: 'ignore' }).exited;
    const found = (await Bun.file(file).json()) as { id: string; severity: string; finding: string }[];
    await rm(dirname(file), { recursive: true });
    expect(found.length).toBeGreaterThan(20);
    // What the machine's own openssl lacks says nothing of the gateway.
    const told = found.filter(({ id }) => id !== 'engine_problem');
    expect(told.filter(({ severity }) => !['OK', 'INFO', 'DEBUG'].includes(severity))).toEqual([]);
  }, 240_000);
});

describe.skipIf(!needs('sslscan'))('sslscan', () => {
  async function scan(port: number, ...words: readonly string[]): Promise<string> {
    const command = ['sslscan', '--no-colour', '--no-check-certificate', ...words, `127.0.0.1:${port}`];
    return await new Response(Bun.spawn(command, { stdout: 'pipe' }).stdout).text();
  }

  function enabledIn(text: string): readonly string[] {
    return Array.from(text.matchAll(/^(\S+) +enabled$/gm), ([, version = '']) => version);
  }

  function ciphersIn(text: string): readonly string[] {
    const found = text.matchAll(/^(?:Preferred|Accepted) +(TLSv\S+) +\d+ bits +(\S+)/gm);
    return Array.from(found, ([, version, name]) => `${version} ${name}`).toSorted();
  }

  const NEWEST = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'];
  const OLDER = ['AES128-GCM-SHA256', 'AES256-GCM-SHA384', 'CHACHA20-POLY1305'];

  test('finds what the policy has, and nothing that is weak', async () => {
    const pairs = [{ cert: FIRST.certificate, key: FIRST.key }, await rsaPair()];
    const modern = served({ pairs, policy: { ...INTERMEDIATE, minVersion: '1.3' } });
    using door = TlsDoor.open(sourceOf({ 'modern.test': modern, '*': served({ pairs }) }));
    const usual = await scan(door.port);
    expect(enabledIn(usual)).toEqual(['TLSv1.2', 'TLSv1.3']);
    const expected = ['ECDSA', 'RSA'].flatMap((kind) => OLDER.map((name) => `TLSv1.2 ECDHE-${kind}-${name}`));
    expect(ciphersIn(usual)).toEqual([...expected, ...NEWEST.map((name) => `TLSv1.3 ${name}`)].toSorted());
    expect(usual).toContain('Server supports TLS Fallback SCSV');
    expect(usual).toContain('renegotiation not supported');
    expect(usual).not.toMatch(/^TLSv\S+ vulnerable/m);
    const newest = await scan(door.port, '--sni-name=modern.test');
    expect(enabledIn(newest)).toEqual(['TLSv1.3']);
    expect(ciphersIn(newest)).toEqual(NEWEST.map((name) => `TLSv1.3 ${name}`));
    expect(door.told.errors).toEqual([]);
  });
});

describe('a client certificate', () => {
  const asking = (mode: 'request' | 'require') => served({ clientAuth: { mode, ca: SECOND.certificate } });

  test('is asked for by the name, and judged by the authorities of the name', async () => {
    const names = { 'request.test': asking('request'), 'require.test': asking('require'), '*': served() };
    using door = TlsDoor.open(sourceOf(names));
    const ask = async (name: string, words: readonly string[]): Promise<boolean> => {
      const before = door.told.facts.length;
      await openssl(door.port, ['-quiet', '-servername', name, ...words], GET);
      return door.told.facts.length > before;
    };
    for (const version of ['-tls1_2', '-tls1_3']) {
      expect(await ask('a.test', [version])).toBe(true);
      expect(await ask('request.test', [version])).toBe(true);
      expect(await ask('require.test', [version])).toBe(false);
      await withFiles(FIRST, async (words) => {
        expect(await ask('request.test', [version, ...words])).toBe(true);
        expect(await ask('require.test', [version, ...words])).toBe(false);
      });
      await withFiles(SECOND, async (words) => {
        expect(await ask('request.test', [version, ...words])).toBe(true);
        expect(await ask('require.test', [version, ...words])).toBe(true);
        expect(await ask('a.test', [version, ...words])).toBe(true);
      });
    }
    const seen = door.told.facts.map((facts) => facts?.clientCertificate?.isTrusted);
    const once = [undefined, undefined, false, true, true, undefined];
    expect(seen).toEqual([...once, ...once]);
    expect(door.told.errors).toEqual([]);
  });
});

describe('a PROXY protocol header before TLS', () => {
  /** The first line of the answer to a client that a header names. */
  function askThrough(port: number, header: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const plain = connect({ port, host: '127.0.0.1' }, () => {
        plain.write(header);
        const socket = connectTls({ socket: plain, rejectUnauthorized: false }, () => void socket.write(GET));
        socket.once('data', (bytes: Buffer) => resolve(bytes.toString('latin1').split('\r\n', 1)[0] ?? ''));
        socket.on('error', reject);
      });
      plain.on('error', reject);
    });
  }

  test('names the client, where it is believed', async () => {
    const header = 'PROXY TCP4 192.0.2.7 127.0.0.1 1 2\r\n';
    for (const [proxyProtocol, client] of [
      ['any', '192.0.2.7'],
      ['trusted', '127.0.0.1'],
    ] as const) {
      using door = TlsDoor.open(sourceOf({ '*': served() }), { proxyProtocol });
      expect(await askThrough(door.port, header)).toBe('HTTP/1.1 404 Not Found');
      await until(() => door.told.addresses.length === 1, 'it is recorded');
      expect(door.told.addresses).toEqual([client]);
    }
  });

  test('may come in one read with the beginning of the handshake', async () => {
    using door = TlsDoor.open(sourceOf({ '*': served() }), { proxyProtocol: 'any' });
    const { code, status } = await curl('-k', '--haproxy-protocol', `https://127.0.0.1:${door.port}/`);
    expect([code, status]).toEqual([0, 404]);
  });

  test('is not to be left out', async () => {
    using door = TlsDoor.open(sourceOf({ '*': served() }), { proxyProtocol: 'any' });
    expect((await curl('-k', `https://127.0.0.1:${door.port}/`)).code).not.toBe(0);
    expect(door.told.addresses).toEqual([]);
  });
});

describe('the first answer on a new connection', () => {
  /** Milliseconds from the end of the handshake to the first byte, for a client that gathers what it sends (Nagle). */
  async function firstByte(port: number, version: number): Promise<number> {
    const answered = Promise.withResolvers<number>();
    let begun = 0;
    const tls = { rejectUnauthorized: false, minVersion: version, maxVersion: version };
    const socket = await Bun.connect({
      hostname: '127.0.0.1',
      port,
      tls,
      socket: {
        open: (own) => void own.setNoDelay(false),
        handshake(own) {
          // Not in one write with the end of the handshake.
          setImmediate(() => {
            begun = performance.now();
            own.write(GET);
          });
        },
        data: () => answered.resolve(performance.now() - begun),
        close: () => answered.reject(new Error('it was closed')),
      },
    });
    const passed = await answered.promise;
    socket.end();
    return passed;
  }

  test('does not wait for an acknowledgement that the kernel puts off', async () => {
    using door = TlsDoor.open(sourceOf({ '*': served() }));
    const times: Record<'older' | 'newest', number[]> = { older: [], newest: [] };
    for (let round = 0; round < 9; round++) {
      times.older.push(await firstByte(door.port, 0x0303));
      times.newest.push(await firstByte(door.port, 0x0304));
    }
    const [older = 0, newest = 0] = [times.older, times.newest].map((all) => all.toSorted((a, b) => a - b)[4]);
    // 40 ms more, where it waits.
    expect(newest - older).toBeLessThan(20);
  });
});
