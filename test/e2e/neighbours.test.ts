// Tenants beside one that floods the gateway: what it asks for beyond its share waits, and what they ask for does not.
import { describe, expect, test } from 'bun:test';
import { GatewayProcess } from '../support/gateway-process.ts';
import { OriginProcess } from '../support/origin-process.ts';
import { needs } from '../support/programs.ts';
import { until } from '../support/until.ts';
import { startWrk } from '../support/wrk.ts';

const CONNECTIONS = 300;
const ASKED = 60;

type Tenants = {
  readonly tenants: readonly { readonly name: string; readonly share: { readonly used_percent: number } }[];
};

async function usedBy(gateway: GatewayProcess, name: string): Promise<number> {
  const { tenants } = (await (await fetch(`${gateway.admin}/tenants`)).json()) as Tenants;
  return tenants.find((tenant) => tenant.name === name)?.share.used_percent ?? 0;
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)];
}

describe('a tenant that floods', () => {
  test.if(needs('wrk'))('waits for its own requests, and another one does not', async () => {
    await using noisy = await OriginProcess.start('noisy');
    await using quiet = await OriginProcess.start('quiet');
    const one = (name: string, { url }: OriginProcess): string =>
      `  - { name: ${name}, domains: [${name}.test], pool: { max_connections: 1000 }, services: [{ name: only, url: "${url}" }] }\n`;
    await using gateway = await GatewayProcess.start(`tenants:\n${one('noisy', noisy)}${one('quiet', quiet)}`);
    const begun = performance.now();
    const load = startWrk(gateway.url, { connections: CONNECTIONS, seconds: 30, header: 'Host: noisy.test' });
    await until(async () => (await usedBy(gateway, 'noisy')) > 5, 'the flood has come');
    const waits: number[] = [];
    for (let at = 0; at < ASKED; at++) {
      const sent = performance.now();
      const { status } = await fetch(gateway.url, { headers: { host: 'quiet.test' } });
      expect(status).toBe(200);
      waits.push(performance.now() - sent);
    }
    const { requests, socketErrors, badStatuses } = await load.end();
    const perRequest = (performance.now() - begun) / requests;
    expect({ socketErrors, badStatuses }).toEqual({ socketErrors: 0, badStatuses: 0 });
    // Of the flood, each connection waits for all others.
    expect(median(waits)).toBeLessThan((CONNECTIONS * perRequest) / 2);
  });
});
