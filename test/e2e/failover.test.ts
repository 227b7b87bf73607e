import { describe, expect, test } from 'bun:test';
import { GatewayProcess } from '../support/gateway-process.ts';
import { OriginProcess } from '../support/origin-process.ts';
import { needs } from '../support/programs.ts';
import { until } from '../support/until.ts';
import { wrk } from '../support/wrk.ts';
import { pathTenant } from '../support/yaml.ts';

describe.if(needs('wrk'))('under load', () => {
  test('no request is lost while an origin is killed and comes back', async () => {
    await using a = await OriginProcess.start('a');
    await using b = await OriginProcess.start('b');
    await using c = await OriginProcess.start('c');
    await using gateway = await GatewayProcess.start(pathTenant('/lb/', [a, b, c]));
    const healthy = async (count: number): Promise<boolean> => {
      const body = await (await fetch(`${gateway.admin}/health`)).text();
      return body.includes(`${count}/3 healthy`);
    };
    await until(() => healthy(3), 'all are healthy');
    const load = wrk(`${gateway.url}/lb/`, { connections: 50, seconds: 8 });
    await b.kill();
    await until(() => healthy(2), 'b is out');
    await b.start();
    await until(() => healthy(3), 'b is back');
    const result = await load;
    expect(result).toMatchObject({ socketErrors: 0, badStatuses: 0 });
    expect(result.requests).toBeGreaterThan(0);
  });
});
