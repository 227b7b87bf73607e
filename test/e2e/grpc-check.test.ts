// The grpc check in the real program, against an independent gRPC server and against servers that do not speak gRPC.
import { describe, expect, test } from 'bun:test';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FIRST } from '../support/certificates.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { NodeProgram, hasNode } from '../support/node-program.ts';
import { needs } from '../support/programs.ts';
import { RawOrigin } from '../support/raw-origin.ts';
import { type RealServer, startNginx, startNode } from '../support/real-servers.ts';
import { becomes, checked, verdicts } from '../support/verdicts.ts';

type Server = { readonly program: NodeProgram; readonly name: string; readonly url: string };

async function serve(name: string, ...words: readonly string[]): Promise<Server & AsyncDisposable> {
  const program = NodeProgram.start('grpc-server.mjs', ...words);
  const [, port = ''] = await program.said(/^listening (\d+)$/m);
  return {
    program,
    name,
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}

async function verdictOf(server: Server, check: string, environment: Record<string, string> = {}): Promise<string> {
  await using gateway = await GatewayProcess.start(checked(`type: grpc, ${check}`, [server]), environment);
  const verdict = (await verdicts(gateway))[server.name] ?? '';
  expect(gateway.output + gateway.errors + verdict).not.toContain('hunter2');
  return verdict;
}

describe.skipIf(!hasNode)('a grpc check', () => {
  test('follows what a server says of itself', async () => {
    await using server = await serve('a', 'plain');
    await using gateway = await GatewayProcess.start(checked('type: grpc, rise: 1', [server]));
    await becomes(gateway, 'a', 'healthy: health check: SERVING');
    server.program.tell('set 2 ');
    await becomes(gateway, 'a', 'unhealthy: health check: NOT_SERVING');
    server.program.tell('set 1 ');
    await becomes(gateway, 'a', 'healthy: health check: SERVING');
    server.program.tell('set 0 ');
    await becomes(gateway, 'a', 'unhealthy: health check: UNKNOWN');
  });

  test('asks for one service, by the name and with the metadata that it is told', async () => {
    await using server = await serve('a', 'plain');
    server.program.tell('set 1 shop.v1.Cart');
    const check = 'service: shop.v1.Cart, authority: shop.internal, metadata: { x-key: "${KEY}" }';
    expect(await verdictOf(server, check, { KEY: 'hunter2-hunter2' })).toStartWith('healthy: health check: SERVING');
    await server.program.said(/^asked for "shop\.v1\.Cart" at shop\.internal with hunter2-hunter2$/m);
    expect(await verdictOf(server, 'service: other, metadata: { x-key: hunter2-hunter2 }')).toStartWith(
      'unhealthy: health check: grpc-status 5: NOT_FOUND',
    );
    expect(await verdictOf(server, 'service: silent')).toStartWith('unhealthy: health check: no answer within 900ms');
  });

  test('says that a server has no health service', async () => {
    await using server = await serve('a', 'bare');
    expect(await verdictOf(server, 'rise: 1')).toStartWith('unhealthy: health check: grpc-status 12: UNIMPLEMENTED');
  });

  test('wants a certificate that it trusts, for the name that it asks for', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'keystone-test-'));
    const [certificate, key] = [join(directory, 'cert.pem'), join(directory, 'key.pem')];
    await writeFile(certificate, FIRST.certificate);
    await writeFile(key, FIRST.key);
    await using server = await serve('a', 'tls', certificate, key);
    const trusting = { NODE_EXTRA_CA_CERTS: certificate };
    const named = (name: string) => `tls: { enabled: true, server_name: ${name} }`;
    expect(await verdictOf(server, 'tls: { enabled: true, verify: false }')).toStartWith('healthy');
    expect(await verdictOf(server, named('a.example.com'))).toStartWith('unhealthy: health check: tls-failed');
    expect(await verdictOf(server, named('a.example.com'), trusting)).toStartWith('healthy');
    expect(await verdictOf(server, named('b.example.com'), trusting)).toStartWith(
      'unhealthy: health check: tls-failed',
    );
    expect(await verdictOf(server, 'authority: "a.example.com:443", tls: { enabled: true }', trusting)).toStartWith(
      'healthy',
    );
    expect(await verdictOf(server, 'rise: 1')).toStartWith('unhealthy');
    await rm(directory, { recursive: true });
  });
});

describe('a server that knows no gRPC', () => {
  test.skipIf(!needs('nginx') || !hasNode)('is unhealthy, and the reason is told', async () => {
    await using nginx: RealServer = await startNginx();
    await using node: RealServer = await startNode();
    await using silent = await RawOrigin.start('silent', (socket) => socket.on('error', () => {}).resume());
    await using gateway = await GatewayProcess.start(checked('type: grpc', [nginx, node, silent]));
    const found = await verdicts(gateway);
    expect(found['nginx']).toStartWith('unhealthy: health check: the answer is not valid HTTP/2');
    expect(found['node']).toStartWith('unhealthy: health check: ');
    expect(found['silent']).toStartWith('unhealthy: health check: no answer within 900ms');
  });
});
