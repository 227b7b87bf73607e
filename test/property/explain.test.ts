// `keystone explain` says what the gateway does: both are asked about the same requests.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { balancers } from '../../src/balance/registry.ts';
import { type Explanation, type ExplainedRequest, explain } from '../../src/forward/explain.ts';
import { ExchangeRig } from '../support/exchange-rig.ts';
import type { FakeClient } from '../support/fake-client.ts';

const LIMITS = { headerBytes: 32 * 1024, headerCount: 100, targetBytes: 8 * 1024 };

type TenantText = {
  readonly domains: readonly string[];
  readonly prefix: string | null;
  readonly trace: boolean;
  readonly balance: string;
  readonly weights: readonly number[];
};

const domain = fc.constantFrom('a.test', 'b.test', '*.a.test');
const prefix = fc.constantFrom('/', '/a/', '/a/b/', '/api/');
const tenant: fc.Arbitrary<TenantText> = fc
  .record({
    domains: fc.uniqueArray(domain, { maxLength: 2 }),
    prefix: fc.option(prefix),
    trace: fc.boolean(),
    balance: fc.oneof(
      fc.constantFrom(...balancers.map(({ type, spread }) => (spread === 'key' ? keyed(type) : type))),
      fc.constant('round_robin'),
    ),
    weights: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 4 }),
  })
  .filter((one) => one.domains.length > 0 || one.prefix !== null);
const rulesOf = (one: TenantText): string[] =>
  (one.domains.length === 0 ? [''] : one.domains).map((host) => `${host} ${one.prefix ?? '/'}`);
const tenants = fc
  .array(tenant, { minLength: 1, maxLength: 4 })
  .filter((all) => new Set(all.flatMap(rulesOf)).size === all.flatMap(rulesOf).length);

const request: fc.Arbitrary<ExplainedRequest> = fc.record({
  method: fc.constantFrom('GET', 'POST', 'TRACE', 'OPTIONS', 'TRACE', 'OPTIONS', 'trace', 'BREW', 'HEAD'),
  host: fc.constantFrom('a.test', 'A.Test:80', 'x.a.test', 'c.test'),
  target: fc
    .tuple(
      fc.oneof(
        fc.constantFrom('/', '/a', '/a/', '/a/x', '/a/b', '/a/b/c', '/api', '/apix', '/api/y', '/admin/x', '/a/./b/'),
        fc.constantFrom('/%61/x%41', '/a/%62/c', '/%61', '/%61pi/%2Dy', '/%61/%2e%2E/api/', '/%61dmin/x'),
      ),
      fc.constantFrom('', '', '?q=1', '?'),
    )
    .map((parts) => parts.join('')),
  fields: fc.constantFrom([], [], ['Max-Forwards: 0'], ['Max-Forwards: 1'], ['X-A: 1', 'Max-Forwards: 0']),
});
const ambiguous = fc.constantFrom(
  '//a/x',
  '/a%2fb/x',
  '/x/..%2fa/y',
  '/a;v=1/x',
  '/a//b/x',
  '/%5capi/x',
  '/%61/x%2f..%2fy',
);

function yamlOf(all: readonly TenantText[]): string {
  const texts = all.map((one, at) => {
    const hosts = one.domains.length === 0 ? '' : `    domains: ${JSON.stringify(one.domains)}\n`;
    const path = one.prefix === null ? '' : `    path_prefix: "${one.prefix}"\n`;
    const base = ['', '/base', '/base?own=1'][at % 3] ?? '';
    const services = one.weights.map(
      (weight, n) =>
        `      - { name: t${at}s${n}, url: "http://127.0.0.1:${3000 + at * 10 + n}${base}", weight: ${weight} }\n`,
    );
    const settings = `    allow_trace: ${one.trace}\n    balance: ${one.balance}\n`;
    return `  - name: t${at}\n${hosts}${path}${settings}    services:\n${services.join('')}`;
  });
  return `tenants:\n${texts.join('')}`;
}

// Not by the client: who asks by the command line has another address.
function keyed(type: string): string {
  return `{ type: ${type}, key: path }`;
}

