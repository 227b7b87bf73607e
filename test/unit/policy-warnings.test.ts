import { describe, expect, test } from 'bun:test';
import { parsed } from '../support/configs.ts';

const HASH = `sha256:${'ab'.repeat(32)}`;
const LOGIN = `api_key: { keys: [{ id: a, hash: "${HASH}" }] }`;
const CORS = 'cors: { origins: ["https://app.example.com"] }';
const BY_CONSUMER = 'rate_limit: { requests: 1, key: consumer }';
const TELLS = 'headers: { request: { set: { x-consumer: a } } }';

function warningsOf(policies: readonly string[], more = '', sets = ''): readonly string[] {
  const list = policies.map((policy) => `{ ${policy} }`).join(', ');
  const tenant = `  - { name: a, path_prefix: "/", services: [{ name: a, url: "http://127.0.0.1:1" }], policies: [${list}]${more} }`;
  return parsed(`${sets}tenants:\n${tenant}\n`).warnings.map(({ message }) => message);
}

describe('an order of policies that cannot mean what it says', () => {
  test.each([
    ['cors behind a login', [LOGIN, CORS], /browsers ask this without a login, which api_key/],
    ['a limit by consumer that nobody finds out', [BY_CONSUMER, LOGIN], /no policy before it finds out who that is/],
    ['the same of what is under way', ['concurrency: { limit: 1, key: consumer }'], /no policy before it finds out/],
    ['a split by consumer', ['split: { pools: { default: 1 }, sticky: consumer }'], /no policy before it finds out/],
    [
      'a split behind a cache',
      ['cache: {}', 'split: { pools: { default: 1 } }'],
      /the cache before it gives to everybody/,
    ],
    [
      'a cache before a login',
      ['cache: {}', LOGIN],
      /what it keeps is given to clients that api_key after it would not let in/,
    ],
    ['fields that a policy tells backends by', [LOGIN, TELLS], /changes a field by which api_key tells backends/],
  ])('is warned of: %s', (_, policies, message) => {
    const warnings = warningsOf(policies);
    expect(warnings.length).toBe(1);
    expect(warnings[0]).toMatch(message);
  });

  test.each([
    ['cors first', [CORS, LOGIN]],
    ['a login for some requests only', [`${LOGIN}, when: { paths: ["/a"] }`, CORS]],
    ['a login that is not enabled', [`${LOGIN}, enabled: false`, CORS]],
    ['a limit behind a login', [LOGIN, BY_CONSUMER]],
    ['a mirror, which asks for nothing', ['mirror: { to: default }', CORS]],
    ['a cache of each version', ['split: { pools: { default: 1 } }', 'cache: {}']],
    ['a cache behind a login', [LOGIN, 'cache: {}']],
    ['a cache before a login for some requests', ['cache: {}', `${LOGIN}, when: { paths: ["/a"] }`]],
    ['other fields', [LOGIN, 'headers: { request: { set: { x-other: a } } }']],
  ])('is none: %s', (_, policies) => {
    expect(warningsOf(policies)).toEqual([]);
  });

  test('is seen in routes and in sets, once for each place', () => {
    const route = `, routes: [{ match: { path: /a }, policies: [{ ${CORS} }], static: { body: a } }]`;
    expect(warningsOf([LOGIN], route).length).toBe(1);
    const sets = `policy_sets: { all: [{ ${LOGIN} }, { ${CORS} }] }\n`;
    expect(warningsOf(['use: all'], '', sets).length).toBe(1);
  });
});

describe('a policy that hardly means what it says', () => {
  const domains = ', domains: [a.example]';

  test.each([
    ['a redirect to a host that a client names', 'redirect: { https: true }', '', /the tenant has no domains/],
    ['the same by a place', 'redirect: { to: "https://{host}/new" }', '', /the tenant has no domains/],
    ['a redirect to itself', 'redirect: { to: "https://a.example/new{path}" }', domains, /without an end/],
    ['a redirect to its own host', 'redirect: { to: "https://{host}/new{path}" }', domains, /without an end/],
    ['a redirect to a longer path', 'redirect: { to: "/new{path}" }', domains, /without an end/],
    ['all of IPv4', 'ip_access: { allow: ["0.0.0.0/0"] }', '', /holds no IPv6 address/],
    ['all of IPv6', 'ip_access: { deny: ["::/0"] }', '', /holds no IPv4 address/],
  ])('is warned of: %s', (_, policy, more, message) => {
    const warnings = warningsOf([policy], more);
    expect(warnings.length).toBe(1);
    expect(warnings[0]).toMatch(message);
  });

  test.each([
    ['a redirect to https in a tenant with domains', 'redirect: { https: true }', domains],
    ['a redirect to another host', 'redirect: { to: "https://b.example/new{path}" }', domains],
    ['a redirect to its own host for some', 'redirect: { to: "/new{path}" }, when: { paths: ["/old/*"] }', domains],
    ['a redirect to one path', 'redirect: { to: "/new" }', domains],
    ['all addresses', 'ip_access: { allow: ["0.0.0.0/0", "::/0"], deny: ["10.0.0.1"] }', ''],
  ])('is none: %s', (_, policy, more) => {
    expect(warningsOf([policy], more)).toEqual([]);
  });
});
