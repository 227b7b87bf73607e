// Trailers of requests, where policies tell backends who a client is.
import { expect, test } from 'bun:test';
import { createHash } from 'node:crypto';
import { GatewayProcess } from '../support/gateway-process.ts';
import { RawClient } from '../support/raw-client.ts';
import { RawOrigin } from '../support/raw-origin.ts';

const HASH = createHash('sha256').update('secret').digest('hex');

test('no trailer says who a client is, in any spelling, on no route, and not in a copy', async () => {
  await using origin = await RawOrigin.start('a');
  await using other = await RawOrigin.start('b');
  const key = { api_key: { keys: [{ id: 'anna', hash: `sha256:${HASH}` }], forward: { headers: { 'X-User': 'id' } } } };
  await using gateway = await GatewayProcess.start(`tenants:
  - name: shop
    domains: [shop.test]
    request_trailers: true
    services: [{ name: a, url: "${origin.url}", health: "" }]
    pools: { copies: { services: [{ name: b, url: "${other.url}", health: "" }] } }
    policies: [{ mirror: { to: copies, methods: [POST] } }]
    routes: [{ match: { path: "/api/*" }, pool: default, policies: [${JSON.stringify(key)}] }]
`);
  for (const [at, path] of ['/', '/api/x'].entries()) {
    using client = await RawClient.open(gateway.port);
    const trailers = ['X-User', 'x_user', 'X.User', 'X-Sum'].map((name) => `${name}: evil\r\n`).join('');
    await client.send(
      `POST ${path} HTTP/1.1\r\nHost: shop.test\r\nX-Api-Key: secret\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n${trailers}\r\n`,
    );
    for (const asked of [await origin.asked(at), await other.asked(at)]) {
      expect(await asked.until(({ received }) => received.endsWith('0\r\nX-Sum: evil\r\n\r\n'), 5000)).toBe(true);
      await asked.send('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
    }
  }
});
