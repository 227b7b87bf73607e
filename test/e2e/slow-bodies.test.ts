// Bodies that come slowly: harmless where there is room, too much where connections or places are scarce.
import { describe, expect, test } from 'bun:test';
import { GatewayProcess } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { RawClient } from '../support/raw-client.ts';
import { until } from '../support/until.ts';
import { uncheckedTenant } from '../support/yaml.ts';

// A body that brings less than this is too slow; none is judged in its first five seconds.
const GRACE_MS = 5000;
const BOUND = 20_000;

/** Sends a byte whenever it is asked to, far below 240 a second. */
async function drip(gateway: GatewayProcess): Promise<{ client: RawClient; more: () => Promise<void> }> {
  const client = await RawClient.open(gateway.port);
  await client.send('POST /log HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n');
  return { client, more: () => client.send('1\r\nx\r\n') };
}

async function dripFor(time: number, more: () => Promise<void>, isOver: () => boolean): Promise<void> {
  const end = performance.now() + time;
  await until(async () => {
    await more();
    return performance.now() > end || isOver();
  }, 'the time is over');
}

const tenant = (origin: Origin, more = '') => uncheckedTenant('/', [origin], more);

describe('a body that comes slowly', () => {
  test(
    'is served where there is room',
    async () => {
      using origin = new Origin('a', async (request) => new Response(String((await request.text()).length > 0)));
      await using gateway = await GatewayProcess.start(tenant(origin));
      const { client, more } = await drip(gateway);
      await dripFor(GRACE_MS + 2000, more, () => client.received !== '');
      expect([client.peer, client.received]).toEqual(['open', '']);
      await client.send('0\r\n\r\n');
      expect(await client.until(({ received }) => received.includes('true'), BOUND)).toBe(true);
      client.reset();
    },
    2 * BOUND,
  );

  test.each([
    ['the places of its backend', '', '    pool: { max_connections: 2 }\n'],
    ['the connections', 'limits: { connections: 2 }\n', ''],
  ])(
    'is refused where half of %s are taken',
    async (_, top, own) => {
      using origin = new Origin('a', async (request) => new Response(await request.text()));
      await using gateway = await GatewayProcess.start(top + tenant(origin, own));
      const { client, more } = await drip(gateway);
      await dripFor(BOUND, more, () => client.received !== '');
      expect(client.received).toStartWith('HTTP/1.1 408 ');
      client.reset();
    },
    2 * BOUND,
  );
});
