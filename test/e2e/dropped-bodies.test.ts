// What becomes of a body whose request was answered before all of it came: a little is read and dropped, and the connection
// goes on; more ends the connection, as does a body of which nobody knows how much is still to come.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { GatewayProcess } from '../support/gateway-process.ts';
import { RawClient } from '../support/raw-client.ts';
import { until } from '../support/until.ts';

const LIMIT = 1000;
let gateway: GatewayProcess;

beforeAll(async () => {
  gateway = await GatewayProcess.start(`
limits: { dropped_body: ${LIMIT}B }
tenants:
  - name: shop
    path_prefix: /
    services: [{ name: o, url: "http://127.0.0.1:1", health: "" }]
    policies:
      - static: { body: "answered" }
`);
});
afterAll(async () => await gateway[Symbol.asyncDispose]());

async function answered(client: RawClient, times = 1): Promise<string> {
  await until(() => client.received.split('answered').length === times + 1, 'it is answered');
  return client.received;
}

async function ended(client: RawClient): Promise<void> {
  await until(() => client.peer !== 'open', 'the connection ends');
  expect(client.peer).toBe('ended');
}

test('a little is dropped, and what comes behind it is the next request', async () => {
  using client = await RawClient.open(gateway.port);
  await client.send(`POST /x HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${LIMIT + 5}\r\n\r\nhello`);
  expect(await answered(client)).not.toContain('Connection: close');
  await client.send('x'.repeat(LIMIT - 1));
  await client.send('xGET /y HTTP/1.1\r\nHost: a.test\r\n\r\n');
  expect(await answered(client, 2)).not.toContain('Connection: close');
  await client.send('POST /z HTTP/1.1\r\nHost: a.test\r\nContent-Length: 2\r\n\r\nab');
  expect(await answered(client, 3)).not.toContain('Connection: close');
});

test('what looks like a request in a body that is dropped is none', async () => {
  using client = await RawClient.open(gateway.port);
  const inner = 'GET /inner HTTP/1.1\r\nHost: a.test\r\n\r\n';
  await client.send(`POST /x HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${inner.length}\r\n\r\n`);
  await answered(client);
  await client.send(`${inner}GET /y HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n`);
  await ended(client);
  expect(client.received.split('answered').length).toBe(3);
});

test.each([
  ['more than the limit', `Content-Length: ${LIMIT + 1}\r\n\r\n`],
  ['an unknown length', 'Transfer-Encoding: chunked\r\n\r\n'],
  ['a body that may never come', 'Content-Length: 5\r\nExpect: 100-continue\r\n\r\n'],
])('%s ends the connection, and the answer says so', async (_, rest) => {
  using client = await RawClient.open(gateway.port);
  await client.send(`POST /x HTTP/1.1\r\nHost: a.test\r\n${rest}`);
  expect(await answered(client)).toContain('Connection: close');
  await ended(client);
});

test('a rest that does not come ends the connection politely', async () => {
  using client = await RawClient.open(gateway.port);
  await client.send('POST /x HTTP/1.1\r\nHost: a.test\r\nContent-Length: 10\r\n\r\nhello');
  expect(await answered(client)).not.toContain('Connection: close');
  await ended(client);
});
