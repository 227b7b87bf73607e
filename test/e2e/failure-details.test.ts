// What a client is told of a failure: strangers the sentence, operators the reason.
import { describe, expect, test } from 'bun:test';
import { command, untilEligible } from '../support/admin.ts';
import { curl } from '../support/curl.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { until } from '../support/until.ts';
import { pathTenant } from '../support/yaml.ts';

const TOKEN = 'a-token-of-the-tests';
const HIDDEN = 'public_details: false\n';
const EXEC = `allow_exec_checks: true
tenants:
  - name: main
    path_prefix: /
    health_check: { type: exec, command: [sh, -c, "echo database-7 is down; exit 1"], interval: 100ms, fall: 1 }
    services: [{ name: inner-1, url: "http://127.0.0.1:9" }]
`;

describe('a failure', () => {
  test.each(['*/*', 'text/html', 'application/json'])(
    'says the sentence, the id and when to try again (%s)',
    async (accept) => {
      await using gateway = await GatewayProcess.start(HIDDEN + EXEC);
      await until(() => gateway.errors.includes('backend unhealthy'), 'it is unhealthy');
      const { status, body, headers } = await curl('-H', `Accept: ${accept}`, `${gateway.url}/x`);
      expect([status, headers.get('retry-after')]).toEqual([503, '1']);
      expect(body).toContain('No backend can take the request now. Try again in 1 second.');
      expect(body).toContain(headers.get('x-request-id') ?? 'no id');
      for (const word of ['inner-1', 'database-7', 'exit', '127.0.0.1', 'main', 'unhealthy', 'exec'])
        expect(body).not.toContain(word);
      // The reason is in the log, by the id of the request.
      const line = gateway.errors.split('\n').find((one) => one.includes('request failed')) ?? '';
      expect(line).toContain(`request=${headers.get('x-request-id')}`);
      expect(line).toContain('inner-1 unhealthy');
    },
  );

  test('tells the reason to a request with a token, and to everybody where that is configured', async () => {
    const tokens = `admin: { tokens: [${TOKEN}] }\n`;
    const ask = async (gateway: GatewayProcess, token: string | null): Promise<string> => {
      const headers: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` };
      return (await fetch(gateway.url, { headers })).text();
    };
    await using closed = await GatewayProcess.start(HIDDEN + tokens + EXEC);
    await until(() => closed.errors.includes('backend unhealthy'), 'it is unhealthy');
    expect(await ask(closed, TOKEN)).toContain('inner-1 unhealthy');
    expect(await ask(closed, 'a-token-of-somebody')).not.toContain('inner-1');
    expect(await ask(closed, null)).not.toContain('inner-1');
    await using open = await GatewayProcess.start(`public_details: true\n${EXEC}`);
    await until(() => open.errors.includes('backend unhealthy'), 'it is unhealthy');
    expect(await ask(open, null)).toContain('inner-1 unhealthy');
  });

  test('does not tell strangers what operators do', async () => {
    const gate = Promise.withResolvers<void>();
    using a = new Origin('inner-1', async () => {
      await gate.promise;
      return new Response('late');
    });
    await using gateway = await GatewayProcess.start(HIDDEN + pathTenant('/', [a]).replace(', health: "/health"', ''));
    await untilEligible(gateway, 1);
    const pending = fetch(gateway.url, { method: 'POST', body: 'x' });
    await until(() => a.requests === 1, 'it is under way');
    await command({ admin: gateway.admin }, 'inner-1', 'drain?deadline=100ms');
    const cut = await pending;
    const body = await cut.text();
    expect([cut.status, body]).toEqual([503, expect.stringContaining('broken-off: The request was broken off')]);
    const later = await (await fetch(gateway.url)).text();
    for (const text of [body, later]) expect(text).not.toMatch(/drain|operator|taken out|inner-1/);
    expect(gateway.errors).toContain('code=drain-deadline');
    gate.resolve();
  });

  test('fills no log: a flood of them leaves a few lines and a count', async () => {
    await using gateway = await GatewayProcess.start(`${HIDDEN}tenants: [{ name: main, path_prefix: / }]\n`);
    for (let request = 0; request < 50; request++) await (await fetch(gateway.url)).text();
    gateway.signal('SIGTERM');
    await gateway.exited;
    const lines = gateway.errors.split('\n').filter((line) => line.includes('request failed'));
    expect(lines).toHaveLength(4);
    expect(lines.at(-1)).toContain('tenant=main repeated=47 within=60s');
  });
});
