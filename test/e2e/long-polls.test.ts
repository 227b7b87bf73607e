// Requests that wait long for their answer, or are answered badly, and what follows from it for the others.
import { describe, expect, test } from 'bun:test';
import type { TenantStatus } from '../../src/admin/shapes/tenant.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { until } from '../support/until.ts';
import { services } from '../support/yaml.ts';

const TRUSTED = 'trusted_proxies: ["127.0.0.1"]\n';
const SHORT = '    timeouts: { first_byte: 500ms }\n';

function tenant(origins: readonly Origin[], more: string): string {
  return `${TRUSTED}tenants:\n  - name: main\n    path_prefix: "/"\n    health_check: { interval: 100ms, path: /health }\n${more}${services(origins)}`;
}

/** An origin that never answers /poll, answers /status/NNN with that status, and everything else well. */
function patientOrigin(name: string): Origin {
  return new Origin(name, async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === '/poll') await new Promise(() => undefined);
    const status = /^\/status\/(\d+)$/.exec(pathname)?.[1];
    return new Response(name, { status: status === undefined ? 200 : Number(status) });
  });
}

async function backends(gateway: GatewayProcess) {
  const { tenants } = (await (await fetch(`${gateway.admin}/tenants`)).json()) as { tenants: [TenantStatus] };
  return tenants[0].backends;
}

async function healthy(gateway: GatewayProcess): Promise<void> {
  await until(async () => (await backends(gateway)).every(({ health }) => health === 'healthy'), 'all are healthy');
}

function ask(gateway: GatewayProcess, path: string, client: string): Promise<number> {
  return fetch(gateway.url + path, { headers: { 'x-forwarded-for': client } }).then(({ status }) => status);
}

describe('a request that is not answered in time', () => {
  test('is not sent to another backend, unless the tenant says so', async () => {
    using a = patientOrigin('a');
    using b = patientOrigin('b');
    const polls = (): number => a.requests + b.requests;
    await using gateway = await GatewayProcess.start(tenant([a, b], SHORT));
    await healthy(gateway);
    expect(await ask(gateway, '/poll', '192.0.2.1')).toBe(504);
    expect(polls()).toBe(1);
    await using eager = await GatewayProcess.start(tenant([a, b], `${SHORT}    retry: { on: [timeout] }\n`));
    await healthy(eager);
    expect(await ask(eager, '/poll', '192.0.2.1')).toBe(504);
    expect(polls()).toBe(3);
  });

  test('five times by one client takes out no backend that is well', async () => {
    using a = patientOrigin('a');
    using b = patientOrigin('b');
    await using gateway = await GatewayProcess.start(tenant([a, b], SHORT));
    await healthy(gateway);
    const polls = await Promise.all(Array.from({ length: 20 }, () => ask(gateway, '/poll', '192.0.2.1')));
    expect(new Set(polls)).toEqual(new Set([504]));
    expect((await backends(gateway)).map(({ eligible }) => eligible)).toEqual([true, true]);
  });

  test('by several clients takes out a backend that answers nothing but its health page', async () => {
    using a = patientOrigin('a');
    using b = new Origin('b', () => new Response('b'));
    await using gateway = await GatewayProcess.start(tenant([a, b], SHORT));
    await healthy(gateway);
    await Promise.all(Array.from({ length: 20 }, (_, at) => ask(gateway, '/poll', `192.0.2.${at}`)));
    expect((await backends(gateway)).filter(({ eligible }) => eligible).map(({ name }) => name)).toEqual(['b']);
  });
});

describe('answers that are errors', () => {
  async function after(paths: readonly (readonly [path: string, client: string])[]): Promise<boolean[]> {
    using a = patientOrigin('a');
    using b = new Origin('b', () => new Response('b'));
    await using gateway = await GatewayProcess.start(tenant([a, b], ''));
    await healthy(gateway);
    for (const [path, client] of paths) await ask(gateway, path, client);
    return (await backends(gateway)).map(({ eligible }) => eligible);
  }

  const many = (path: string, client: (at: number) => string) =>
    Array.from({ length: 30 }, (_, at) => [path, client(at)] as const);
  const ALONE = (): string => '192.0.2.1';
  const OTHERS = many('/', () => '192.0.2.9');

  test('of one client alone take no backend from the others', async () => {
    expect(await after([...OTHERS, ...many('/status/500', ALONE)])).toEqual([true, true]);
  });

  test('of several clients take it out, and so do those of its only client', async () => {
    expect((await after([...OTHERS, ...many('/status/500', (at) => `192.0.2.${at % 4}`)])).includes(false)).toBe(true);
    expect((await after(many('/status/500', ALONE))).includes(false)).toBe(true);
  });

  test.each([501, 505, 507, 508, 511])('with status %d speak of the request', async (status) => {
    expect(await after(many(`/status/${status}`, (at) => `192.0.2.${at}`))).toEqual([true, true]);
  });
});
