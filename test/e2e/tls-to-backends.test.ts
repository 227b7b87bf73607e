// How the gateway and backends prove to each other who they are, with servers of openssl and of the runtime.
import { describe, expect, test } from 'bun:test';
import { X509Certificate, createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { OVER } from '../support/certificates.ts';
import { curl } from '../support/curl.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { MadeCertificate } from '../support/made-certificate.ts';
import { accepts, freePort } from '../support/ports.ts';
import { needs } from '../support/programs.ts';
import { until } from '../support/until.ts';

async function pinOf(file: string): Promise<string> {
  const { publicKey } = new X509Certificate(await readFile(file));
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64');
}

/** An origin of openssl with that certificate, which answers any GET with a page about the connection. */
class TlsOrigin implements AsyncDisposable {
  private constructor(
    readonly port: number,
    private readonly child: Bun.Subprocess,
  ) {}

  static async start({ cert, key }: MadeCertificate, ...words: string[]): Promise<TlsOrigin> {
    const port = freePort();
    const command = [
      'openssl',
      's_server',
      '-accept',
      `127.0.0.1:${port}`,
      '-www',
      '-quiet',
      '-cert',
      cert,
      '-key',
      key,
    ];
    const child = Bun.spawn([...command, ...words], { stdout: 'ignore', stderr: 'ignore' });
    await until(() => accepts(port), 'openssl listens');
    return new TlsOrigin(port, child);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill();
    await this.child.exited;
  }
}

type Services = Readonly<Record<string, { readonly port: number; readonly tls: string }>>;

/** A tenant for each service, with the service as its only backend. */
function configOf(services: Services): string {
  const tenants = Object.entries(services).map(
    ([name, { port, tls }]) =>
      `  - { name: ${name}, domains: [${name}.test], health_check: { path: /, fall: 1, interval: 200ms }, services: [{ name: only, url: "https://127.0.0.1:${port}", tls: ${tls} }] }`,
  );
  return `tenants:\n${tenants.join('\n')}\n`;
}

const statusOf = async (gateway: GatewayProcess, name: string) =>
  (await curl('-H', `Host: ${name}.test`, gateway.url)).status;

const reportOf = async (gateway: GatewayProcess, name: string) =>
  await (await fetch(`${gateway.admin}/backends/${name}/only`)).text();

describe.if(needs('openssl', 'curl'))('a backend that speaks TLS', () => {
  test('is told who the gateway is, and that it refuses it is the reason in words', async () => {
    await using backend = await MadeCertificate.make('backend.test', 2);
    await using own = await MadeCertificate.make('gateway.test', 2);
    await using other = await MadeCertificate.make('other.test', 2);
    await using origin = await TlsOrigin.start(backend, '-Verify', '1', '-verify_return_error', '-CAfile', own.cert);
    const trust = `ca_file: "${backend.cert}", server_name: backend.test`;
    const showing = ({ cert, key }: MadeCertificate) => `cert_file: "${cert}", key_file: "${key}"`;
    await using gateway = await GatewayProcess.start(
      configOf({
        known: { port: origin.port, tls: `{ ${trust}, ${showing(own)} }` },
        unknown: { port: origin.port, tls: `{ ${trust}, ${showing(other)} }` },
        silent: { port: origin.port, tls: `{ ${trust} }` },
      }),
    );
    await until(async () => (await statusOf(gateway, 'known')) === 200, 'the gateway is let in');
    expect((await curl('-H', 'Host: known.test', gateway.url)).body).toContain('gateway.test');
    for (const [name, reason] of [
      ['unknown', 'it does not know the authority of the certificate in cert_file'],
      ['silent', 'it wants a certificate of the gateway'],
    ] as const)
      await until(async () => (await reportOf(gateway, name)).includes(reason), `${name}: ${reason}`);
    expect(await statusOf(gateway, 'silent')).toBe(503);
  });

  test('must have a pinned key, whether or not its certificate is verified', async () => {
    await using backend = await MadeCertificate.make('backend.test', 2);
    await using other = await MadeCertificate.make('other.test', 2);
    await using origin = await TlsOrigin.start(backend);
    const [pin, otherPin] = [await pinOf(backend.cert), await pinOf(other.cert)];
    const trust = `ca_file: "${backend.cert}", server_name: backend.test`;
    await using gateway = await GatewayProcess.start(
      configOf({
        pinned: { port: origin.port, tls: `{ ${trust}, pins: ["${otherPin}", "${pin}"] }` },
        alone: { port: origin.port, tls: `{ insecure_skip_verify: true, pins: ["${pin}"] }` },
        strange: { port: origin.port, tls: `{ ${trust}, pins: ["${otherPin}"] }` },
        stranger: { port: origin.port, tls: `{ insecure_skip_verify: true, pins: ["${otherPin}"] }` },
      }),
    );
    for (const name of ['pinned', 'alone'])
      await until(async () => (await statusOf(gateway, name)) === 200, `${name} is served`);
    for (const name of ['strange', 'stranger'])
      await until(
        async () => (await reportOf(gateway, name)).includes(`its public key is none of those in pins: it is ${pin}`),
        `${name} is out`,
      );
  });

  test('is out with the reason in words: another name, an unknown authority, a time that is over', async () => {
    await using backend = await MadeCertificate.make('backend.test', 2);
    await using over = await MadeCertificate.make('over.test', 2);
    await writeFile(over.cert, OVER.certificate);
    await writeFile(over.key, OVER.key);
    await using origin = await TlsOrigin.start(backend);
    await using late = await TlsOrigin.start(over);
    await using gateway = await GatewayProcess.start(
      configOf({
        name: { port: origin.port, tls: `{ ca_file: "${backend.cert}", server_name: shop.test }` },
        authority: { port: origin.port, tls: '{ server_name: backend.test }' },
        time: { port: late.port, tls: `{ ca_file: "${over.cert}", server_name: over.test }` },
      }),
    );
    for (const [name, reason] of [
      ['name', 'its certificate is for backend.test, www.backend.test, not for shop.test'],
      ['authority', 'its certificate is self-signed, and not among those of ca_file'],
      ['time', 'its certificate has expired at 2021-01-01T00:00:00.000Z'],
    ] as const)
      await until(async () => (await reportOf(gateway, name)).includes(reason), `${name}: ${reason}`);
  });

  test('resumes its sessions', async () => {
    await using backend = await MadeCertificate.make('backend.test', 2);
    await using origin = await TlsOrigin.start(backend);
    await using gateway = await GatewayProcess.start(
      configOf({ one: { port: origin.port, tls: `{ ca_file: "${backend.cert}", server_name: backend.test }` } }),
    );
    // The page of openssl says of each connection whether it is a new one; each answer ends its connection.
    await until(
      async () => (await curl('-H', 'Host: one.test', gateway.url)).body.includes('Reused, TLS'),
      'a session is resumed',
    );
  });

  test('is shown a renewed certificate after a reload', async () => {
    await using backend = await MadeCertificate.make('backend.test', 2);
    await using own = await MadeCertificate.make('first.test', 2);
    await using origin = await TlsOrigin.start(backend, '-verify', '1');
    const tls = `{ ca_file: "${backend.cert}", server_name: backend.test, cert_file: "${own.cert}", key_file: "${own.key}" }`;
    await using gateway = await GatewayProcess.start(configOf({ one: { port: origin.port, tls } }));
    const shown = async () => (await curl('-H', 'Host: one.test', gateway.url)).body;
    await until(async () => (await shown()).includes('first.test'), 'the first is shown');
    await own.renew('second.test', 2);
    await fetch(`${gateway.admin}/reload`, { method: 'POST' });
    await until(async () => (await shown()).includes('second.test'), 'the second is shown');
  });
});
