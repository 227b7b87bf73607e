// Routes within a tenant: where requests go, what the configuration refuses, and how they live over reloads.
import { describe, expect, test } from 'bun:test';
import { atOnce } from '../../src/core/slices.ts';
import { explain } from '../../src/forward/explain.ts';
import { CONTINUE, type Policy, type PolicyKind } from '../../src/policies/contract.ts';
import { checkPolicyPools } from '../../src/config/policy-pools.ts';
import { parsed, problemsOf } from '../support/configs.ts';
import { ExchangeRig, read } from '../support/exchange-rig.ts';
import { linkTo, openTo } from '../support/exchange-scenes.ts';
import { planOf, scripted } from '../support/policies/scripted.ts';
import { ANSWERED, OK } from '../support/policies/steps-scene.ts';

const WEB = '    services: [{ name: web, url: "http://10.0.0.1:1" }]\n';
const POOLS =
  '    pools:\n      api: { services: [{ name: a, url: "http://10.0.0.2:2" }] }\n      admin: { services: [{ name: b, url: "http://10.0.0.3:3" }] }\n';

function shop(routes: readonly string[], { services = WEB, more = '' } = {}): string {
  const list = routes.map((route) => `      - ${route}\n`).join('');
  return `tenants:\n  - name: shop\n    domains: [shop.test]\n${more}${services}${POOLS}    routes:\n${list}`;
}

const API = '{ match: { path_prefix: /api/ }, pool: api }';

/** Where a request goes that is answered at once: the backend and what it gets, or the status. */
function line(rig: ExchangeRig, text: string): string {
  const client = rig.send(`${text}\r\nHost: shop.test\r\n\r\n`);
  if (client.outcome !== null) return String(client.outcome);
  for (const link of rig.network.links) link.accept();
  const link = rig.network.links.find(({ request }) => request !== null);
  const { request, backend } = link ?? { request: null, backend: null };
  link?.reply(`${OK}ok`);
  return `${backend?.name} ${request?.method} ${request?.target}`;
}

