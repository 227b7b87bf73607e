// Calls of browsers (gRPC-Web) through the gateway to a server of the npm package `@grpc/grpc-js`: by the npm packages
// `@connectrpc/connect-web` in Node.js and `grpc-web` in Chromium.
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'bun:test';
import { GatewayProcess } from '../support/gateway-process.ts';
import { NodeProgram, hasNode } from '../support/node-program.ts';
import { freePort } from '../support/ports.ts';
import { needs } from '../support/programs.ts';
import { chromiumDom } from '../support/chromium.ts';

const startServer = (...words: readonly string[]) => NodeProgram.listening('grpc-web.mjs', 'server', ...words);

function config(port: number, backend: number | string, more = ''): string {
  return `listeners:
  - { address: "127.0.0.1:${port}", h2c: true }
tenants:
  - name: main
    path_prefix: "/"
${more}    policies:
      - grpc_web: {}
    services: [{ name: a, url: "http://127.0.0.1:${backend}", protocol: h2 }]
`;
}

describe.if(hasNode)('a call of a browser', () => {
  test('goes through, with its trailers, statuses and deadline, and each message as it comes', async () => {
    await using server = await startServer();
    const port = freePort();
    await using gateway = await GatewayProcess.start(config(port, server.port));
    await using client = NodeProgram.start('grpc-web.mjs', 'client', `http://127.0.0.1:${port}`);
    expect(await client.report()).toEqual({
      unary: 'hello',
      trailers: 'n',
      binary: 'héllo',
      large: 1_000_000,
      fail: { code: 'NotFound', message: 'as you wish: é' },
      hang: { code: 'DeadlineExceeded', message: expect.any(String) },
      download: 20,
      broken: { code: 'DataLoss', message: 'lost' },
      many: 100,
    });
    expect(server.output).toContain('hang bounded');
    expect(gateway.output).not.toContain('internal');
  });
});

const CLIENT = fileURLToPath(import.meta.resolve('grpc-web'));

// Messages are StringValue of protobuf, of less than 128 bytes.
const PAGE = `<!doctype html><title>calls</title><body><p id="told"></p><script>var exports = {};</script><script src="/client.js"></script><script>
const web = exports;
const told = {};
const show = () => { document.getElementById('told').textContent = JSON.stringify(told); };
onerror = (what) => { told.error = String(what); show(); };
const write = (text) => Uint8Array.from([10, text.length, ...new TextEncoder().encode(text)]);
const read = (bytes) => new TextDecoder().decode(bytes.slice(2));
const method = (name, type) => new web.MethodDescriptor('/test.Echo/' + name, type, String, String, write, read);
const call = (format, name, text) => new Promise((resolve) => {
  const made = method(name, web.MethodType.UNARY);
  new web.GrpcWebClientBase({ format }).rpcCall('/test.Echo/' + name, text, {}, made, (error, answer) =>
    resolve(error === null ? answer : error.code + ' ' + error.message));
});
const download = () => new Promise((resolve) => {
  const made = method('Download', web.MethodType.SERVER_STREAMING);
  const parts = [];
  const stream = new web.GrpcWebClientBase({ format: 'text' }).serverStreaming('/test.Echo/Download', '20', {}, made);
  stream.on('data', (part) => { parts.push(part); if (parts.length === 1) call('text', 'Unary', 'go on'); });
  stream.on('error', (error) => resolve(error.message));
  stream.on('end', () => resolve(parts.length));
});
const run = async () => {
  told.text = await call('text', 'Unary', 'hello');
  told.binary = await call('binary', 'Unary', 'hello');
  told.fail = await call('text', 'Fail', '5');
  told.download = await download();
};
run().catch((error) => { told.error = String(error); }).then(show);
</script>`;

describe.skipIf(!hasNode || !needs('chromium'))('a page', () => {
  test('calls in Base64 and in binary, and gets each message as it comes', async () => {
    await using server = await startServer();
    const port = freePort();
    const page = `      - static: { body: ${JSON.stringify(PAGE)}, content_type: text/html }
        when: { paths: [/page] }
      - static: { file: ${JSON.stringify(CLIENT)}, content_type: text/javascript }
        when: { paths: [/client.js] }
`;
    await using gateway = await GatewayProcess.start(
      config(port, server.port).replace('      - grpc_web', `${page}      - grpc_web`),
    );
    const dom = await chromiumDom(`http://127.0.0.1:${port}/page`);
    const told: unknown = JSON.parse(/<p id="told">(.*?)<\/p>/.exec(dom)?.[1] ?? 'null');
    expect(told).toEqual({ text: 'hello', binary: 'hello', fail: '5 as you wish: é', download: 20 });
    expect(gateway.errors).not.toContain('internal');
  });
});

/** What a frame with trailers says; null: it is none. */
function trailersIn(body: Uint8Array): string | null {
  return body[0] === 0x80 ? Buffer.from(body.subarray(5)).toString() : null;
}

