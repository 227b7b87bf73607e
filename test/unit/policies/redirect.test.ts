import { describe, expect, test } from 'bun:test';
import { asked, rigOf } from '../../support/policies/asked.ts';

const locationOf = (options: object, fields: readonly string[] = []) => {
  const { response } = asked(rigOf({ redirect: options }), fields);
  return response === null ? null : [response.status, response.headers.find(([name]) => name === 'Location')?.[1]];
};

describe('a redirect', () => {
  test('leads elsewhere with path and query, and keeps the method', () => {
    const [status, location] = locationOf({ to: 'https://new.test{path}{query}' }) ?? [];
    expect(status).toBe(308);
    expect(location).toMatch(/^https:\/\/new\.test\/\d+$/);
  });

  test('has the status that is asked for', () => {
    expect(locationOf({ to: '/login', status: '302' })).toEqual([302, '/login']);
  });

  test('to TLS leads to the same place, and only who comes without', () => {
    expect(locationOf({ https: true })?.[1]).toMatch(/^https:\/\/x\/\d+$/);
    const rig = rigOf({ redirect: { https: true } });
    const client = rig.request('GET', 1);
    expect(client.response?.status).toBe(308);
  });

  test.each([
    ['//evil.test/', '/evil.test/'],
    ['/\\evil.test', '/%5Cevil.test'],
    ['\\/evil.test', '/%5C/evil.test'],
  ])('to %p cannot be made to name another host', (value, location) => {
    expect(locationOf({ to: '{header.x-to}' }, [`X-To: ${value}`])?.[1]).toBe(location);
  });

  test('to where the client is already lets it through', () => {
    expect(locationOf({ to: 'http://{host}{path}{query}' })).toBeNull();
  });

  test('must say where to', () => {
    expect(() => rigOf({ redirect: {} })).toThrow('says nowhere to go');
  });
});