describe('a route', () => {
  test('leads to its pool what is below its prefix, and the rest goes to the tenant itself', () => {
    const rig = new ExchangeRig(shop([API]));
    expect(line(rig, 'GET /api/x?y=1 HTTP/1.1')).toBe('api/a GET /api/x?y=1');
    expect(line(rig, 'GET /api HTTP/1.1')).toBe('api/a GET /api');
    expect(line(rig, 'GET /apix HTTP/1.1')).toBe('web GET /apix');
    expect(line(rig, 'GET / HTTP/1.1')).toBe('web GET /');
  });

  test('is found by path, method, field and query, the most specific one first', () => {
    const routes = [
      '{ match: { path_prefix: / , query: { debug: "*" } }, pool: admin }',
      API,
      '{ match: { path_prefix: /api/, methods: POST, headers: { X-Canary: "1" } }, pool: admin }',
      '{ match: { path_prefix: /api/, methods: POST }, pool: default }',
      '{ match: { path_template: "/api/users/{id}" }, pool: admin }',
      '{ match: { path: /api/users/me }, pool: api }',
    ];
    const rig = new ExchangeRig(shop(routes));
    expect(line(rig, 'GET /x?debug HTTP/1.1')).toStartWith('admin/b');
    expect(line(rig, 'GET /x?d=debug HTTP/1.1')).toStartWith('web');
    expect(line(rig, 'GET /api/x?debug HTTP/1.1')).toStartWith('api/a');
    expect(line(rig, 'POST /api/x HTTP/1.1')).toStartWith('web');
    expect(line(rig, 'POST /api/x HTTP/1.1\r\nx-canary: 1')).toStartWith('admin/b');
    expect(line(rig, 'GET /api/users/7 HTTP/1.1')).toStartWith('admin/b');
    expect(line(rig, 'GET /api/users/me HTTP/1.1')).toStartWith('api/a');
    expect(line(rig, 'GET /api/users/7/x HTTP/1.1')).toStartWith('api/a');
  });

  test('strips its prefix, the one of its tenant, or none, as it says', () => {
    const inside = (strip: string) => `{ match: { path_prefix: /s/api/ }, pool: api${strip} }`;
    const more = '    path_prefix: /s/\n';
    const forwarded = (strip: string, path: string): string =>
      line(new ExchangeRig(shop([inside(strip)], { more })), `GET ${path} HTTP/1.1`);
    expect(forwarded('', '/s/api/x')).toBe('api/a GET /api/x');
    expect(forwarded(', strip_prefix: true', '/s/api/x?q')).toBe('api/a GET /x?q');
    expect(forwarded(', strip_prefix: true', '/s/api?q')).toBe('api/a GET /?q');
    expect(forwarded(', strip_prefix: true', '/s/api/')).toBe('api/a GET /');
    expect(forwarded(', strip_prefix: false', '/s/api/x')).toBe('api/a GET /s/api/x');
    expect(forwarded(', strip_prefix: true', '/s/other')).toBe('web GET /other');
  });

  test('tells origins what it has stripped', () => {
    const rig = new ExchangeRig(shop(['{ match: { path_prefix: /api/ }, pool: api, strip_prefix: true }']));
    rig.send('GET /api/x HTTP/1.1\r\nHost: shop.test\r\n\r\n');
    expect(openTo(rig, 'api/a').received).toContain('X-Forwarded-Prefix: /api\r\n');
  });

  test('is needed where the tenant has no services: other requests are answered with 404', () => {
    const rig = new ExchangeRig(shop([API], { services: '' }));
    expect(line(rig, 'GET /api/x HTTP/1.1')).toStartWith('api/a');
    expect(rig.send('GET /x HTTP/1.1\r\nHost: shop.test\r\n\r\n').failure?.code).toBe('no-route');
    expect(rig.ended.at(-1)?.tenantName).toBe('shop');
    expect(rig.network.bugs).toEqual([]);
  });

  test('is found by the reading that a backend may have of a path: where that leads elsewhere, the request is refused', () => {
    const rig = new ExchangeRig(shop(['{ match: { path_prefix: /admin/ }, pool: admin }']));
    for (const path of ['//admin/x', '/x/..%2Fadmin/', '/admin;a=1/x', '/%5Cadmin/x', '/a%2F..%2Fadmin/x'])
      expect(rig.send(`GET ${path} HTTP/1.1\r\nHost: shop.test\r\n\r\n`).failure?.code).toBe('path-ambiguous');
    expect(line(rig, 'GET /admin//x HTTP/1.1')).toBe('admin/b GET /admin//x');
    expect(line(rig, 'GET /x//y HTTP/1.1')).toBe('web GET /x//y');
    expect(line(rig, 'GET /%61dmin/x HTTP/1.1')).toStartWith('admin/b');
  });

  test('keeps the exchanges that have begun by it while a reload leads others elsewhere', () => {
    const rig = new ExchangeRig(shop([API, '{ match: { path: /x }, pool: admin }']));
    const client = rig.send('GET /api/1 HTTP/1.1\r\nHost: shop.test\r\n\r\n');
    openTo(rig, 'api/a');
    const backend = rig.backend('api/a');
    rig.reload(shop([API.replace('pool: api', 'pool: admin'), '{ match: { path: /x }, pool: api }']));
    expect(rig.backend('api/a')).toBe(backend);
    linkTo(rig, 'api/a').reply(`${OK}ok`);
    expect(client.outcome).toBe(200);
    expect(line(rig, 'GET /api/2 HTTP/1.1')).toStartWith('admin/b');
    expect(line(rig, 'GET /x HTTP/1.1')).toStartWith('api/a');
  });
});

