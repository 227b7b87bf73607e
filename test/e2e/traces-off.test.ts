// Requests that belong to traces, at a gateway that takes no part in them.
import { describe, expect, test } from 'bun:test';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedGateway } from '../support/embedded-gateway.ts';
import { Origin } from '../support/origin.ts';
import { RawClient } from '../support/raw-client.ts';
import { RawOrigin } from '../support/raw-origin.ts';
import { until } from '../support/until.ts';
import { uncheckedTenant } from '../support/yaml.ts';

const LISTENERS = 'listeners: [{ address: "127.0.0.1:0" }]\n';
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = `00-${TRACE}-b7ad6b7169203331-01`;

async function lineSent(gateway: EmbeddedGateway, lines: readonly string[]): Promise<string> {
  using client = await RawClient.open(gateway.ports[0] ?? 0);
  await client.send(['GET / HTTP/1.1', 'Host: a.test', ...lines, 'Connection: close', '', ''].join('\r\n'));
  await until(() => client.peer !== 'open', 'it is answered');
  return client.received;
}

describe('without tracing', () => {
  test.each([
    ['one of each', [`traceparent: ${PARENT}`, 'tracestate: a=1,b=2']],
    ['several tracestates', [`Traceparent: ${PARENT}`, 'TraceState: a=1', 'tracestate: b=2']],
    ['a traceparent that is there twice', [`traceparent: ${PARENT}`, `traceparent: ${PARENT}`, 'tracestate: a=1']],
    ['what is no traceparent', ['traceparent: 00-XYZ', 'tracestate: a=1']],
    ['a tracestate alone', ['tracestate: a=1']],
  ])('%s goes on as it came', async (_, lines) => {
    await using origin = await RawOrigin.start('a');
    using gateway = await EmbeddedGateway.start(LISTENERS + uncheckedTenant('/', [origin]));
    const answered = lineSent(gateway, lines);
    const connection = await origin.asked();
    await connection.send('HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n');
    await answered;
    const traced = connection.received.split('\r\n').filter((line) => /^trace(parent|state):/i.test(line));
    expect(traced).toEqual([...lines]);
  });

  test('the access log has the trace that a client names, and none that is no trace', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'traces-'));
    const file = join(folder, 'access.log');
    const log = `access_log: { output: ${file}, format: "{path} {trace_id}" }\n`;
    using origin = new Origin('a', () => new Response('well'));
    using gateway = await EmbeddedGateway.start(log + LISTENERS + uncheckedTenant('/', [origin]));
    const url = `http://127.0.0.1:${gateway.ports[0]}`;
    const ask = async (path: string, parent: string | null): Promise<void> =>
      void (await (await fetch(url + path, { headers: parent === null ? {} : { traceparent: parent } })).text());
    await ask('/one', PARENT);
    await ask('/two', `${PARENT}-x`);
    await ask('/three', null);
    const lines = (): readonly string[] => (existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []);
    await until(() => lines().length === 3, 'all are written');
    expect(lines()).toEqual([`/one ${TRACE}`, '/two -', '/three -']);
    rmSync(folder, { recursive: true });
  });
});
