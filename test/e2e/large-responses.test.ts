// Responses of which the head and a large part of the body leave in one system call, on plain connections: what the client gets is
// whole and in order, however much the kernel takes at once, and however the connection is used.
import { describe, expect, test } from 'bun:test';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { FIRST } from '../support/certificates.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { RawClient } from '../support/raw-client.ts';
import { RawOrigin } from '../support/raw-origin.ts';
import { untilItRests } from '../support/until.ts';
import { uncheckedTenant } from '../support/yaml.ts';

const BOUND = 10_000;
const BODY = Array.from({ length: 4096 }, (_, n) => `line ${String(n).padStart(10, '0')}\n`).join('');
// As nginx answers: no line that is left out has room for the id.
const FIELDS = `Date: today\r\nContent-Length: ${BODY.length}\r\n`;
const ANSWER = `HTTP/1.1 200 OK\r\n${FIELDS}Connection: keep-alive\r\nETag: "1"\r\n\r\n`;
const ID = 'X-Request-Id: ';

const request = (method: string, fields = ''): string => `${method} / HTTP/1.1\r\nHost: a.test\r\n${fields}\r\n`;

function tenant(origin: RawOrigin & { readonly url: string }): string {
  return `compression: { enabled: false }\n${uncheckedTenant('/', [origin])}`;
}

/** Answers each request in one write, and counts them. */
function serving(served = { answers: 0 }): Promise<RawOrigin & { readonly url: string }> {
  return RawOrigin.start('large', (socket: Socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => {
      for (const asked of bytes.toString('latin1').split('\r\n\r\n').slice(0, -1)) {
        served.answers++;
        if (asked.startsWith('HEAD')) socket.write(ANSWER);
        else if (asked.includes('unchanged'))
          socket.write('HTTP/1.1 304 Not Modified\r\nDate: today\r\nETag: "1"\r\n\r\n');
        else socket.write(ANSWER + BODY);
      }
    });
  });
}

/** The responses with their ids taken out, each of which must be there. */
function withoutIds(received: string): { readonly text: string; readonly ids: number } {
  const parts = received.split(new RegExp(`${ID}[0-9a-f]{24}\r\n`));
  return { text: parts.join(''), ids: parts.length - 1 };
}

const HEAD = `HTTP/1.1 200 OK\r\n${FIELDS}ETag: "1"\r\n\r\n`;

describe('a response with a large body', () => {
  test('comes whole, with its id, one after the other and among those without a body', async () => {
    await using origin = await serving();
    await using gateway = await GatewayProcess.start(tenant(origin));
    using client = await RawClient.open(gateway.port);
    const unchanged = 'HTTP/1.1 304 Not Modified\r\nDate: today\r\nETag: "1"\r\n\r\n';
    const asked = [
      request('GET'),
      request('HEAD'),
      request('GET'),
      request('GET', 'X-Case: unchanged\r\n'),
      request('GET'),
    ];
    await client.send(asked.join(''));
    const expected = HEAD + BODY + HEAD + HEAD + BODY + unchanged + HEAD + BODY;
    await client.until(({ received }) => withoutIds(received).text.length >= expected.length, BOUND);
    expect(withoutIds(client.received)).toEqual({ text: expected, ids: asked.length });
  });

  test('comes whole where the client reads later than it asks', async () => {
    const served = { answers: 0 };
    await using origin = await serving(served);
    await using gateway = await GatewayProcess.start(tenant(origin));
    using client = await RawClient.open(gateway.port);
    const count = 100;
    client.pause();
    await client.send(request('GET').repeat(count));
    await untilItRests(() => served.answers, 'the origin is asked no more');
    expect(served.answers).toBeLessThan(count);
    client.resume();
    const expected = (HEAD + BODY).repeat(count);
    await client.until(({ received }) => received.length >= expected.length + count * (ID.length + 26), BOUND);
    expect(withoutIds(client.received)).toEqual({ text: expected, ids: count });
  });

  test('is cut where the client leaves, and others are served', async () => {
    await using origin = await serving();
    await using gateway = await GatewayProcess.start(tenant(origin));
    for (let n = 0; n < 20; n++) {
      using client = await RawClient.open(gateway.port);
      client.pause();
      await client.send(request('GET').repeat(20));
      client.reset();
    }
    expect(await (await fetch(gateway.url)).text()).toBe(BODY);
  });

  test('is never sent past TLS', async () => {
    await using origin = await serving();
    const directory = await mkdtemp(join(tmpdir(), 'keystone-test-'));
    try {
      await writeFile(join(directory, 'c.pem'), FIRST.certificate);
      await writeFile(join(directory, 'k.pem'), FIRST.key);
      const tls = `tls: { cert_file: ${directory}/c.pem, key_file: ${directory}/k.pem }\n`;
      await using gateway = await GatewayProcess.start(tls + tenant(origin));
      const socket = connect({ port: gateway.port, host: '127.0.0.1', rejectUnauthorized: false });
      using client = RawClient.over(socket);
      await client.send(request('GET').repeat(3));
      const expected = (HEAD + BODY).repeat(3);
      await client.until(({ received }) => withoutIds(received).text.length >= expected.length, BOUND);
      expect(withoutIds(client.received)).toEqual({ text: expected, ids: 3 });
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