describe('the policies of a route', () => {
  const seen: string[] = [];
  const noting = (type: string, verdict = CONTINUE): PolicyKind<object> => ({
    ...scripted(type, {}),
    create: (): Policy => {
      const number = ++made;
      return {
        request: ({ path }) => {
          seen.push(`${type}${number} ${path}`);
          return verdict;
        },
        response: () => {
          seen.push(`${type}${number} back`);
          return CONTINUE;
        },
        close: () => void seen.push(`${type}${number} closed`),
      };
    },
  });
  let made = 0;

  function rigWith(routes: readonly string[]): { readonly rig: ExchangeRig; readonly plan: ReturnType<typeof plan> } {
    const kinds = [noting('common'), noting('own'), noting('answer', ANSWERED)];
    return { rig: new ExchangeRig(plan(routes), undefined, { policies: kinds }), plan: plan(routes) };
  }

  // Every route whose name is the type of a policy has it.
  function plan(routes: readonly string[]) {
    const whole = read(shop(routes));
    const tenants = whole.tenants.map((tenant) => ({
      ...tenant,
      fingerprint: `${tenant.fingerprint} with policies`,
      policies: [planOf('common')],
      routes: tenant.routes.map((route) => ({
        ...route,
        policies: route.name === null ? [] : route.name.split('-').map((type) => planOf(type)),
      })),
    }));
    return { ...whole, tenants };
  }

  test('come after those of the tenant, which all routes have in common, and answers pass them in reverse', () => {
    made = 0;
    seen.length = 0;
    const { rig } = rigWith([
      '{ name: own, match: { path_prefix: /a/ }, pool: api }',
      '{ name: answer, match: { path_prefix: /b/ } }',
      '{ match: { path_prefix: /c/ }, pool: api }',
    ]);
    line(rig, 'GET /a/1 HTTP/1.1');
    expect(seen.splice(0)).toEqual(['common1 /a/1', 'own2 /a/1', 'own2 back', 'common1 back']);
    expect(line(rig, 'GET /b/1 HTTP/1.1')).toBe('418');
    expect(seen.splice(0)).toEqual(['common1 /b/1', 'answer3 /b/1', 'answer3 back', 'common1 back']);
    line(rig, 'GET /c/1 HTTP/1.1');
    line(rig, 'GET /d/1 HTTP/1.1');
    expect(seen.splice(0)).toEqual(['common1 /c/1', 'common1 back', 'common1 /d/1', 'common1 back']);
  });

  test('go on over a reload that changes other routes, and end with theirs', () => {
    made = 0;
    seen.length = 0;
    const one = '{ name: own, match: { path_prefix: /a/ }, pool: api }';
    const { rig } = rigWith([one, '{ name: own-own, match: { path_prefix: /b/ }, pool: api }']);
    expect(made).toBe(4);
    atOnce(rig.apply(plan([one, '{ name: answer, match: { path_prefix: /b/ }, pool: api }'])));
    expect(seen.splice(0).toSorted()).toEqual(['own3 closed', 'own4 closed']);
    line(rig, 'GET /a/1 HTTP/1.1');
    expect(seen.splice(0)[1]).toBe('own2 /a/1');
    rig.reload('tenants: []');
    expect(seen.splice(0).toSorted()).toEqual(['answer5 closed', 'common1 closed', 'own2 closed']);
  });
});

