import { describe, expect, test } from 'bun:test';
import { cors } from '../../../src/policies/cors.ts';
import {
  answerTo,
  backendAnswer,
  fieldOf,
  linesOf,
  localAnswer,
  policyOf,
  refusalsOf,
  requestFor,
  verdictOn,
  verdictOnAnswer,
} from '../../support/policies/alone.ts';

const APP = 'https://app.example.com';
const PREFLIGHT = [
  `Origin: ${APP}`,
  'Access-Control-Request-Method: PUT',
  'Access-Control-Request-Headers: X-A, content-type',
];

/** What is added to an answer, for a page of that origin; null: the request names none. */
function added(options: object, origin: string | null, fields: readonly string[] = []): readonly string[] {
  const request = requestFor('/', { fields: origin === null ? [] : [`Origin: ${origin}`] });
  verdictOnAnswer(policyOf(cors, options), request, backendAnswer(fields));
  return linesOf(request.responseEdits);
}

describe('a page', () => {
  test('of an origin that is listed may read the answer, which depends on the origin', () => {
    expect(added({ origins: [APP] }, APP)).toEqual([`Access-Control-Allow-Origin: ${APP}`, 'Vary: Origin']);
    expect(added({ origins: [APP], credentials: true, expose: ['X-A', 'X-B'] }, APP)).toEqual([
      `Access-Control-Allow-Origin: ${APP}`,
      'Access-Control-Allow-Credentials: true',
      'Access-Control-Expose-Headers: X-A, X-B',
      'Vary: Origin',
    ]);
  });

  test('of any other origin is told nothing, though the answer depends on it', () => {
    for (const origin of [
      null,
      'https://app.example.com.evil.example',
      'http://app.example.com',
      `${APP}:8443`,
      'HTTPS://APP.EXAMPLE.COM',
      `${APP}/`,
      'null',
      `${APP}, ${APP}`,
    ])
      expect([origin, added({ origins: [APP] }, origin)]).toEqual([origin, ['Vary: Origin']]);
  });

  test('may be of any origin where that is said, for caches too', () => {
    for (const origin of [null, APP])
      expect(added({ origins: ['any'] }, origin)).toEqual(['Access-Control-Allow-Origin: *']);
  });

  test('may be of one label more where that is said, and of nothing else', () => {
    const origins = ['https://*.example.com'];
    expect(added({ origins }, APP)).toContain(`Access-Control-Allow-Origin: ${APP}`);
    for (const origin of [
      'https://example.com',
      'https://.example.com',
      'https://a.b.example.com',
      'https://evil.com?.example.com',
      'https://evil.com#.example.com',
      'https://appXexample.com',
      'https://app.example.com.evil.example',
    ])
      expect([origin, added({ origins }, origin)]).toEqual([origin, ['Vary: Origin']]);
  });

  test('without an origin counts where that is said', () => {
    expect(added({ origins: ['null'] }, 'null')).toEqual(['Access-Control-Allow-Origin: null', 'Vary: Origin']);
  });
});

describe('an answer of a backend', () => {
  test('has its own fields of this kind removed, for every origin', () => {
    const fields = ['Access-Control-Allow-Origin: *', 'access-control-max-age: 1', 'X-A: 1'];
    const response = backendAnswer(fields);
    for (const origin of [APP, 'https://evil.example']) {
      const request = requestFor('/', { fields: [`Origin: ${origin}`] });
      verdictOnAnswer(policyOf(cors, { origins: [APP] }), request, response);
      const { head } = response;
      const isGone = fields.map((_, f) => head !== null && request.responseEdits.removes(head, f));
      expect(isGone).toEqual([true, true, false]);
    }
  });

  test('that depends on the origin already is not said to do so twice', () => {
    expect(added({ origins: [APP] }, null, ['Vary: Accept', 'Vary: Cookie, origin'])).toEqual([]);
    expect(added({ origins: [APP] }, null, ['Vary: *'])).toEqual([]);
    expect(added({ origins: [APP] }, null, ['Vary: Accept'])).toEqual(['Vary: Origin']);
  });
});

