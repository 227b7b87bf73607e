// The certificate of the gateway: renewed while it serves, shown, and warned about before its end.
import { describe, expect, test } from 'bun:test';
import { copyFile, writeFile } from 'node:fs/promises';
import { type TLSSocket, connect } from 'node:tls';
import { GatewayProcess, keystone } from '../support/gateway-process.ts';
import { MadeCertificate } from '../support/made-certificate.ts';
import { until } from '../support/until.ts';

const DAY = 86_400_000;

function yaml({ cert, key }: MadeCertificate): string {
  return `tls: { cert_file: "${cert}", key_file: "${key}" }\ntenants: []\n`;
}

/** A connection that stays. */
async function open(port: number, servername = ''): Promise<TLSSocket> {
  const socket = connect({
    port,
    host: '127.0.0.1',
    servername,
    rejectUnauthorized: false,
    ALPNProtocols: ['http/1.1'],
  });
  await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
  return socket;
}

/** The name in the certificate that a new connection is shown. */
async function shownTo(port: number, servername = ''): Promise<string> {
  const socket = await open(port, servername);
  const { CN } = socket.getPeerCertificate().subject;
  socket.destroy();
  return String(CN);
}

async function answer(socket: TLSSocket): Promise<string> {
  const answered = new Promise<string>((resolve, reject) => {
    socket.once('data', (bytes: Buffer) => resolve(bytes.toString('latin1').split('\r\n')[0]));
    socket.once('error', reject).once('close', () => reject(new Error('it was closed')));
  });
  socket.write('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n');
  return await answered;
}

async function reload(gateway: GatewayProcess): Promise<void> {
  const count = (): number => gateway.errors.split(/configuration reloaded|reload refused/).length;
  const before = count();
  gateway.signal('SIGHUP');
  await until(() => count() > before, 'it has read again');
}

describe('a renewed certificate', () => {
  test('is shown to new connections after a SIGHUP, with a name and without; those of before go on', async () => {
    await using files = await MadeCertificate.make('old.test', 90);
    await using gateway = await GatewayProcess.start(yaml(files));
    const before = await open(gateway.port);
    await files.renew('new.test', 90);
    expect(await shownTo(gateway.port)).toBe('old.test');
    await reload(gateway);
    expect(await shownTo(gateway.port)).toBe('new.test');
    expect(await shownTo(gateway.port, 'old.test')).toBe('new.test');
    expect(await answer(before)).toBe('HTTP/1.1 404 Not Found');
    before.destroy();
    const loaded = gateway.errors.match(/certificate loaded" .*/g) ?? [];
    expect(loaded).toEqual([
      expect.stringContaining(`file=${files.cert} names="old.test, www.old.test" expires=`),
      expect.stringContaining(`file=${files.cert} names="new.test, www.new.test" expires=`),
    ]);
    await reload(gateway);
    expect(gateway.errors.match(/certificate loaded/g)).toHaveLength(2);
  });

  test('may be in other files', async () => {
    await using files = await MadeCertificate.make('old.test', 90);
    await using others = await MadeCertificate.make('other.test', 90);
    await using gateway = await GatewayProcess.start(yaml(files));
    await gateway.rewrite(yaml(others));
    await reload(gateway);
    expect(await shownTo(gateway.port)).toBe('other.test');
    expect(gateway.errors).not.toContain('next start');
  });

  test('that cannot be used takes no place, and the reason is told', async () => {
    await using files = await MadeCertificate.make('old.test', 90);
    await using others = await MadeCertificate.make('other.test', 90);
    await using gateway = await GatewayProcess.start(yaml(files));
    await copyFile(others.key, files.key);
    await reload(gateway);
    expect(gateway.errors).toContain('holds the key of another certificate than the one in cert_file');
    await writeFile(files.cert, '-----BEGIN CERTIFICATE-----\nMIIB');
    await reload(gateway);
    expect(gateway.errors).toContain('is damaged');
    expect(await shownTo(gateway.port)).toBe('old.test');
  });
});

describe('the end of a certificate', () => {
  test('is in the admin API, in status and in check', async () => {
    await using files = await MadeCertificate.make('a.test', 90);
    await using gateway = await GatewayProcess.start(yaml(files));
    const { certificates } = (await (await fetch(`${gateway.admin}/certificates`)).json()) as {
      certificates: { expires: string }[];
    };
    expect(certificates).toMatchObject([
      { file: files.cert, names: ['a.test', 'www.a.test'], issuer: 'CN=a.test', days_left: 89, state: 'valid' },
    ]);
    const end = certificates[0].expires;
    expect(Math.abs(Date.parse(end) - Date.now() - 90 * DAY)).toBeLessThan(DAY / 2);
    const { out } = await keystone(['status', '--url', gateway.admin]);
    expect(out).toContain(`certificate  a.test, www.a.test  ${files.cert}  valid, until ${end}, 89 days`);
    await using directory = await MadeCertificate.make('b.test', 90);
    await writeFile(`${directory.cert}.yaml`, yaml(files));
    const checked = await keystone(['check', '--config', `${directory.cert}.yaml`]);
    expect(checked).toMatchObject({ code: 0, errors: '' });
    expect(checked.out).toContain(`certificate for a.test, www.a.test, until ${end} (${files.cert})`);
  });

  test('is warned about when it is near, at the start and by check', async () => {
    await using files = await MadeCertificate.make('a.test', 5);
    await using gateway = await GatewayProcess.start(yaml(files));
    expect(gateway.errors).toMatch(/ warn msg="the certificate expires in [45] days, at [^"]+" file=.* days_left=[45]/);
    await writeFile(`${files.cert}.yaml`, yaml(files));
    const { code, errors } = await keystone(['check', '--config', `${files.cert}.yaml`]);
    expect([code, errors]).toEqual([0, expect.stringMatching(/warning: the certificate expires in [45] days, at /)]);
  });
});
