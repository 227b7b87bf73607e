// Every endpoint of the admin API answers what its schema says, and reads the parameters that it says, at a gateway to which much
// has happened.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { AdminEndpoint } from '../../src/admin/contract.ts';
import { schemaOf } from '../../src/admin/described.ts';
import { endpoints } from '../../src/admin/registry.ts';
import * as audit from '../../src/admin/shapes/audit.ts';
import * as backends from '../../src/admin/shapes/backend.ts';
import * as certificates from '../../src/admin/shapes/certificates.ts';
import * as configurations from '../../src/admin/shapes/configuration.ts';
import * as events from '../../src/admin/shapes/events.ts';
import * as tenants from '../../src/admin/shapes/tenant.ts';
import * as traffic from '../../src/admin/shapes/traffic.ts';
import * as commands from '../../src/cli/admin-answers.ts';
import { tenantOf } from '../support/admin.ts';
import { ConfigFolder } from '../support/config-folder.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { MadeCertificate } from '../support/made-certificate.ts';
import { Origin } from '../support/origin.ts';
import { RawClient } from '../support/raw-client.ts';
import { until } from '../support/until.ts';

let good: Origin;
let bad: Origin;
let folder: ConfigFolder;
let certificate: MadeCertificate;
let gateway: GatewayProcess;
/** The process that has taken the place of the gateway; null: none has. */
let successor: number | null = null;

const service = ({ name, url }: Origin, more = '') => `{ name: ${name}, url: "${url}"${more} }`;

/** Of a tenant with all that can be said of one. */
const shop = () => `tenants:
  - name: shop
    domains: [shop.test]
    path_prefix: /shop/
    health_interval: 1
    retry: { attempts: 2 }
    limits: { requests_in_flight: 50, request_rate: 1000 }
    routes: [{ name: api, match: { path_prefix: /shop/api/ } }]
    policies: [{ maintenance: { active: false } }, { cache: {} }]
    services:
      - ${service(good, ', health: /health')}
      - ${service(bad, ', health: /health')}
`;

const plain = (name: string) =>
  `tenants:\n  - name: ${name}\n    path_prefix: /${name}/\n    services: [${service(good)}, { name: far, url: "http://localhost:9", discover: addresses }]\n`;

beforeAll(async () => {
  good = new Origin('good');
  bad = new Origin('bad');
  certificate = await MadeCertificate.make('shop.test', 90);
  folder = new ConfigFolder({
    'keystone.yaml': [
      'on_invalid_tenant: keep_last_good',
      'include: ["tenants.d/*.yaml"]',
      `tls: { cert_file: "cert.pem", key_file: "key.pem" }`,
      'admin: { address: "127.0.0.1:0" }',
      '',
    ].join('\n'),
    'tenants.d/shop.yaml': shop(),
    'tenants.d/kept.yaml': plain('kept'),
    'tenants.d/lost.yaml':
      'tenants: [{ name: lost, path_prefix: /lost/, services: [{ name: a, url: "gopher://a" }] }]\n',
  });
  await copyFile(certificate.cert, join(folder.path, 'cert.pem'));
  await copyFile(certificate.key, join(folder.path, 'key.pem'));
  gateway = await GatewayProcess.startIn(folder.path, ['--addr', '127.0.0.1:0']);
  await haveHistory();
}, 60_000);

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  if (successor !== null) process.kill(successor, 'SIGKILL');
  await certificate[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
  good[Symbol.dispose]();
  bad[Symbol.dispose]();
});

/** Traffic, failures, a backend that is down and one that is drained, a tenant whose last good version is served. */
async function haveHistory(): Promise<void> {
  await until(async () => (await tenantOf(gateway, 'shop')).healthy === 2, 'both serve');
  for (const path of ['/shop/', '/shop/api/a', '/kept/', '/nowhere/']) await visit(path);
  await bad.stop();
  for (let n = 0; n < 4; n++) await visit(`/shop/${n}`);
  await until(async () => (await tenantOf(gateway, 'shop')).healthy === 1, 'one is out');
  await ask('POST', '/backends/shop/bad/drain?deadline=1m');
  await ask('POST', '/backends/kept/good/disable?force=true');
  folder.write({ 'tenants.d/kept.yaml': plain('kept').replace('http://', 'gopher://') });
  expect(await answer('POST', '/reload')).toMatchObject({ kind: 'reloaded', quarantined: [{}, {}] });
}

async function visit(path: string): Promise<void> {
  const options = { headers: { host: 'shop.test' }, tls: { rejectUnauthorized: false } };
  await (await fetch(`https://127.0.0.1:${gateway.port}${path}`, options)).text();
}