describe('what a browser asks beforehand', () => {
  test('is answered', () => {
    const policy = policyOf(cors, { origins: [APP], credentials: true });
    const request = requestFor('/', { method: 'OPTIONS', fields: PREFLIGHT });
    const answer = answerTo(policy, request);
    expect(answer.status).toBe(204);
    expect(fieldOf(answer, 'access-control-allow-methods')).toBe('GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS');
    expect(fieldOf(answer, 'access-control-allow-headers')).toBe('X-A, content-type');
    expect(fieldOf(answer, 'access-control-max-age')).toBe('600');
    expect(fieldOf(answer, 'vary')).toBe('Access-Control-Request-Headers');
    verdictOnAnswer(policy, request, localAnswer(answer));
    expect(linesOf(request.responseEdits)).toEqual([
      `Access-Control-Allow-Origin: ${APP}`,
      'Access-Control-Allow-Credentials: true',
      'Vary: Origin',
    ]);
  });

  test('is answered by nothing to other origins', () => {
    const fields = ['Origin: https://evil.example', ...PREFLIGHT.slice(1)];
    const answer = answerTo(policyOf(cors, { origins: [APP] }), requestFor('/', { method: 'OPTIONS', fields }));
    expect(answer).toMatchObject({ status: 204, headers: [] });
  });

  test('names no field that is none', () => {
    const fields = [...PREFLIGHT.slice(0, 2), 'Access-Control-Request-Headers: x-a, x b, "x", x-c'];
    const answer = answerTo(policyOf(cors, { origins: [APP] }), requestFor('/', { method: 'OPTIONS', fields }));
    expect(fieldOf(answer, 'access-control-allow-headers')).toBe('x-a, x-c');
  });

  test('may list fields, and a private network', () => {
    const policy = policyOf(cors, { origins: [APP], headers: ['X-A'], max_age: 0, private_network: true });
    const fields = [...PREFLIGHT, 'Access-Control-Request-Private-Network: true'];
    expect(answerTo(policy, requestFor('/', { method: 'OPTIONS', fields })).headers).toEqual([
      ['Access-Control-Allow-Methods', 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS'],
      ['Access-Control-Max-Age', '0'],
      ['Access-Control-Allow-Headers', 'X-A'],
      ['Access-Control-Allow-Private-Network', 'true'],
    ]);
  });

  test('goes on where the backend is to answer, with what it says', () => {
    const policy = policyOf(cors, { origins: [APP], preflight: 'forward' });
    const request = requestFor('/', { method: 'OPTIONS', fields: PREFLIGHT });
    expect(verdictOn(policy, request).kind).toBe('continue');
    verdictOnAnswer(policy, request, backendAnswer(['Access-Control-Allow-Methods: GET']));
    expect(request.responseEdits.isEmpty).toBe(true);
  });

  test('is told from other OPTIONS requests, which go on', () => {
    const policy = policyOf(cors, { origins: [APP] });
    for (const [method, fields] of [
      ['OPTIONS', []],
      ['OPTIONS', PREFLIGHT.slice(0, 1)],
      ['OPTIONS', PREFLIGHT.slice(1)],
      ['GET', PREFLIGHT],
    ] as const)
      expect(verdictOn(policy, requestFor('/', { method, fields })).kind).toBe('continue');
  });
});

describe('options of cors', () => {
  test.each([
    [{ origins: ['any'], credentials: true }, /credentials: stands beside/],
    [{ origins: [] }, /./],
    ...['app.example.com', 'https://a.example/x', 'https://a*.example', 'https://*', 'ftp://a', 'https://a.*.b'].map(
      (one) => [{ origins: [one] }, /is no origin/] as const,
    ),
    [{ origins: ['https://a.example/'] }, /ends with a slash/],
    [{ origins: ['https://a.example:443'] }, /names the usual port/],
    [{ origins: [APP], headers: ['a b'] }, /is no field name/],
  ])('cannot be %j', (options, message) => {
    expect(refusalsOf(cors, options).join()).toMatch(message);
  });

  test('take origins in any case', () => {
    expect(added({ origins: ['HTTPS://App.Example.com'] }, APP)).toContain(`Access-Control-Allow-Origin: ${APP}`);
  });
});