/** What happens to a request, in the words of an explanation. */
function observed(rig: ExchangeRig, { method, host, target, fields }: ExplainedRequest): unknown {
  const links = rig.network.links.length;
  const client = rig.send([`${method} ${target} HTTP/1.1`, `Host: ${host}`, ...fields, '', ''].join('\r\n'));
  const link = rig.network.links[links];
  if (link === undefined) return answered(client);
  link.accept();
  const { request: received, backend } = link;
  if (links % 2 === 0) client.leave(); // the others stay on their way, for balancers that look at the load
  return { kind: 'tenant', picked: [backend.name], forwarded: received?.target };
}

function answered({ failure, response }: FakeClient): unknown {
  if (failure !== null) return { kind: 'refused', code: failure.code };
  if (response?.status === 308) return { kind: 'redirect', location: response.headers[0]?.[1] };
  return response?.status === 404 ? { kind: 'admin' } : { kind: 'answered', status: response?.status };
}

function summary(explanation: Explanation): unknown {
  switch (explanation.kind) {
    case 'refused':
      return { kind: 'refused', code: explanation.failure.code };
    case 'tenant':
      return {
        kind: 'tenant',
        picked: explanation.backends.filter(({ isPicked }) => isPicked).map(({ name }) => name),
        forwarded: explanation.forwarded,
      };
    case 'redirect':
    case 'answered':
    case 'admin':
      return explanation;
  }
}

describe('an explanation', () => {
  test('says what then happens, for every method, host and path', () => {
    fc.assert(
      fc.property(tenants, fc.array(request, { minLength: 1, maxLength: 20, size: 'max' }), (all, requests) => {
        expectSame(all, requests);
      }),
      { numRuns: 80 },
    );
  });

  test('says what then happens to paths that can be read in two ways', () => {
    fc.assert(
      fc.property(tenants, fc.array(fc.tuple(request, ambiguous), { minLength: 1 }), (all, requests) => {
        expectSame(
          all,
          requests.map(([one, target]) => ({ ...one, target })),
        );
      }),
      { numRuns: 40 },
    );
  });

  test('shows the backend that a client belongs to, and takes no turn from anybody', () => {
    const rig = new ExchangeRig(
      `tenants:
  - name: t0
    path_prefix: "/"
    affinity: { cookie: stay }
    services:
      - { name: a, url: "http://127.0.0.1:1" }
      - { name: b, url: "http://127.0.0.1:2" }
`,
    );
    const value = new TextDecoder().decode(rig.pool.affinity?.cookieFor(rig.backend('b'), false)?.value);
    const [cookie = ''] = value.split(';');
    const shown = (fields: readonly string[]) =>
      summary(explain(rig.store.current, LIMITS, { method: 'GET', host: 'x', target: '/', fields }));
    for (let at = 0; at < 3; at++) {
      expect(shown([])).toMatchObject({ picked: ['a'] });
      expect(shown([`Cookie: ${cookie}`])).toMatchObject({ picked: ['b'] });
    }
    rig.request('GET', 1);
    expect(shown([])).toMatchObject({ picked: ['b'] });
    rig.stop();
  });

  test('names every other rule that matches', () => {
    const rig = new ExchangeRig(
      yamlOf([
        { ...PLAIN, domains: ['a.test'], prefix: '/a/' },
        { ...PLAIN, domains: [], prefix: '/' },
      ]),
    );
    const explanation = explain(rig.store.current, LIMITS, {
      method: 'GET',
      host: 'a.test',
      target: '/a/x',
      fields: [],
    });
    rig.stop();
    expect(explanation).toMatchObject({
      tenant: 't0',
      rule: 'host a.test and path /a/',
      passedOver: [{ name: 't1', rule: 'path /', why: 'it names no host' }],
    });
  });
});

const PLAIN = { trace: false, balance: 'round_robin', weights: [1] };

function expectSame(all: readonly TenantText[], requests: readonly ExplainedRequest[]): void {
  const rig = new ExchangeRig(yamlOf(all));
  for (const one of requests) {
    const explanation = explain(rig.store.current, LIMITS, one);
    expect({ ...one, is: observed(rig, one) }).toEqual({ ...one, is: summary(explanation) });
  }
  rig.stop();
}
