// Why a request failed, for operators: in the log, and in what is known of the backend.
import { describe, expect, test } from 'bun:test';
import type { BackendReport } from '../../src/admin/shapes/backend.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { RawOrigin } from '../support/raw-origin.ts';
import { until } from '../support/until.ts';
import { uncheckedTenant } from '../support/yaml.ts';

async function faults(gateway: GatewayProcess): Promise<BackendReport['faults']> {
  const report = (await (await fetch(`${gateway.admin}/backends/main/a`)).json()) as BackendReport;
  return report.faults;
}

async function answering(response: string): Promise<RawOrigin & { readonly url: string }> {
  return RawOrigin.start('a', (socket) => void socket.on('data', () => socket.write(response)));
}

describe('a response that is no HTTP', () => {
  test('is told by its rule in the log and of its backend, and by its kind to the client', async () => {
    await using origin = await answering(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n',
    );
    await using gateway = await GatewayProcess.start(`public_details: false\n${uncheckedTenant('/', [origin])}`);
    for (let times = 0; times < 3; times++) {
      const response = await fetch(gateway.url);
      expect([response.status, await response.text()]).toEqual([502, expect.stringContaining('is not valid HTTP/1.1')]);
    }
    await until(() => gateway.errors.includes('request failed'), 'it is logged');
    expect(gateway.errors).toContain('code=response-malformed reason="Transfer-Encoding appears twice"');
    expect(await faults(gateway)).toMatchObject([
      { code: 'response-malformed', reason: 'Transfer-Encoding appears twice', count: 3 },
    ]);
  });

  test('is told from one that is only larger than a limit, which is no evidence against its backend', async () => {
    await using origin = await answering(`HTTP/1.1 200 OK\r\nX: ${'y'.repeat(2000)}\r\nContent-Length: 0\r\n\r\n`);
    const yaml = `limits: { header_bytes: 1KiB }\n${uncheckedTenant('/', [origin])}`;
    await using gateway = await GatewayProcess.start(yaml);
    for (let times = 0; times < 10; times++) expect((await fetch(gateway.url)).status).toBe(502);
    const reason = 'the head of the response has more than limits.header_bytes (1KiB)';
    expect(await faults(gateway)).toMatchObject([{ code: 'response-head-too-large', reason, count: 10 }]);
    expect(gateway.errors).not.toContain('ejected');
  });
});

test('a limit that keeps requests out is named to operators; the client hears that the site is busy', async () => {
  const gate = Promise.withResolvers<void>();
  using origin = new Origin('a', async () => {
    await gate.promise;
    return new Response('late');
  });
  const settings = '    pool: { max_connections: 1, max_queue: 1 }\n    timeouts: { queue: 300ms }\n';
  await using gateway = await GatewayProcess.start(
    `public_details: false\n${uncheckedTenant('/', [origin], settings)}`,
  );
  const first = fetch(gateway.url);
  await until(() => origin.requests === 1, 'the only place is taken');
  const others = await Promise.all(Array.from({ length: 2 }, async () => (await fetch(gateway.url)).text()));
  for (const text of others) expect(text).toContain('The site is busy');
  expect(gateway.errors).toContain('code=queue-full');
  expect(gateway.errors).toContain('as pool.max_queue (1) lets wait: a full: it has all 1 requests');
  expect(gateway.errors).toContain('within timeouts.queue (300ms): a full');
  expect(gateway.errors).toContain('max_requests or pool.max_connections');
  const { events } = (await (await fetch(`${gateway.admin}/events`)).json()) as { events: readonly object[] };
  expect(events).toContainEqual(
    expect.objectContaining({
      tenant: 'main',
      backend: null,
      kind: 'limit_reached',
      detail: expect.stringContaining('pool.max_queue (1)'),
    }),
  );
  gate.resolve();
  expect(await (await first).text()).toBe('late');
});