describe('the configuration of routes', () => {
  const problems = (routes: readonly string[], options = {}) =>
    problemsOf(shop(routes, options)).map((text) => text.replace(/^test\.yaml:/, ''));
  const first = (route: string, options = {}) => problems([route, API], options)[0];

  test('is refused where two are as specific as each other, with the place of both', () => {
    expect(problems([API, '{ name: other, match: { path_prefix: /api/ }, pool: admin }'])).toEqual([
      '10:46 tenants[0].routes[1].match.path_prefix: the route is as specific as the one in line 9: neither comes first, expected another path, or a condition that tells them apart',
    ]);
    const apart = [
      ['{ match: { path: /a, methods: GET }, pool: api }', '{ match: { path: /a, methods: POST }, pool: admin }'],
      ['{ match: { path: /a }, pool: api }', '{ match: { path_prefix: /a/ }, pool: admin }'],
      [
        '{ match: { path: /a, headers: { x-a: "1" } }, pool: api }',
        '{ match: { path: /a, headers: { X-A: "2" } }, pool: admin }',
      ],
    ];
    for (const routes of apart) expect(problems(routes)).toEqual([]);
    const alike = [
      ['{ match: { path_template: "/a/{x}" }, pool: api }', '{ match: { path_template: "/a/{y}" }, pool: admin }'],
      [
        '{ match: { path: /a, methods: [GET, PUT] }, pool: api }',
        '{ match: { path: /a, methods: [PUT] }, pool: admin }',
      ],
      [
        '{ match: { path: /a, query: { a: "1" } }, pool: api }',
        '{ match: { path: /a, headers: { a: "1" } }, pool: admin }',
      ],
    ];
    for (const routes of alike) expect(problems(routes)).toEqual([expect.stringContaining('neither comes first')]);
  });

  test('is refused where a route can never win', () => {
    const covered = '{ match: { path_prefix: /api/, hosts: shop.test }, pool: admin }';
    expect(problems([API, covered])).toEqual([
      expect.stringContaining(
        '9:33 tenants[0].routes[0].match.path_prefix: the route can never win: the one in line 10',
      ),
    ]);
    expect(problems([covered, API])).toEqual([expect.stringContaining('10:33 tenants[0].routes[1]')]);
    const more = '    path_prefix: [/s/, /t/]\n';
    expect(problems([API], { more })).toEqual([
      expect.stringContaining('"/api/" lies outside of the paths of the tenant'),
    ]);
    for (const match of ['path_prefix: /', 'path: /s/x', 'path_template: "/{x}/y"', 'path_prefix: /s/a/'])
      expect(problems([`{ match: { ${match} }, pool: api }`], { more })).toEqual([]);
    expect(first('{ match: { path: /x, hosts: [other.test] }, pool: api }')).toContain(
      '"other.test" is no host of the tenant',
    );
    expect(problems(['{ match: { path_prefix: [/a/, /a/] }, pool: api }'])[0]).toContain(
      'named twice, first in line 9',
    );
  });

  test('is refused where a route leads nowhere, or to several places', () => {
    expect(first('{ match: { path: /x }, pool: apj }')).toContain(
      'no pool has the name "apj", expected one of default, api, admin (did you mean api?)',
    );
    expect(first('{ match: { path: /x } }', { services: '' })).toContain('the tenant has no services of its own');
    expect(first('{ match: { path: /x }, pool: api, strip_prefix: true }')).toContain('there is no prefix to strip');
    expect(first('{ name: a, match: { path: /x }, pool: api }')).toBe(problems([API])[0]);
    expect(problems(['{ name: a, pool: api, match: { path: /1 } }', '{ name: a, pool: api }'])).toEqual([
      expect.stringContaining('the name "a" is taken by the route in line 9'),
    ]);
  });

  test('is refused where a path has what no path can have', () => {
    for (const [match, text] of [
      ['path: api', 'does not begin with "/"'],
      ['path_prefix: /api', "must start and end with '/'"],
      ['path_template: /api', 'has no parameter such as {id}'],
      ['path_template: "/a{x}/b"', 'stands for a whole segment'],
      ['path_template: "/{x*}"', 'stands for a whole segment'],
      ['path_template: "/{a}/%2F"', 'percent-encoded'],
      ['methods: "G T"', 'is not a method'],
      ['headers: { "a b": "1" }', 'is not a field name'],
      ['path_regex: "^/"', 'unknown key'],
    ])
      expect(first(`{ match: { ${match} }, pool: api }`)).toContain(text);
  });

  test('lets nobody have a path of the admin API', () => {
    const text = `admin_base_path: /admin\nadmin: { tokens: [a-token-of-sixteen] }\n${shop(['{ match: { path: /admin/x }, pool: api }'])}`;
    expect(problemsOf(text)[0]).toContain('lies below admin_base_path');
  });

  test('has a warning for pools that nothing leads to', () => {
    const warnings = (text: string) => parsed(text).warnings.map(({ message, line: at }) => `${at} ${message}`);
    expect(warnings(shop([API]))).toEqual(['7 warning: no route leads to this pool, and no policy names it']);
    expect(warnings(shop(['{ pool: api }', '{ match: { path: /x }, pool: admin }']))).toEqual([
      '4 warning: a route leads all requests elsewhere, so that the services of the tenant itself get none',
    ]);
    const other =
      '  - { name: other, domains: [shop.test], path_prefix: /api/, services: [{ name: a, url: "http://a" }] }\n';
    expect(warnings(shop([API, '{ match: { path: /x }, pool: admin }']) + other)).toEqual([
      '9 warning: the route can never win: all of its paths belong to the tenant other (/api/)',
    ]);
  });
});

