// Small bodies are read before a place at a backend is taken.
import { describe, expect, test } from 'bun:test';
import { tenantOf, untilEligible } from '../support/admin.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { RawClient } from '../support/raw-client.ts';
import { until } from '../support/until.ts';
import { pathTenant, uncheckedTenant } from '../support/yaml.ts';

const HEAD = 'POST /x HTTP/1.1\r\nHost: a.test\r\n';

describe('a small body', () => {
  test('takes no place while it comes where places are scarce, and arrives whole', async () => {
    using a = new Origin('a');
    const two = '    pool: { max_connections: 2 }\n';
    await using gateway = await GatewayProcess.start(pathTenant('/', [a], two));
    await untilEligible(gateway, 1);
    const clients = await Promise.all(Array.from({ length: 5 }, () => RawClient.open(gateway.port)));
    for (const client of clients) {
      await client.send(`${HEAD}Content-Length: 10\r\n\r\nhello`);
      // Two at once, in two processes, may both see a place that is free: the second comes when the first has its own.
      await until(async () => (await tenantOf(gateway)).backends[0]?.in_flight === 1, 'one has a place');
    }
    for (let request = 0; request < 5; request++) expect((await fetch(`${gateway.url}/y`)).status).toBe(200);
    expect((await tenantOf(gateway)).backends[0]?.in_flight).toBe(1);
    for (const client of clients) {
      await client.send('world', { kind: 'bytes' });
      await until(() => client.received.includes('"body":"helloworld"'), 'it is answered');
      client[Symbol.dispose]();
    }
  });

  test('is left to the backend where the client waits for its 100', async () => {
    using a = new Origin('a', async (request) => new Response(await request.text()));
    const one = '    pool: { max_connections: 1 }\n';
    await using gateway = await GatewayProcess.start(uncheckedTenant('/', [a], one));
    using client = await RawClient.open(gateway.port);
    await client.send(`${HEAD}Content-Length: 5\r\nExpect: 100-continue\r\n\r\n`);
    await until(() => a.requests === 1, 'the backend is asked');
    await client.send('hello');
    await until(() => client.received.endsWith('hello'), 'it is answered');
  });

  test('is sent again, although it came in many pieces', async () => {
    using a = new Origin('a', () => new Response('busy', { status: 503 }));
    using b = new Origin('b');
    const first = '    balance: first\n    outlier_ejection: { enabled: false }\n';
    await using gateway = await GatewayProcess.start(uncheckedTenant('/', [a, b], first));
    using client = await RawClient.open(gateway.port);
    await client.send(`PUT /x HTTP/1.1\r\nHost: a.test\r\nContent-Length: 6000\r\n\r\n`);
    const body = '012345'.replaceAll(/./g, (digit) => digit.repeat(1000));
    await client.send(body, { kind: 'bytes' });
    await until(() => client.received.includes(`"body":"${body}"`), 'it is answered');
    expect(client.received).toContain('"origin":"b"');
  });
});

test('a body that is too long for it flows while it comes', async () => {
  let arrived = 0;
  using a = new Origin('a', async (request) => {
    for await (const chunk of request.body ?? []) arrived += chunk.length;
    return new Response('done');
  });
  const small = '    pool: { request_buffer: 8B, max_connections: 2 }\n';
  await using gateway = await GatewayProcess.start(uncheckedTenant('/', [a], small));
  using first = await RawClient.open(gateway.port);
  using second = await RawClient.open(gateway.port);
  for (const client of [first, second]) await client.send(`${HEAD}Content-Length: 10\r\n\r\nhello`);
  await until(() => arrived === 10, 'both first halves have arrived');
  for (const client of [first, second]) await client.send('world');
  await until(() => second.received.includes('done'), 'it is answered');
});
