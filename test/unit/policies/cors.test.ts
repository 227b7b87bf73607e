import { describe, expect, test } from 'bun:test';
import { answered, asked, rigOf } from '../../support/policies/asked.ts';

const APP = 'https://app.example.com';
const PREFLIGHT = ['Access-Control-Request-Method: PUT', 'Access-Control-Request-Headers: x-a, bad header, X-B'];

describe('a preflight', () => {
  test('is answered, with what the page may do', () => {
    const rig = rigOf({ cors: { origins: [APP], credentials: true } });
    const { response, added } = asked(rig, [`Origin: ${APP}`, ...PREFLIGHT], 'OPTIONS');
    expect(response?.status).toBe(204);
    expect(Object.fromEntries(response?.headers ?? [])).toMatchObject({
      'Access-Control-Allow-Methods': 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS',
      'Access-Control-Allow-Headers': 'x-a, X-B',
      'Access-Control-Max-Age': '600',
    });
    expect(added).toContain(`Access-Control-Allow-Origin: ${APP}`);
    expect(added).toContain('Access-Control-Allow-Credentials: true');
  });

  test('of another origin says nothing that would let it in', () => {
    const { response, added } = asked(
      rigOf({ cors: { origins: [APP] } }),
      ['Origin: https://evil.test', ...PREFLIGHT],
      'OPTIONS',
    );
    expect([response?.status, added]).toEqual([204, ['Vary: Origin']]);
    expect(JSON.stringify(response?.headers)).not.toContain('Allow');
  });

  test('comes before a policy that refuses, which a plain OPTIONS does not', () => {
    const rig = rigOf({ cors: { origins: [APP] } }, { ip_access: { allow: ['192.0.2.1'] } });
    expect(asked(rig, [`Origin: ${APP}`, ...PREFLIGHT], 'OPTIONS').response?.status).toBe(204);
    expect(asked(rig, [`Origin: ${APP}`], 'OPTIONS').failure?.code).toBe('forbidden');
  });
});

describe('an answer', () => {
  test.each([
    [APP, true],
    ['https://a.pages.test', true],
    ['https://a.b.pages.test', false],
    ['https://pages.test', false],
    ['https://app.example.com.evil.test', false],
    ['http://app.example.com', false],
    ['https://app.example.com:8443', false],
    ['null', false],
  ])('to a page of %s says so: %p', (origin, isIn) => {
    const { added } = answered(rigOf({ cors: { origins: [APP, 'https://*.pages.test'] } }), [`Origin: ${origin}`]);
    expect(added).toEqual(isIn ? ['Vary: Origin', `Access-Control-Allow-Origin: ${origin}`] : ['Vary: Origin']);
  });

  test('varies by origin without one as well, and says so once', () => {
    const rig = rigOf({ cors: { origins: [APP] } });
    expect(answered(rig).added).toEqual(['Vary: Origin']);
    expect(answered(rig, [], ['Vary: Accept, origin']).added).toEqual([]);
  });

  test('of a refusal tells the page, too', () => {
    const rig = rigOf({ cors: { origins: [APP] } }, { ip_access: { allow: ['192.0.2.1'] } });
    const { failure, added } = asked(rig, [`Origin: ${APP}`]);
    expect(failure?.code).toBe('forbidden');
    expect(added).toContain(`Access-Control-Allow-Origin: ${APP}`);
  });

  test('for any origin has an asterisk', () => {
    expect(answered(rigOf({ cors: { origins: 'any' } }), ['Origin: https://x.test']).added).toEqual([
      'Access-Control-Allow-Origin: *',
    ]);
  });
});

test('credentials for any origin are a mistake', () => {
  expect(() => rigOf({ cors: { origins: 'any', credentials: true } })).toThrow('every site could act for the user');
});
