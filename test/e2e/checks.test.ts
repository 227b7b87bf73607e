// Checks of every kind against real backends, in the real program.
import { describe, expect, test } from 'bun:test';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GatewayProcess } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { accepts, freePort } from '../support/ports.ts';
import { isAlive } from '../support/processes.ts';
import { needs } from '../support/programs.ts';
import { RawOrigin } from '../support/raw-origin.ts';
import { type RealServer, startHaproxy, startNginx, startNode } from '../support/real-servers.ts';
import { until } from '../support/until.ts';
import { becomes, checked, verdicts } from '../support/verdicts.ts';

describe('an http check', () => {
  test('sees an error page that calls itself a success, and a new expectation after a reload', async () => {
    using well = new Origin('well', () => new Response('{"status": "ok"}'));
    using ill = new Origin('ill', () => new Response('<p>no database</p>'));
    const expecting = (regex: string) => checked(`path: /h, expect_body: { matches: '${regex}' }`, [well, ill]);
    await using gateway = await GatewayProcess.start(expecting('"status": "ok"'));
    const found = await verdicts(gateway);
    expect(found['well']).toStartWith('healthy: health check: status 200');
    expect(found['ill']).toStartWith('unhealthy: health check: status 200; the body is not as expected');
    await gateway.rewrite(expecting('database'));
    gateway.signal('SIGHUP');
    await becomes(gateway, 'well', 'unhealthy');
    await becomes(gateway, 'ill', 'healthy');
  });

  test('sends what it is told to, to the port that it is told', async () => {
    using served = new Origin('served');
    using asked = new Origin('asked', async (request) => {
      const isRight = request.headers.get('x-key') === 'a "secret"' && (await request.text()) === '{"full":true}';
      return new Response('', { status: isRight && request.headers.get('host') === 'shop.internal' ? 200 : 500 });
    });
    const check = `path: /h, method: POST, host: shop.internal, port: ${asked.port}, headers: { X-Key: "\${KEY}" }, body: '{"full":true}'`;
    await using gateway = await GatewayProcess.start(checked(check, [served]), { KEY: 'a "secret"' });
    expect((await verdicts(gateway))['served']).toStartWith('healthy');
    expect(gateway.errors + gateway.output).not.toContain('secret');
  });

  test('may take a 404 for a farewell', async () => {
    let isLeaving = false;
    using origin = new Origin('a', () => new Response('', { status: isLeaving ? 404 : 200 }));
    await using gateway = await GatewayProcess.start(checked('path: /h, drain_on_404: true', [origin]));
    await becomes(gateway, 'a', 'healthy');
    isLeaving = true;
    for (let n = 0; n < 3; n++) expect((await verdicts(gateway))['a']).toStartWith('healthy');
  });

  test.skipIf(!needs('nginx', 'haproxy'))('understands real servers, whatever framing they choose', async () => {
    await using nginx: RealServer = await startNginx();
    await using haproxy: RealServer = await startHaproxy();
    await using node: RealServer = await startNode();
    const check = "expect_body: { matches: '^hello' }, expect_header: [{ name: Date, contains: GMT }]";
    await using gateway = await GatewayProcess.start(checked(check, [nginx, haproxy, node], '/hello'));
    for (const verdict of Object.values(await verdicts(gateway))) expect(verdict).toStartWith('healthy');
  });
});

describe.skipIf(!needs('openssl'))('a check over TLS', () => {
  test('asks for the name and takes the certificates that it is told to', async () => {
    await using server = await startTls();
    const name = 'certified.example';
    const check = (options: string): string =>
      checked(options, [{ name: 'a', url: `http://127.0.0.1:${server.port}` }]);
    const verdictOf = async (yaml: string, environment: Record<string, string> = {}): Promise<string | undefined> => {
      await using gateway = await GatewayProcess.start(yaml, environment);
      return (await verdicts(gateway))['a'];
    };
    const trusting = { NODE_EXTRA_CA_CERTS: server.certificate };
    const tls = (more: string): string => check(`path: /, tls: { enabled: true${more} }`);
    expect(await verdictOf(tls(', verify: false'))).toStartWith('healthy: health check: status 200');
    expect(await verdictOf(tls(', verify: false, server_name: x.example'))).toStartWith('healthy');
    expect(await verdictOf(tls(''))).toStartWith('unhealthy: health check: tls-failed');
    expect(await verdictOf(tls(`, server_name: ${name}`), trusting)).toStartWith('healthy');
    expect(await verdictOf(tls(', server_name: other.example'), trusting)).toStartWith(
      'unhealthy: health check: tls-failed',
    );
    expect(await verdictOf(check(`path: /, host: "${name}:443", tls: { enabled: true }`), trusting)).toStartWith(
      'healthy',
    );
    expect(await verdictOf(check('type: tcp, tls: { enabled: true, verify: false }'))).toStartWith('healthy');
    expect(await verdictOf(check('type: tcp, tls: { enabled: true }'))).toStartWith(
      'unhealthy: health check: tls-failed',
    );
  });
});

