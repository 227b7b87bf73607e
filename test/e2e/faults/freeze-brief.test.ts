// How long clients wait because of an origin that is stopped: not for as long as its check takes to find out.
import { describe, expect, test } from 'bun:test';
import { CarefulClient } from '../../support/careful-client.ts';
import { FaultStage, UNHARMED } from '../../support/fault-stage.ts';
import { NginxOrigin } from '../../support/nginx-origin.ts';
import { needs } from '../../support/programs.ts';
import { until } from '../../support/until.ts';
import { pathTenant, services } from '../../support/yaml.ts';

const CONNECTIONS = 50;
// Some 500 requests a second: the answers take as long as the gateway makes them, and not as long as the machine does.
const PAUSE_MS = 100;
const FROZEN_MS = 5000;

describe.if(needs('nginx'))('an origin that is frozen for five seconds', () => {
  test('costs no request more than a second, and none fails', async () => {
    await using a = await NginxOrigin.start('a');
    await using b = await NginxOrigin.start('b');
    await using c = await NginxOrigin.start('c');
    // The neighbour has all but the frozen one: how slow its answers get is the machine's doing.
    const neighbour = `  - name: neighbour\n    path_prefix: "/neighbour/"\n${services([a, c])}`;
    await using stage = await FaultStage.with(pathTenant('/lb/', [a, b, c]) + neighbour, 3);
    const { port } = stage.gateway;
    await using client = new CarefulClient(port, '/lb/page', CONNECTIONS, PAUSE_MS);
    await using beside = new CarefulClient(port, '/neighbour/page', 5, PAUSE_MS);
    await until(() => client.tally.served >= 10 * CONNECTIONS, 'the load flows');
    client.longest = 0;
    beside.longest = 0;
    b.freeze();
    const end = performance.now() + FROZEN_MS;
    await until(() => performance.now() >= end, 'it has been frozen for long enough');
    const { longest } = client;
    b.thaw();
    await stage.untilHealthy(3);
    expect(stage.verdicts('b')).toEqual(['unhealthy', 'healthy']);
    expect(stage.gateway.errors).toContain('and none to requests');
    expect(await client.end()).toMatchObject(UNHARMED.careful);
    expect(Math.max(longest, client.longest) - beside.longest).toBeLessThan(1000);
  });
});