const HELLO = Uint8Array.of(0, 0, 0, 0, 7, 10, 5, ...Buffer.from('hello'));

function ask(
  port: number,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Readonly<Record<string, string>>,
): Promise<Response> {
  return fetch(`http://127.0.0.1:${port}/test.Echo/Unary`, { method: 'POST', headers, body });
}

describe('what a browser is told', () => {
  test('in Base64 is what it has asked for in Base64', async () => {
    await using server = await startServer();
    const port = freePort();
    await using gateway = await GatewayProcess.start(
      config(port, server.port).replace('grpc_web: {}', 'grpc_web: { max_text: 1KiB }'),
    );
    const type = 'application/grpc-web-text';
    // Two texts, each padded.
    const text = btoa(String.fromCharCode(...HELLO.subarray(0, 4))) + btoa(String.fromCharCode(...HELLO.subarray(4)));
    const answer = await ask(port, text, { 'content-type': type, accept: type });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, `${type}+proto`]);
    const parts = (await answer.text()).match(/[^=]+=*/g) ?? [];
    const body = Buffer.concat(parts.map((part) => Buffer.from(part, 'base64')));
    expect(body.subarray(0, HELLO.length)).toEqual(Buffer.from(HELLO));
    expect(trailersIn(body.subarray(HELLO.length))).toContain('grpc-status: 0\r\n');
    const wrong = await ask(port, 'no Base64', { 'content-type': type, accept: 'application/grpc-web' });
    expect(trailersIn(await wrong.bytes())).toContain('grpc-status: 3\r\n');
    const large = await ask(port, 'A'.repeat(2000), { 'content-type': type, accept: 'application/grpc-web' });
    expect(trailersIn(await large.bytes())).toContain('grpc-status: 8\r\n');
    expect(gateway.errors).not.toContain('internal');
  });

  test('of failures of the gateway is a status in the body, with the fields of CORS', async () => {
    const port = freePort();
    const cors = '    policies:\n      - cors: { origins: ["https://app.test"] }\n      - grpc_web: {}\n';
    const text = config(port, freePort(), '    timeouts: { queue: 50ms }\n').replace(/ {4}policies:\n.*\n/, cors);
    await using gateway = await GatewayProcess.start(text);
    const headers = { 'content-type': 'application/grpc-web+proto', origin: 'https://app.test' };
    const answer = await ask(port, HELLO, headers);
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://app.test');
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/grpc-web+proto']);
    expect(trailersIn(await answer.bytes())).toMatch(/^grpc-status: 14\r\ngrpc-message: .*connect-refused/);
    expect(gateway.errors).not.toContain('internal');
  });

  test('of another kind of request stays as it is', async () => {
    const port = freePort();
    await using gateway = await GatewayProcess.start(config(port, freePort(), '    timeouts: { queue: 50ms }\n'));
    const answer = await ask(port, '{}', { 'content-type': 'application/json' });
    expect(answer.status).toBe(502);
    expect(gateway.errors).not.toContain('internal');
  });
});

describe('a backend whose calls end with a status', () => {
  // A message of one field with that text, which the server ends its answer with, after a first message.
  const brokenBy = (status: string): Uint8Array<ArrayBuffer> =>
    Uint8Array.of(0, 0, 0, 0, 2 + status.length, 10, status.length, ...Buffer.from(status));

  async function reasonsAfter(status: string): Promise<readonly (string | null)[]> {
    await using server = await startServer();
    await using well = await startServer('well');
    const port = freePort();
    const service = (name: string, backend: string): string =>
      `      - { name: ${name}, url: "http://127.0.0.1:${backend}", protocol: h2 }\n`;
    const all = service('a', server.port) + service('b', well.port) + service('c', well.port);
    const text = config(port, server.port).replace(/ {4}services: .*\n/, `    services:\n${all}`);
    await using gateway = await GatewayProcess.start(text);
    for (let n = 0; n < 30; n++) {
      const headers = { 'content-type': 'application/grpc-web+proto' };
      const url = `http://127.0.0.1:${port}/test.Echo/Broken`;
      const answer = await fetch(url, { method: 'POST', headers, body: brokenBy(status) });
      expect(Buffer.from(await answer.bytes()).toString()).toMatch(new RegExp(`grpc-status: (${status}|0)\r\n`));
    }
    const { tenants } = (await (await fetch(`${gateway.admin}/tenants`)).json()) as {
      tenants: { backends: { reason: string | null }[] }[];
    };
    return tenants[0]?.backends.map(({ reason }) => reason) ?? [];
  }

  test.each([
    ['14', true],
    ['4', false],
    ['13', false],
  ])('%s in trailers: it is ejected: %p', async (status, isEjected) => {
    const reasons = await reasonsAfter(status);
    expect(reasons.length).toBe(3);
    expect(reasons.some((reason) => reason?.includes('bad results in a row') === true)).toBe(isEjected);
  });
});
