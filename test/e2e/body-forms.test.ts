// How a chunked response reaches clients of HTTP/1.1 and 1.0, as it is and changed on its way.
import { describe, expect, test } from 'bun:test';
import { gunzipSync } from 'node:zlib';
import { GatewayProcess } from '../support/gateway-process.ts';
import { RawClient } from '../support/raw-client.ts';
import { RawOrigin } from '../support/raw-origin.ts';
import { parseChunked } from '../support/reference-parser.ts';
import { uncheckedTenant } from '../support/yaml.ts';

const TEXT = 'the same line again and again\n'.repeat(100);
const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n';
const CHUNKS = `${TEXT.length.toString(16)};x=y\r\n${TEXT}\r\n0\r\n`;
const TAKES_TRAILERS = 'Connection: TE\r\nTE: trailers\r\n';

/** What the client receives after its head, and the head. */
async function exchange(request: string, response: string): Promise<{ readonly head: string; readonly body: string }> {
  await using origin = await RawOrigin.start('a');
  await using gateway = await GatewayProcess.start(uncheckedTenant('/', [origin]));
  using client = await RawClient.open(gateway.port);
  await client.send(request);
  await (await origin.asked()).send(response);
  const isWhole = ({ received, peer }: RawClient) =>
    peer !== 'open' || (received.endsWith('\r\n\r\n') && received.includes('\r\n0\r\n'));
  expect(await client.until(isWhole, 5000)).toBe(true);
  const at = client.received.indexOf('\r\n\r\n');
  return { head: client.received.slice(0, at), body: client.received.slice(at + 4) };
}

describe('a response in chunks', () => {
  test('reaches an HTTP/1.1 client in chunks, with the trailers that it takes', async () => {
    const { body } = await exchange(
      `GET / HTTP/1.1\r\nHost: x\r\n${TAKES_TRAILERS}\r\n`,
      `${HEAD}Trailer: X-Sum\r\n\r\n${CHUNKS}X-Sum: 1\r\n\r\n`,
    );
    expect(parseChunked(body)).toMatchObject({
      kind: 'message',
      message: { body: TEXT, trailers: [{ name: 'X-Sum', value: '1' }] },
    });
  });

  test('reaches an HTTP/1.0 client without chunks and trailers, to the end of its connection', async () => {
    const { head, body } = await exchange('GET / HTTP/1.0\r\nHost: x\r\n\r\n', `${HEAD}\r\n${CHUNKS}X-Sum: 1\r\n\r\n`);
    expect(head).not.toContain('Transfer-Encoding');
    expect(head).toContain('Connection: close');
    expect(body).toBe(TEXT);
  });

  test('keeps its trailers when it is compressed', async () => {
    const { head, body } = await exchange(
      `GET / HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n${TAKES_TRAILERS}\r\n`,
      `${HEAD}Trailer: X-Sum\r\n\r\n${CHUNKS}X-Sum: 1\r\n\r\n`,
    );
    expect(head).toContain('Content-Encoding: gzip');
    const parsed = parseChunked(body);
    if (parsed.kind !== 'message') throw new Error(`no body: ${parsed.kind}`);
    expect(gunzipSync(Buffer.from(parsed.message.body, 'latin1')).toString()).toBe(TEXT);
    expect(parsed.message.trailers).toEqual([{ name: 'X-Sum', value: '1' }]);
  });

  test('is compressed for an HTTP/1.0 client, too', async () => {
    const { head, body } = await exchange(
      'GET / HTTP/1.0\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n',
      `${HEAD}\r\n${CHUNKS}\r\n`,
    );
    expect(head).toContain('Content-Encoding: gzip');
    expect(head).not.toContain('Transfer-Encoding');
    expect(gunzipSync(Buffer.from(body, 'latin1')).toString()).toBe(TEXT);
  });
});
