// HTTP/2 under load by h2load, to backends of HTTP/1.1 and of HTTP/2, while something happens to the gateway.
import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { FrameRelay } from '../support/frame-relay.ts';
import { connectionsOf, servingOf, startFleet, untilWhole } from '../support/fleet.ts';
import { GatewayProcess, keystone } from '../support/gateway-process.ts';
import { Http2Loads, h2loadHttp2 } from '../support/h2load.ts';
import { MadeCertificate } from '../support/made-certificate.ts';
import { NodeProgram, hasNode } from '../support/node-program.ts';
import { Origin } from '../support/origin.ts';
import { needs } from '../support/programs.ts';
import { until } from '../support/until.ts';

setDefaultTimeout(120_000);

const LISTENER = 'listeners: [{ address: "127.0.0.1:0", h2c: true }]\n';
const LOAD = { requests: 2000, connections: 6, streams: 20 };

type Stage = AsyncDisposable & { readonly yaml: string };

/** A certificate, and a backend that speaks that protocol. */
async function stageOf(protocol: 'h1' | 'h2'): Promise<Stage> {
  const files = await MadeCertificate.make('a.test', 2);
  const origin = protocol === 'h1' ? new Origin('a') : NodeProgram.start('h2-server.mjs', 'plain');
  const url = origin instanceof Origin ? origin.url : `http://127.0.0.1:${(await origin.said(/listening (\d+)/))[1]}`;
  const tls = `tls: { cert_file: "${files.cert}", key_file: "${files.key}" }\n`;
  const service = `{ name: a, url: "${url}", protocol: ${protocol} }`;
  return {
    yaml: `${tls}tenants:\n  - name: main\n    path_prefix: "/"\n    services: [${service}]\n`,
    [Symbol.asyncDispose]: async () => {
      if (origin instanceof Origin) origin[Symbol.dispose]();
      else await origin[Symbol.asyncDispose]();
      await files[Symbol.asyncDispose]();
    },
  };
}

function secure({ port }: GatewayProcess): string {
  return `https://127.0.0.1:${port}/`;
}

/** Nothing that was asked has been left without an answer, and all answers were good. */
async function loseNothing(relay: FrameRelay, loads: Http2Loads): Promise<void> {
  const { refused } = await loads.stop();
  expect({ answered: relay.answered, refused }).toEqual({ answered: relay.asked, refused: 0 });
}

async function untilServed(loads: Http2Loads): Promise<void> {
  const before = loads.results.length;
  await until(() => loads.results.length > before, 'a load has ended');
}

describe.skipIf(!needs('h2load') || !hasNode || process.platform !== 'linux')('under load over HTTP/2', () => {
  for (const protocol of ['h1', 'h2'] as const) {
    test(`an upgrade loses nothing, to backends of ${protocol}`, async () => {
      await using stage = await stageOf(protocol);
      await using gateway = await GatewayProcess.start(LISTENER + stage.yaml);
      using relay = await FrameRelay.start(await gateway.configuredPort());
      await using loads = new Http2Loads(relay.url, LOAD);
      await untilServed(loads);
      expect(await keystone(['upgrade', '--url', gateway.admin])).toMatchObject({ code: 0 });
      await untilServed(loads);
      await loseNothing(relay, loads);
      expect(await h2loadHttp2(relay.url, LOAD)).toEqual({ succeeded: LOAD.requests, refused: 0 });
      expect(await gateway.exited).toBe(0);
    });

    test(`a reload that changes something loses nothing, and ends no connection, to backends of ${protocol}`, async () => {
      await using stage = await stageOf(protocol);
      await using gateway = await GatewayProcess.start(stage.yaml);
      await using loads = new Http2Loads(secure(gateway), LOAD);
      for (let round = 1; round <= 3; round++) {
        await gateway.rewrite(`${stage.yaml}    pool: { max_idle: ${round} }\n`);
        gateway.signal('SIGHUP');
        await until(() => gateway.errors.split('configuration reloaded').length > round, 'it is in force');
        await untilServed(loads);
      }
      expect(await loads.stop()).toEqual({ succeeded: loads.results.length * LOAD.requests, refused: 0 });
    });

    test(`a gateway that ends answers what it has been asked, to backends of ${protocol}`, async () => {
      await using stage = await stageOf(protocol);
      await using gateway = await GatewayProcess.start(LISTENER + stage.yaml);
      using relay = await FrameRelay.start(await gateway.configuredPort());
      const load = h2loadHttp2(relay.url, { ...LOAD, requests: 1_000_000 });
      await until(() => relay.answered > LOAD.requests, 'it is under load');
      gateway.signal('SIGTERM');
      expect(await gateway.exited).toBe(0);
      expect(await load).toMatchObject({ refused: 0 });
      expect(relay.answered).toBe(relay.asked);
    });
  }

  test('an upgrade by SIGUSR2 loses nothing', async () => {
    await using stage = await stageOf('h1');
    await using gateway = await GatewayProcess.start(LISTENER + stage.yaml);
    using relay = await FrameRelay.start(await gateway.configuredPort());
    await using loads = new Http2Loads(relay.url, LOAD);
    await untilServed(loads);
    gateway.signal('SIGUSR2');
    await gateway.replaced(1);
    await untilServed(loads);
    await loseNothing(relay, loads);
    expect(await gateway.exited).toBe(0);
  });

  test('a process that is killed takes its own connections with it, and no others', async () => {
    const connections = 12;
    const each = 3000;
    await using stage = await stageOf('h1');
    await using gateway = await startFleet(stage.yaml, 3);
    await untilWhole(gateway, 3);
    const load = h2loadHttp2(secure(gateway), { requests: connections * each, connections, streams: 10 });
    const victims = await servingOf(gateway);
    const open = (): Promise<readonly number[]> => connectionsOf(gateway.port, victims);
    await until(async () => (await open()).reduce((sum, count) => sum + count, 0) === connections, 'all are open');
    const counts = await open();
    const most = counts.indexOf(Math.max(...counts));
    process.kill(victims[most] ?? 0, 'SIGKILL');
    const { succeeded } = await load;
    expect(succeeded).toBeLessThan(connections * each);
    expect(succeeded).toBeGreaterThanOrEqual((connections - (counts[most] ?? 0)) * each);
  });
});
