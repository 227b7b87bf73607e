// Reloads while clients are served: none of them notices.
import { describe, expect, test } from 'bun:test';
import { GatewayProcess } from '../../support/gateway-process.ts';
import { Origin } from '../../support/origin.ts';
import { freePort } from '../../support/ports.ts';
import { needs } from '../../support/programs.ts';
import { until } from '../../support/until.ts';
import { WebSocketClient } from '../../support/web-socket-client.ts';
import { WebSocketOrigin } from '../../support/web-socket-origin.ts';
import { startWrk } from '../../support/wrk.ts';

const CONNECTIONS = 50;

type Doors = { readonly listeners: readonly { readonly address: string; readonly accepted: number }[] };

/** Each time other limits, another tenant, and another listener besides. */
function configOf(url: string, round: number, port: number): string {
  return `limits: { header_bytes: ${32 + (round % 2)}KiB }
timeouts: { keep_alive: ${60 + round}s }
listeners: [{ address: "127.0.0.1:${port}", limits: { connections: ${100 + round} } }]
tenants:
  - { name: main, path_prefix: /, timeouts: { queue: ${1 + (round % 3)}s }, services: [{ name: only, url: "${url}" }] }
  - { name: round${round}, domains: [round${round}.test], services: [{ name: only, url: "${url}" }] }
`;
}

function reloads(gateway: GatewayProcess): number {
  return gateway.errors.split('msg="configuration reloaded"').length - 1;
}

async function reload(gateway: GatewayProcess, yaml: string): Promise<void> {
  const before = reloads(gateway);
  await gateway.rewrite(yaml);
  gateway.signal('SIGHUP');
  await until(() => reloads(gateway) > before, 'it has reloaded');
}

async function accepted(gateway: GatewayProcess): Promise<number> {
  const { listeners } = (await (await fetch(`${gateway.admin}/connections`)).json()) as Doors;
  return listeners.find(({ address }) => address === `127.0.0.1:${gateway.port}`)?.accepted ?? -1;
}

describe('a gateway that reloads', () => {
  test.if(needs('wrk'))(
    'ten times in five seconds fails no request of fifty connections, and closes none of them',
    async () => {
      using origin = new Origin('a');
      const [first, second] = [freePort(), freePort()];
      await using gateway = await GatewayProcess.start(configOf(origin.url, 0, first));
      const load = startWrk(gateway.url, { connections: CONNECTIONS, seconds: 30 });
      await until(async () => (await accepted(gateway)) >= CONNECTIONS, 'all are connected');
      const connected = await accepted(gateway);
      const from = performance.now();
      for (let round = 1; round <= 10; round++) {
        await reload(gateway, configOf(origin.url, round, round % 2 === 0 ? first : second));
        await until(() => performance.now() - from > round * 500, 'it is time for the next');
      }
      const connectedInAll = await accepted(gateway);
      const { requests, socketErrors, badStatuses } = await load.end();
      expect([socketErrors, badStatuses, connectedInAll - connected]).toEqual([0, 0, 0]);
      expect(requests).toBeGreaterThan(1000);
    },
  );

  test.if(needs('wrk'))(
    'and finds a broken file, fails no request either: the one before goes on to serve',
    async () => {
      using origin = new Origin('a');
      const port = freePort();
      await using gateway = await GatewayProcess.start(configOf(origin.url, 0, port));
      const load = startWrk(gateway.url, { connections: CONNECTIONS, seconds: 30 });
      await until(async () => (await accepted(gateway)) >= CONNECTIONS, 'all are connected');
      const refused = (): number => gateway.errors.split('reload refused').length - 1;
      for (const [round, broken] of ['tenants: [', 'tenants: 5\n', 'listeners: [{ address: nowhere }]\n'].entries()) {
        await gateway.rewrite(broken);
        gateway.signal('SIGHUP');
        await until(() => refused() > round, 'it is refused');
      }
      const { requests, socketErrors, badStatuses } = await load.end();
      expect([socketErrors, badStatuses]).toEqual([0, 0]);
      expect(requests).toBeGreaterThan(100);
    },
  );

  test('fifty times closes none of a hundred WebSockets', async () => {
    using origin = new WebSocketOrigin();
    const ports = [freePort(), freePort()];
    const yaml = (round: number): string => configOf(origin.url, round, ports[round % 2] ?? 0);
    await using gateway = await GatewayProcess.start(yaml(0));
    const clients = await Promise.all(Array.from({ length: 100 }, () => WebSocketClient.open(gateway.url)));
    for (let round = 1; round <= 50; round++) await reload(gateway, yaml(round));
    for (const client of clients) client.send('still here');
    const answers = await Promise.all(clients.map((client) => client.message(0)));
    expect(answers.filter((answer) => answer === 'still here')).toHaveLength(100);
    expect(clients.filter(({ closing }) => closing !== null)).toEqual([]);
    for (const client of clients) client[Symbol.dispose]();
  });
});
