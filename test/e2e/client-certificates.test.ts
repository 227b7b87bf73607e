// Certificates of clients, from the configuration to the backend.
import { describe, expect, test } from 'bun:test';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { X509Certificate } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FIRST, SECOND } from '../support/certificates.ts';
import { curl } from '../support/curl.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { Origin, type Seen } from '../support/origin.ts';
import { needs } from '../support/programs.ts';
import { services } from '../support/yaml.ts';

const seen = (body: string): Seen => JSON.parse(body) as Seen;

/** A gateway of two tenants: one asks its clients, the other turns those away that show nothing. */
async function withGateway(use: (ask: Ask) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'keystone-test-'));
  const path = (name: string): string => join(directory, name);
  const files = {
    'own.pem': FIRST.certificate,
    'own.key': FIRST.key,
    'ada.pem': SECOND.certificate,
    'ada.key': SECOND.key,
  };
  try {
    for (const [name, text] of Object.entries(files)) await writeFile(path(name), text);
    using origin = new Origin('a');
    const tenants = ['request', 'require'].map(
      (mode) => `  - name: ${mode}
    domains: ["${mode}.test"]
    tls: { client_auth: { mode: ${mode}, ca_file: "${path('ada.pem')}" } }
    policies: [{ headers: { request: { set: { X-Who: "{client.cert.subject}", X-Tls: "{tls.version}" } } } }]
${services([origin])}`,
    );
    const tls = `tls: { cert_file: "${path('own.pem')}", key_file: "${path('own.key')}" }\n`;
    await using gateway = await GatewayProcess.start(`${tls}tenants:\n${tenants.join('')}`);
    await use(async (host, who, ...words) => {
      const shown = who === null ? [] : ['--cert', path(`${who}.pem`), '--key', path(`${who}.key`)];
      const target = ['--resolve', `${host}:${gateway.port}:127.0.0.1`, `https://${host}:${gateway.port}/`];
      const { code, status, body } = await curl('-k', ...shown, ...words, ...target);
      return status === 200 ? seen(body).headers : { code };
    });
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** The fields that the origin has got; otherwise how curl has ended. */
type Ask = (host: string, who: string | null, ...words: readonly string[]) => Promise<object>;

describe.if(needs('curl'))('a tenant that asks for certificates', () => {
  const forged = ['-H', 'Client-Cert: :AAAA:', '-H', 'X-Client-Cert-Fingerprint: 00', '-H', 'Client_Cert: x'];

  test('lets those in that show a good one, and its origins know whose it is', async () => {
    const { raw, fingerprint256 } = new X509Certificate(SECOND.certificate);
    const good = {
      'client-cert': `:${raw.toString('base64')}:`,
      'x-client-cert-fingerprint': fingerprint256.replaceAll(':', '').toLowerCase(),
      'x-who': 'CN=b.example.com',
      'x-tls': 'TLSv1.3',
    };
    await withGateway(async (ask) => {
      expect(await ask('require.test', 'ada', ...forged)).toMatchObject(good);
      expect(await ask('request.test', 'ada', ...forged)).toMatchObject(good);
      expect(await ask('require.test', 'ada', '--http1.1', ...forged)).toMatchObject(good);
      expect(await ask('require.test', 'ada', '--tls-max', '1.2')).toMatchObject({ ...good, 'x-tls': 'TLSv1.2' });
      expect(await ask('require.test', 'own')).toMatchObject({ code: expect.any(Number) });
      expect(await ask('require.test', null)).toMatchObject({ code: expect.any(Number) });
    });
  });

  test('tells its origins nothing of a certificate that nobody knows, and passes on nothing that a client makes up', async () => {
    await withGateway(async (ask) => {
      for (const who of ['own', null]) {
        const headers = await ask('request.test', who, ...forged);
        expect(headers).toMatchObject({ 'x-tls': 'TLSv1.3' });
        for (const name of ['client-cert', 'client_cert', 'x-client-cert-fingerprint'])
          expect(headers).not.toHaveProperty(name);
      }
    });
  });
});