describe('an explanation', () => {
  const explained = (routes: readonly string[], target: string, services = WEB) => {
    const rig = new ExchangeRig(shop(routes, { services }));
    const limits = { headerBytes: 8192, headerCount: 20, targetBytes: 2048 };
    const result = explain(rig.store.current, limits, { method: 'GET', host: 'shop.test', target, fields: [] });
    if (result.kind !== 'tenant') throw new Error(result.kind);
    return result;
  };

  test('says which route has won, by what, and what came next', () => {
    const routes = [
      '{ name: secret, match: { path_prefix: /api/v1/, query: { token: s3cret } }, pool: admin, strip_prefix: true }',
      '{ name: v1, match: { path_prefix: /api/v1/ }, pool: admin }',
      API,
    ];
    expect(explained(routes, '/api/v1/x?token=s3cret')).toMatchObject({
      tenant: 'shop',
      pool: 'admin',
      strippedPrefix: '/api/v1',
      forwarded: '/x?token=s3cret',
      route: {
        name: 'secret',
        rule: 'path /api/v1/ with parameter token',
        why: 'the most specific one that matches',
        passedOver: [
          { name: 'v1', rule: 'path /api/v1/', why: 'it has no conditions, the other 1' },
          { name: null, rule: 'path /api/', why: 'its prefix is shorter' },
        ],
      },
      backends: [{ name: 'admin/b', isPicked: true }],
    });
  });

  test('says where a request goes that has no route', () => {
    expect(explained([API], '/x')).toMatchObject({ route: null, pool: 'default', backends: [{ name: 'web' }] });
    expect(explained([API], '/x', '')).toMatchObject({ route: null, pool: null, backends: [] });
  });
});

test('a policy that sends requests to a pool must name one of its tenant', () => {
  // `headers` in the place of a policy that does so.
  const kind: PolicyKind<unknown> = { ...scripted('headers', {}), pools: () => ['api', 'apj'] };
  const policy = 'headers: { request: { set: { X-A: "1" } } }';
  const text = `policy_sets: { all: [${policy}] }\n${shop(
    [`{ match: { path: /x }, pool: api, policies: [${policy}] }`],
    {
      more: `    policies: [${policy}, { use: all }]\n`,
    },
  )}`;
  expect(checkPolicyPools(parsed(text).config)).toEqual([]);
  const found = checkPolicyPools(parsed(text).config, [kind]);
  expect(found.map(({ path }) => path.slice(2).join('.'))).toEqual([
    'policies.0.headers',
    'policies.1.use',
    'routes.0.policies.0.headers',
  ]);
  expect(found[0]).toMatchObject({
    message: 'no pool of the tenant has the name apj',
    expected: 'one of default, api, admin',
  });
  expect(found[0].suggest?.('')).toBe('api');
});
