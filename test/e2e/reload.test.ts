// A reload leaves everything as it was that the new file repeats.
import { describe, expect, test } from 'bun:test';
import { backendOf, untilEligible } from '../support/admin.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { until } from '../support/until.ts';
import { pathTenant, uncheckedTenant } from '../support/yaml.ts';

const RELOADED = /configuration reloaded/g;

/** Puts the file in force, as it stands now. */
async function reload(gateway: GatewayProcess): Promise<void> {
  const before = gateway.errors.match(RELOADED)?.length ?? 0;
  gateway.signal('SIGHUP');
  await until(() => (gateway.errors.match(RELOADED)?.length ?? 0) > before, 'it is reloaded');
}

async function whoAnswers(gateway: GatewayProcess): Promise<string> {
  const { origin } = (await (await fetch(gateway.url)).json()) as { origin: string };
  return origin;
}

function answerLate(origin: string): Promise<Response> {
  return new Promise((resolve) => setTimeout(() => resolve(Response.json({ origin })), 300));
}

describe('a reload of the same file', () => {
  test('goes on with the turns of the balancer', async () => {
    using a = new Origin('a');
    using b = new Origin('b');
    using c = new Origin('c');
    await using gateway = await GatewayProcess.start(uncheckedTenant('/', [a, b, c]));
    const names: string[] = [];
    for (let request = 0; request < 6; request++) {
      names.push(await whoAnswers(gateway));
      await reload(gateway);
    }
    // Each process begins with another turn.
    expect(names.concat(names).join('')).toContain('abcabc');
    expect(names.slice(3)).toEqual(names.slice(0, 3));
  });

  test('keeps what peak_ewma has measured', async () => {
    using slow = new Origin('slow', () => answerLate('slow'));
    using fast = new Origin('fast');
    const config = uncheckedTenant('/', [slow, fast], '    balance: peak_ewma\n');
    await using gateway = await GatewayProcess.start(config);
    await until(async () => (await whoAnswers(gateway)) === 'fast' && slow.requests > 0, 'both are measured');
    const { requests } = slow;
    await reload(gateway);
    for (let request = 0; request < 10; request++) expect(await whoAnswers(gateway)).toBe('fast');
    expect(slow.requests).toBe(requests);
  });
});

test('a reload that changes the interval of a check keeps counters, health and connections', async () => {
  using a = new Origin('a');
  using b = new Origin('b');
  await using gateway = await GatewayProcess.start(pathTenant('/', [a, b]));
  await untilEligible(gateway, 2);
  for (let request = 0; request < 4; request++) await whoAnswers(gateway);
  const before = await backendOf(gateway, 'b');
  await gateway.rewrite(pathTenant('/', [a, b]).replace('health_interval: 1', 'health_interval: 5'));
  await reload(gateway);
  const after = await backendOf(gateway, 'b');
  expect([before.requests, before.idle_connections]).toEqual([2, 1]);
  expect([after.requests, after.idle_connections, after.since]).toEqual([2, 1, before.since]);
});
