// Calls of gRPC through the gateway: the npm package `@grpc/grpc-js` at both ends, in Node.js processes.
import { describe, expect, test } from 'bun:test';
import { GatewayProcess } from '../support/gateway-process.ts';
import { NodeProgram, hasNode } from '../support/node-program.ts';
import { freePort } from '../support/ports.ts';

const startServer = () => NodeProgram.listening('grpc-echo.mjs', 'server');

function config(port: number, backend: number | string, more = ''): string {
  return `listeners:
  - { address: "127.0.0.1:${port}", h2c: true }
tenants:
  - name: main
    path_prefix: "/"
${more}    services:
      - { name: a, url: "http://127.0.0.1:${backend}", protocol: h2 }
      - { name: b, url: "http://127.0.0.1:${backend}", protocol: h2 }
`;
}

type Call = { readonly outcome: unknown; readonly millis: number };

describe.if(hasNode)('a call of gRPC', () => {
  test('of any kind goes through, with its trailers, statuses and deadline', async () => {
    await using server = await startServer();
    const port = freePort();
    await using gateway = await GatewayProcess.start(config(port, server.port));
    await using client = NodeProgram.start('grpc-echo.mjs', 'client', `127.0.0.1:${port}`);
    expect(gateway.output).not.toContain('internal');
    expect(await client.report()).toEqual({
      unary: { outcome: 'ok', answer: 'hello', trailer: 'n' },
      fail: { outcome: { code: 5, details: 'as you wish: é' } },
      // The first backend has answered with nothing but the status UNAVAILABLE.
      flaky: { outcome: 'ok', answer: 'call 2' },
      hang: { outcome: { code: 4, details: expect.any(String) } },
      download: 20,
      upload: '500000',
      chat: 'say 9',
      many: 200,
    });
    expect(server.output).toContain('hang bounded');
  });

  test('is told of failures of the gateway in its own words', async () => {
    const timeouts = '    timeouts: { queue: 50ms }\n';
    const port = freePort();
    await using gateway = await GatewayProcess.start(config(port, freePort(), timeouts));
    await using client = NodeProgram.start('grpc-echo.mjs', 'client', `127.0.0.1:${port}`);
    expect(gateway.output).not.toContain('internal');
    const { unary } = (await client.report()) as { unary: unknown };
    expect(unary).toMatchObject({ outcome: { code: 14, details: expect.stringContaining('connect-refused') } });
  });

  test('to a backend that is silent ends with DEADLINE_EXCEEDED when the gateway has waited for long enough', async () => {
    await using server = await startServer();
    const port = freePort();
    await using gateway = await GatewayProcess.start(
      config(port, server.port, '    timeouts: { first_byte: 1s }\n').replaceAll(
        'protocol: h2',
        'protocol: h2, health: ""',
      ),
    );
    await using client = NodeProgram.start('grpc-echo.mjs', 'call', `127.0.0.1:${port}`, 'hang');
    const { outcome, millis } = (await client.report()) as Call;
    expect(outcome).toEqual({ code: 4, details: expect.stringContaining('first-byte-timeout') });
    expect(millis).toBeGreaterThan(900);
    expect(millis).toBeLessThan(5000);
    // Nobody knows what it has done: no other backend has got the call.
    expect(server.output.match(/hang unbounded/g)).toHaveLength(1);
    expect(gateway.errors).not.toContain('internal');
  });

  test('ends when the time is over that its client gives it, however long the gateway would wait', async () => {
    await using server = await startServer();
    const port = freePort();
    await using gateway = await GatewayProcess.start(
      config(port, server.port).replaceAll('protocol: h2', 'protocol: h2, health: ""'),
    );
    await using warm = NodeProgram.start('grpc-echo.mjs', 'call', `127.0.0.1:${port}`, 'unary');
    expect(await warm.report()).toMatchObject({ outcome: 'ok' });
    // The server knows the time as well, and would end the call by itself.
    server.freeze();
    await using client = NodeProgram.start('grpc-echo.mjs', 'call', `127.0.0.1:${port}`, 'hang', '700m');
    const { outcome, millis } = (await client.report()) as Call;
    expect(outcome).toMatchObject({ code: 4, details: expect.stringContaining('deadline-exceeded') });
    expect(millis).toBeGreaterThan(600);
    expect(millis).toBeLessThan(5000);
    expect(gateway.errors).not.toContain('internal');
  });
});
