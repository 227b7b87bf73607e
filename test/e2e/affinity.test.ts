// Clients that stay with their backend by a signed cookie.
import { describe, expect, test } from 'bun:test';
import { command, untilEligible } from '../support/admin.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { until } from '../support/until.ts';
import { pathTenant } from '../support/yaml.ts';

const AFFINITY = '    affinity: { secret: "a-secret-of-the-tests", max_age: 1h }\n';

async function ask(gateway: GatewayProcess, cookie: string | null, headers: Record<string, string> = {}) {
  const sent = { ...headers, ...(cookie === null ? {} : { cookie }) };
  const response = await fetch(`${gateway.url}/app/x`, { headers: sent });
  const { origin } = (await response.json()) as { origin: string };
  const set = response.headers.get('set-cookie');
  return { origin, set, cookie: set?.split(';')[0] ?? cookie };
}

describe('affinity', () => {
  test('keeps a client where it was first, whatever the balancer does for others', async () => {
    using a = new Origin('a');
    using b = new Origin('b');
    using c = new Origin('c');
    await using gateway = await GatewayProcess.start(pathTenant('/app/', [a, b, c], AFFINITY));
    await untilEligible(gateway, 3);
    const first = await ask(gateway, null);
    expect(first.set).toMatch(/^keystone_affinity=[\w-]{24}; Path=\/app\/; Max-Age=3600; HttpOnly; SameSite=Lax$/);
    for (let request = 0; request < 7; request++) {
      await ask(gateway, null);
      expect(await ask(gateway, `other=1; ${first.cookie}`)).toMatchObject({ origin: first.origin, set: null });
    }
  });

  test('moves the client when its backend is out, and leaves it there', async () => {
    using a = new Origin('a');
    using b = new Origin('b');
    await using gateway = await GatewayProcess.start(pathTenant('/app/', [a, b], AFFINITY));
    await untilEligible(gateway, 2);
    const first = await ask(gateway, null);
    await command(gateway, first.origin, 'disable');
    const second = await ask(gateway, first.cookie);
    expect(second.origin).not.toBe(first.origin);
    expect(second.set).not.toBeNull();
    await command(gateway, first.origin, 'enable');
    expect(await ask(gateway, second.cookie)).toMatchObject({ origin: second.origin, set: null });
  });

  test('survives a reload and a restart with the same secret, and not another secret', async () => {
    using a = new Origin('a');
    using b = new Origin('b');
    const yaml = pathTenant('/app/', [a, b], AFFINITY);
    await using gateway = await GatewayProcess.start(yaml);
    await untilEligible(gateway, 2);
    const { origin, cookie } = await ask(gateway, null);
    await gateway.rewrite(yaml.replace('max_age: 1h', 'max_age: 2h'));
    gateway.signal('SIGHUP');
    await until(async () => (await ask(gateway, null)).set?.includes('Max-Age=7200') === true, 'it is reloaded');
    for (let request = 0; request < 3; request++)
      expect(await ask(gateway, cookie)).toMatchObject({ origin, set: null });
    await using again = await GatewayProcess.start(yaml);
    await untilEligible(again, 2);
    for (let request = 0; request < 3; request++) expect(await ask(again, cookie)).toMatchObject({ origin, set: null });
    await using foreign = await GatewayProcess.start(yaml.replace('of-the-tests', 'of-others'));
    await untilEligible(foreign, 2);
    expect((await ask(foreign, cookie)).set).not.toBeNull();
  });

  test.each(['x', '', 'AAAAAAAAAAAAAAAAAAAAAAAA'])('takes no made-up value: %p', async (value) => {
    using a = new Origin('a');
    await using gateway = await GatewayProcess.start(pathTenant('/app/', [a], AFFINITY));
    await untilEligible(gateway, 1);
    expect((await ask(gateway, `keystone_affinity=${value}`)).set).not.toBeNull();
  });

  test('goes with compression and with cookies of the origin', async () => {
    const body = 'x'.repeat(5000);
    using a = new Origin(
      'a',
      () => new Response(body, { headers: { 'content-type': 'text/plain', 'set-cookie': 'own=1' } }),
    );
    await using gateway = await GatewayProcess.start(pathTenant('/app/', [a], AFFINITY));
    const response = await fetch(`${gateway.url}/app/x`, { headers: { 'accept-encoding': 'gzip' } });
    expect(await response.text()).toBe(body);
    expect(response.headers.get('content-encoding')).toBe('gzip');
    expect(response.headers.getSetCookie()).toEqual(['own=1', expect.stringContaining('keystone_affinity=')]);
  });
});
