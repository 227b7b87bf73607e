// Programs that speak HTTP/2, and share no code with the gateway.
import { describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { GatewayProcess } from '../support/gateway-process.ts';
import { MadeCertificate } from '../support/made-certificate.ts';
import { Origin } from '../support/origin.ts';
import { needs, pathOf } from '../support/programs.ts';
import { until } from '../support/until.ts';
import { uncheckedTenant } from '../support/yaml.ts';

const SCRIPT = join(import.meta.dir, '../support/h2-client.mjs');

async function answer(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (pathname === '/large') return new Response('x'.repeat(3_000_000));
  if (pathname === '/echo') return new Response(await request.arrayBuffer());
  return new Response('some');
}

async function output(...command: readonly string[]): Promise<string> {
  const child = Bun.spawn([...command], { stdin: 'ignore', stdout: 'pipe', stderr: 'inherit' });
  return await new Response(child.stdout).text();
}

async function withGateway(use: (url: string, gateway: GatewayProcess) => Promise<void>): Promise<void> {
  using origin = new Origin('a', answer);
  await using files = await MadeCertificate.make('a.test', 2);
  const tls = `tls: { cert_file: "${files.cert}", key_file: "${files.key}" }\n`;
  await using gateway = await GatewayProcess.start(tls + uncheckedTenant('/', [origin]));
  await use(`https://127.0.0.1:${gateway.port}`, gateway);
}

describe('over HTTP/2', () => {
  const RUNTIMES = [
    ['Node.js', pathOf('node')],
    ['Bun', process.execPath],
  ] as const;

  for (const [name, program] of RUNTIMES) {
    test.if(program !== null)(`${name} asks for many things at a time, uploads, and leaves answers`, async () => {
      await withGateway(async (url) => {
        const seen: unknown = JSON.parse(await output(program ?? '', SCRIPT, url));
        expect(seen).toEqual({ many: 300, large: 5, echoed: 5, after: 200 });
      });
    });
  }

  test.if(needs('nghttp'))('nghttp loads what belongs together', async () => {
    await withGateway(async (url) => {
      const text = await output('nghttp', '-nsv', `${url}/some`, `${url}/large`);
      expect(text.match(/:status: 200/g)?.length).toBe(2);
      expect(text).toContain('SETTINGS_ENABLE_CONNECT_PROTOCOL');
    });
  });

  // It has sent its head, and takes a reset before it has sent its body for a failure.
  test.if(needs('curl'))('curl gets every answer that does not wait for its body', async () => {
    using origin = new Origin('a', answer);
    await using files = await MadeCertificate.make('a.test', 2);
    const refusing = '    policies: [{ maintenance: { active: true } }]\n';
    const tls = `tls: { cert_file: "${files.cert}", key_file: "${files.key}" }\n`;
    await using gateway = await GatewayProcess.start(tls + uncheckedTenant('/', [origin], refusing));
    const url = `https://127.0.0.1:${gateway.port}/`;
    const words = ['-sk', '--http2', '-o', '/dev/null', '-w', '%{http_code} %{http_version}', '--data', 'user=root'];
    const answers = new Set<string>();
    for (let time = 0; time < 50; time++) answers.add(await output('curl', ...words, url));
    expect([...answers]).toEqual(['503 2']);
  });

  test.if(needs('h2load'))('h2load fails at nothing, also while the configuration is put in force again', async () => {
    await withGateway(async (url, gateway) => {
      const load = output('h2load', '-n3000', '-c10', '-m10', `${url}/some`);
      gateway.signal('SIGHUP');
      await until(() => gateway.errors.includes('configuration reloaded'), 'it is in force');
      expect(await load).toContain('3000 succeeded, 0 failed, 0 errored, 0 timeout');
    });
  });
});