async function ask(method: string, path: string, body?: unknown): Promise<Response> {
  // Whoever replaces the configuration says which one.
  const tag =
    method === 'PUT' && path === '/config' ? (await fetch(`${gateway.admin}/config`)).headers.get('etag') : null;
  const headers: Record<string, string> = tag === null ? {} : { 'if-match': tag };
  return await fetch(gateway.admin + path, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

async function answer(method: string, path: string, body?: unknown): Promise<unknown> {
  return await (await ask(method, path, body)).json();
}

/** What each endpoint is asked, besides its plain path; those about a backend or tenant stand for others. */
const QUESTIONS: Readonly<Record<string, readonly string[]>> = {
  'GET /backends/{tenant}/{backend}': ['/backends/shop/good', '/backends/shop/bad'],
  'POST /backends/{tenant}/{backend}/disable': ['/backends/shop/good/disable?force=true'],
  'POST /backends/{tenant}/{backend}/enable': ['/backends/shop/good/enable'],
  'POST /backends/{tenant}/{backend}/drain': ['/backends/shop/bad/drain', '/backends/shop/bad/drain?deadline=1s'],
  'POST /backends/{tenant}/{backend}/weight': [
    '/backends/shop/good/weight?weight=7',
    '/backends/shop/good/weight?weight=configured',
  ],
  'GET /tenants/{tenant}': ['/tenants/shop', '/tenants/kept'],
  'GET /tenants/{tenant}/health': ['/tenants/shop/health', '/tenants/kept/health'],
  'GET /limits': ['/limits', '/limits?tenant=shop&page=1&limit=1'],
  'POST /tenants/{tenant}/maintenance': [
    '/tenants/shop/maintenance?active=on',
    '/tenants/shop/maintenance?active=configured',
  ],
  'POST /tenants/{tenant}/purge': ['?all=true', '?tag=a', '?url=https://shop.test/shop/a'].map(
    (what) => `/tenants/shop/purge${what}`,
  ),
  'POST /reload': ['/reload?dry_run=true', '/reload'],
  'PUT /log-level': ['/log-level?level=debug', '/log-level?level=configured'],
  'GET /plan/{tenant}': ['/plan/shop', '/plan/kept'],
  'GET /summaries': ['/summaries', '/summaries?search=s&sort=name&order=desc&page=1&limit=1'],
  'GET /series': ['/series', '/series?tenant=shop&range=15m'],
  'GET /requests': ['/requests', '/requests?tenant=shop&limit=1'],
};

const MENDED = 'tenants: [{ name: lost, path_prefix: /lost/, services: [{ name: a, url: "http://127.0.0.1:1" }] }]\n';

/** Bodies, for endpoints that take one. */
const BODIES: Readonly<Record<string, readonly unknown[]>> = {
  'POST /config/check': ['tenants: [', MENDED].map((text) => ({ files: [{ file: 'tenants.d/lost.yaml', text }] })),
  'PUT /config': [{ files: [{ file: 'tenants.d/lost.yaml', text: MENDED }] }],
  'POST /explain': [
    { method: 'GET', url: 'https://shop.test/shop/api/a' },
    { method: 'GET', url: 'https://shop.test/nowhere' },
    { method: 'GET', url: 'https://shop.test/shop' },
    { method: 'OPTIONS', url: 'https://shop.test/shop/', headers: { 'Max-Forwards': '0' } },
  ],
};

type Misread = 'the command does not take all that the endpoint may answer';

/** What a command reads an answer by; it has to take all that the endpoint may say, also as the compiler sees it. */
function reader<Told extends z.ZodType, Reader extends z.ZodType>(
  _: Told,
  schema: Reader & (z.output<Told> extends z.input<Reader> ? unknown : Misread),
): z.ZodType {
  return schema;
}

/** What the commands ask. */
const READERS: Readonly<Record<string, z.ZodType>> = {
  'GET /tenants': reader(tenants.tenantsAnswer, commands.tenantsAnswer),
  'GET /backends/{tenant}/{backend}': reader(backends.backendReport, commands.backendAnswer),
  'POST /backends/{tenant}/{backend}/drain': reader(backends.orderedBackend, commands.backendAnswer),
  'POST /backends/{tenant}/{backend}/disable': reader(backends.orderedBackend, commands.backendAnswer),
  'POST /backends/{tenant}/{backend}/enable': reader(backends.orderedBackend, commands.backendAnswer),
  'POST /backends/{tenant}/{backend}/weight': reader(backends.orderedBackend, commands.backendAnswer),
  'POST /tenants/{tenant}/maintenance': reader(tenants.maintenanceAnswer, commands.maintenanceAnswer),
  'GET /certificates': reader(certificates.certificatesAnswer, commands.certificatesAnswer),
  'GET /events': reader(events.eventsAnswer, commands.eventsAnswer),
  'POST /reload': reader(configurations.reloadAnswer, commands.reloadAnswer),
  'POST /rollback': reader(configurations.rollbackAnswer, commands.rollbackAnswer),
  'POST /upgrade': reader(configurations.upgradeAnswer, commands.upgradeAnswer),
  'GET /history': reader(configurations.historyAnswer, commands.historyAnswer),
  'GET /plan': reader(configurations.planAnswer, commands.planAnswer),
  'GET /plan/{tenant}': reader(configurations.tenantPlanAnswer, commands.tenantPlanAnswer),
  'GET /recent': reader(configurations.recentAnswer, commands.recentAnswer),
  'GET /overview': reader(traffic.overviewAnswer, commands.overviewAnswer),
  'GET /summaries': reader(traffic.summariesAnswer, commands.summariesAnswer),
  'GET /requests': reader(traffic.requestsAnswer, commands.requestsAnswer),
  'GET /audit': reader(audit.auditAnswer, commands.auditAnswer),
};

const all: readonly AdminEndpoint[] = endpoints;
const nameOf = ({ method, path }: AdminEndpoint): string => `${method} ${path}`;
const isPlain = ({ media }: AdminEndpoint): boolean => media === undefined;

/** Logging in needs a token, and has tests of its own (test/e2e/admin-rights.test.ts). Another program comes last. */
const asked = all
  .filter((one) => isPlain(one) && one.path !== '/login')
  .toSorted((one, other) => Number(one.path === '/upgrade') - Number(other.path === '/upgrade'));

describe.each(all.filter(({ media }) => media === 'text/event-stream').map((one) => [nameOf(one), one] as const))(
  '%s',
  (_, { path, output }) => {
    test('sends what its schema says', async () => {
      const schema = await schemaOf(output ?? z.never());
      using client = await RawClient.open(gateway.adminPort);
      await client.send(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      await until(async () => {
        await visit('/shop/api/more');
        return client.received.includes('data: ');
      }, 'something is sent');
      const sent = Array.from(client.received.matchAll(/^data: (.*)\n/gm), ([, text = '']): unknown =>
        JSON.parse(text),
      );
      expect(sent).not.toBeEmpty();
      for (const one of sent) expect(schema.parse(one)).toEqual(one);
    });
  },
);

type Wrong = readonly [name: string, endpoint: AdminEndpoint, parameter: string, value: string];

/** Values that no reader of a parameter may take, where its schema says what it takes. */
async function wrongValues(): Promise<readonly Wrong[]> {
  const found: Wrong[] = [];
  for (const endpoint of all) {
    const shape: z.core.$ZodShape =
      endpoint.parameters === undefined ? {} : (await schemaOf(endpoint.parameters)).shape;
    for (const [name, schema] of Object.entries(shape)) {
      const wrong = ['-1', 'nonsense'].filter((value) => !takes(schema, value));
      found.push(...wrong.map((value) => [nameOf(endpoint), endpoint, name, value] as const));
    }
  }
  return found;
}

// Whatever is not `true` is false.
function takes(schema: z.core.$ZodType, value: string): boolean {
  return [value, Number(value), true].some((one) => z.safeParse(schema, one).success);
}

describe.each(await wrongValues())('%s', (name, { method, path }, parameter, value) => {
  test(`refuses ${parameter}=${value}, as its schema does`, async () => {
    const place = (QUESTIONS[name]?.[0] ?? path).replace(/\?.*/, '');
    const response = await ask(method, `${place}?${parameter}=${value}`);
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
  });
});

describe.each(asked.map((one) => [nameOf(one), one] as const))(
  '%s',
  (name, { method, path, output, otherStatuses }) => {
    test('answers what its schema says, and nothing besides', async () => {
      if (output === undefined) throw new Error('it does not say what it answers');
      const schema = await schemaOf(output);
      for (const question of QUESTIONS[name] ?? [path])
        for (const body of BODIES[name] ?? [undefined]) {
          const response = await ask(method, question, body);
          const told: unknown = await response.json();
          if (name === 'POST /upgrade') successor = commands.upgradeAnswer.parse(told).pid ?? null;
          expect([question, told, [200, ...(otherStatuses ?? [])]]).toEqual([
            question,
            told,
            expect.arrayContaining([response.status]),
          ]);
          expect(schema.parse(told)).toEqual(told);
          expect(READERS[name]?.parse(told) ?? told).toMatchObject(Object(told));
        }
    });
  },
);