test('a check over TLS that doubts no certificate still wants TLS', async () => {
  await using plain = await RawOrigin.start('plain', (socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.write('this is no TLS'));
  });
  await using hasty = await RawOrigin.start('hasty', (socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.destroy());
  });
  const check = 'type: tcp, tls: { enabled: true, verify: false }';
  await using gateway = await GatewayProcess.start(checked(check, [plain, hasty]));
  for (const verdict of Object.values(await verdicts(gateway))) expect(verdict).toStartWith('unhealthy');
});

describe('a tcp check', () => {
  test('talks to a server that speaks no HTTP', async () => {
    await using redis = await RawOrigin.start('redis', (socket) => {
      socket.on('error', () => {});
      socket.on('data', (data) => socket.write(data.toString() === 'PING\r\n' ? '+PONG\r\n' : '-ERR\r\n'));
    });
    await using other = await RawOrigin.start('other', (socket) => {
      socket.on('error', () => {});
      socket.end('-LOADING\r\n');
    });
    const check = "type: tcp, send: 'PING\\r\\n', expect: '+PONG\\r\\n'";
    await using gateway = await GatewayProcess.start(checked(check, [redis, other]));
    const found = await verdicts(gateway);
    expect(found['redis']).toStartWith('healthy: health check: answered as expected');
    expect(found['other']).toStartWith('unhealthy: health check: the answer is not as expected');
  });
});

describe('an exec check', () => {
  test('believes its program, and kills it when its time is up', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'keystone-test-'));
    const program = join(directory, 'check');
    const lines = [
      '#!/bin/sh',
      'case "$KEYSTONE_BACKEND_NAME" in',
      'a) echo "$GREETING $1 at $KEYSTONE_BACKEND_PORT";;',
    ];
    const pid = join(directory, 'pid');
    const last = `*) echo $$ > ${pid}; sleep 1000;;`;
    await writeFile(program, [...lines, 'b) echo broken >&2; exit 1;;', last, 'esac', ''].join('\n'));
    await chmod(program, 0o755);
    using origin = new Origin('a');
    const places = ['a', 'b', 'c'].map((name) => ({ name, url: origin.url }));
    const check = `type: exec, command: ["${program}", "a b; c"], environment: { GREETING: hi }`;
    await using gateway = await GatewayProcess.start(checked(check, places));
    const found = await verdicts(gateway);
    expect(found['a']).toStartWith(`healthy: health check: exit status 0: hi a b; c at ${origin.port}`);
    expect(found['b']).toStartWith('unhealthy: health check: exit status 1: broken');
    expect(found['c']).toStartWith('unhealthy: health check: no answer within 900ms');
    gateway.signal('SIGTERM');
    await gateway.exited;
    const leader = (await readFile(pid, 'utf8')).trim();
    await until(async () => !(await isAlive(Number(leader))), 'the last program is gone with the gateway');
    await rm(directory, { recursive: true });
  });
});

type TlsServer = AsyncDisposable & { readonly port: number; readonly certificate: string };

/** openssl's own server, with a self-signed certificate for certified.example. */
async function startTls(): Promise<TlsServer> {
  const directory = await mkdtemp(join(tmpdir(), 'keystone-test-'));
  const [certificate, key] = [join(directory, 'cert.pem'), join(directory, 'key.pem')];
  const words = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  const name = ['-subj', '/CN=certified.example', '-addext', 'subjectAltName=DNS:certified.example'];
  const made = Bun.spawn(['openssl', ...words, ...name, '-keyout', key, '-out', certificate], { stderr: 'ignore' });
  expect(await made.exited).toBe(0);
  const port = freePort();
  const options = ['-accept', `127.0.0.1:${port}`, '-cert', certificate, '-key', key, '-www', '-quiet'];
  const child = Bun.spawn(['openssl', 's_server', ...options], { stdin: 'ignore', stdout: 'ignore', stderr: 'ignore' });
  await until(() => accepts(port), 'openssl listens');
  const dispose = async (): Promise<void> => {
    child.kill('SIGKILL');
    await child.exited;
    await rm(directory, { recursive: true });
  };
  return { port, certificate, [Symbol.asyncDispose]: dispose };
}
