// WebSockets at a backend that a reload moves, or whose tenant it removes, with the real program.
import { expect, test } from 'bun:test';
import { backendOf } from '../support/admin.ts';
import { GatewayProcess, keystone } from '../support/gateway-process.ts';
import { until } from '../support/until.ts';
import { WebSocketClient } from '../support/web-socket-client.ts';
import { WebSocketOrigin } from '../support/web-socket-origin.ts';
import { uncheckedTenant } from '../support/yaml.ts';

const TIMES = 'timeouts: { removed: 1s }\n';

async function reload(gateway: GatewayProcess, yaml: string): Promise<void> {
  const count = (): number => gateway.errors.split('configuration reloaded').length;
  const before = count();
  await gateway.rewrite(yaml);
  gateway.signal('SIGHUP');
  await until(() => count() > before, 'it has reloaded');
}

test('a drain waits for what was begun at an address of before, and cuts it at its deadline', async () => {
  using here = new WebSocketOrigin();
  using there = new WebSocketOrigin();
  await using gateway = await GatewayProcess.start(uncheckedTenant('/', [here]));
  using client = await WebSocketClient.open(`${gateway.url}/`);
  await reload(gateway, uncheckedTenant('/', [there]));
  expect(await backendOf(gateway, 'sockets')).toMatchObject({
    url: there.url,
    eligible: true,
    in_flight: 1,
    tunnels: 1,
    earlier: [{ url: here.url, in_flight: 1, tunnels: 1 }],
  });
  const status = await keystone(['status', '--url', gateway.admin]);
  expect(status.out).toMatch(/leaving.*\n.*main\/sockets {2}http.* {2}in flight 1 \(1 of them tunnels\), cut off at /);
  client.send('hello');
  expect(await client.message(0)).toBe('hello');
  const drained = await keystone(['drain', 'main/sockets', '--deadline', '300ms', '--wait', '--url', gateway.admin]);
  expect([drained.code, drained.errors]).toEqual([1, expect.stringContaining('1 request cut off')]);
  expect(await client.closed()).toMatchObject({ wasClean: false });
});

test('a removed tenant is shown as long as it has tunnels, and they end by a deadline', async () => {
  using origin = new WebSocketOrigin();
  await using gateway = await GatewayProcess.start(TIMES + uncheckedTenant('/', [origin]));
  using client = await WebSocketClient.open(`${gateway.url}/`);
  await reload(gateway, TIMES + uncheckedTenant('/', [origin]).replace('name: main', 'name: other'));
  expect((await keystone(['status', '--url', gateway.admin])).out).toContain('main/sockets');
  expect(await client.closed()).toMatchObject({ wasClean: false });
  expect((await keystone(['status', '--url', gateway.admin])).out).not.toContain('main/sockets');
});
