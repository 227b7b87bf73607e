import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { GatewayProcess } from '../support/gateway-process.ts';
import { NodeProgram, hasNode } from '../support/node-program.ts';
import { uncheckedTenant } from '../support/yaml.ts';

describe.if(hasNode)('the WebSockets of npm ws', () => {
  let origin: NodeProgram;
  let gateway: GatewayProcess;

  beforeAll(async () => {
    origin = NodeProgram.start('ws-origin.mjs');
    const [, port] = await origin.said(/listening (\d+)/);
    const place = { name: 'ws', url: `http://127.0.0.1:${port}` };
    gateway = await GatewayProcess.start(`timeouts: { shutdown: 5s }\n${uncheckedTenant('/ws/', [place])}`);
  });

  afterAll(async () => {
    await gateway[Symbol.asyncDispose]();
    await origin[Symbol.asyncDispose]();
  });

  const play = (scenario: string): NodeProgram =>
    NodeProgram.start('ws-client.mjs', `ws://127.0.0.1:${gateway.port}/ws/`, scenario);

  async function reportOf(scenario: string): Promise<unknown> {
    await using client = play(scenario);
    return await client.report();
  }

  test('carry text and bytes of every length of a length', async () => {
    expect(await reportOf('echo')).toEqual({ results: new Array(14).fill(true) });
  });

  test('carry a message in fragments, and a ping between them', async () => {
    expect(await reportOf('fragments')).toEqual({ message: 'fragmented', pong: 'between' });
  });

  test('agree on compression with each other, and the gateway leaves it alone', async () => {
    const report = await reportOf('deflate');
    expect(report).toEqual({ extensions: 'permessage-deflate', results: new Array(5).fill(true), isSmall: true });
  });

  test('close with the code and reason of whoever closes', async () => {
    expect(await reportOf('closedByClient')).toEqual({ code: 4001, reason: 'enough' });
    await origin.said(/closed 4001 enough/);
    expect(await reportOf('closedByOrigin')).toEqual({ code: 4002, reason: 'too much' });
    await origin.said(/closed 4002 too much/);
  });

  test('are told 1001 when the gateway goes away, at both ends', async () => {
    await using client = play('wait');
    await client.said(/open/);
    gateway.signal('SIGTERM');
    expect(await client.report()).toEqual({ code: 1001, reason: '' });
    await origin.said(/closed 1001/);
    expect(await gateway.exited).toBe(0);
  });
});
