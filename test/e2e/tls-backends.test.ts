import { describe, expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { curl } from '../support/curl.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { needs } from '../support/programs.ts';
import { until } from '../support/until.ts';
import { pathTenant } from '../support/yaml.ts';

async function makeCertificate(directory: string): Promise<{ cert: string; key: string }> {
  const files = { cert: join(directory, 'cert.pem'), key: join(directory, 'key.pem') };
  const words = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  const name = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const child = Bun.spawn(['openssl', ...words, ...name, '-keyout', files.key, '-out', files.cert], {
    stderr: 'ignore',
  });
  expect(await child.exited).toBe(0);
  return files;
}

describe.if(needs('openssl'))('a backend that speaks TLS', () => {
  test('is served where its certificate is trusted, and never where it is not', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'keystone-test-'));
    const { cert, key } = await makeCertificate(directory);
    const server = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      tls: { cert: Bun.file(cert), key: Bun.file(key) },
      fetch: () => new Response('secure'),
    });
    const yaml = pathTenant('/', [{ name: 'a', url: `https://localhost:${server.port}` }]);
    await using trusting = await GatewayProcess.start(yaml, { NODE_EXTRA_CA_CERTS: cert });
    await using doubting = await GatewayProcess.start(yaml);
    const response = await fetch(trusting.url);
    expect([response.status, await response.text()]).toEqual([200, 'secure']);
    await until(async () => (await fetch(doubting.url)).status === 503, 'the check has failed');
    expect(await (await fetch(doubting.url)).text()).toContain('tls-failed');
    await server.stop(true);
    await rm(directory, { recursive: true });
  });

  test('may have a private authority, another name, or any certificate', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'keystone-test-'));
    const { cert, key } = await makeCertificate(directory);
    const server = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      tls: { cert: Bun.file(cert), key: Bun.file(key) },
      fetch: () => new Response('secure'),
    });
    const url = (host: string) => `https://${host}:${server.port}`;
    const tenant = (name: string, host: string, tls: string) =>
      `  - { name: ${name}, domains: [${name}.test], health_check: { path: /, fall: 1 }, services: [{ name: only, url: "${url(host)}"${tls} }] }\n`;
    const ca = `ca_file: "${cert}"`;
    const yaml = `tenants:
${tenant('ca', 'localhost', `, tls: { ${ca} }`)}${tenant('name', '127.0.0.1', `, tls: { ${ca}, server_name: localhost }`)}${tenant('any', '127.0.0.1', ', tls: { insecure_skip_verify: true }')}${tenant('doubt', 'localhost', '')}${tenant('other', '127.0.0.1', `, tls: { ${ca} }`)}`;
    await using gateway = await GatewayProcess.start(yaml);
    const statusOf = async (name: string) => (await curl('-H', `Host: ${name}.test`, gateway.url)).status;
    for (const name of ['ca', 'name', 'any']) {
      await until(async () => (await statusOf(name)) === 200, `${name} is served`);
      expect(await reportOf(gateway, name)).toContain('"health":"healthy"');
    }
    for (const [name, reason] of [
      ['doubt', 'its certificate is self-signed'],
      ['other', 'its certificate is for localhost, not for 127.0.0.1'],
    ] as const) {
      await until(async () => (await statusOf(name)) === 503, `${name} is out`);
      expect(await reportOf(gateway, name)).toContain(reason);
    }
    await server.stop(true);
    await rm(directory, { recursive: true });
  });
});

async function reportOf(gateway: GatewayProcess, tenant: string): Promise<string> {
  return await (await fetch(`${gateway.admin}/backends/${tenant}/only`)).text();
}
