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
