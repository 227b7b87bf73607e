import { describe, expect, test } from 'bun:test';
import { failure } from '../../../src/core/failure.ts';
import { responseEdit } from '../../../src/message/edits.ts';
import { securityHeaders } from '../../../src/policies/security-headers.ts';
import {
  backendAnswer,
  claimsOf,
  linesOf,
  localAnswer,
  policyOf,
  refusalsOf,
  requestFor,
  verdictOnAnswer,
} from '../../support/policies/alone.ts';

const SAFE = [
  'X-Content-Type-Options: nosniff',
  'X-Frame-Options: SAMEORIGIN',
  'Referrer-Policy: strict-origin-when-cross-origin',
];
const TRANSPORT = 'Strict-Transport-Security: max-age=31536000';

type Asked = Parameters<typeof requestFor>[1];

function added(options: object, fields: readonly string[] = [], asked: Asked = {}): readonly string[] {
  const request = requestFor('/', asked);
  verdictOnAnswer(policyOf(securityHeaders, options), request, backendAnswer(fields));
  return linesOf(request.responseEdits);
}

describe('the safe fields', () => {
  test('stand on answers, and what tells of programs does not', () => {
    const request = requestFor('/');
    const response = backendAnswer(['Server: a', 'X-Powered-By: b', 'X-A: c']);
    verdictOnAnswer(policyOf(securityHeaders, {}), request, response);
    expect(linesOf(request.responseEdits)).toEqual(SAFE);
    const { head } = response;
    expect([0, 1, 2].map((f) => head !== null && request.responseEdits.removes(head, f))).toEqual([true, true, false]);
  });

  test('stand on answers of the gateway itself', () => {
    const request = requestFor('/');
    const why = failure('connect-refused');
    const local = { status: 502, headers: [['x-frame-options', 'DENY']], body: new Uint8Array(0) } as const;
    verdictOnAnswer(policyOf(securityHeaders, {}), request, localAnswer(local, why));
    expect(linesOf(request.responseEdits)).toEqual(SAFE.filter((line) => !line.startsWith('X-Frame')));
  });

  test('name TLS to clients that have come by it, by themselves or to a trusted proxy', () => {
    expect(added({}, [], { client: { isTls: true } })).toEqual([...SAFE, TRANSPORT]);
    expect(added({}, [], { client: { claims: claimsOf('https') } })).toContain(TRANSPORT);
    expect(added({}, [], { client: { claims: claimsOf('http'), isTls: true } })).not.toContain(TRANSPORT);
  });

  test('leave those of the origin, and of policies further in, unless they are forced', () => {
    expect(added({}, ['x-frame-options: DENY'])).not.toContain(SAFE[1]);
    expect(added({ mode: 'force' }, ['x-frame-options: DENY'])).toContain(SAFE[1]);
    const request = requestFor('/');
    request.answers();
    request.responseEdits.add(responseEdit.set('X-Frame-Options', 'DENY'));
    void policyOf(securityHeaders, {}).response?.(request, backendAnswer());
    expect(linesOf(request.responseEdits)).toEqual(['X-Frame-Options: DENY', SAFE[0], SAFE[2]].map(String));
  });

  test('are added where a policy further in has removed what the origin said', () => {
    const request = requestFor('/');
    request.answers();
    request.responseEdits.add(responseEdit.remove('X-Frame-Options'));
    void policyOf(securityHeaders, {}).response?.(request, backendAnswer(['X-Frame-Options: ALLOWALL']));
    expect(linesOf(request.responseEdits)).toContain('X-Frame-Options: SAMEORIGIN');
  });
});

describe('security headers', () => {
  test('are those that are given, with or without the safe ones', () => {
    const given = {
      content_security_policy: "default-src 'self'",
      frame_options: 'off',
      referrer_policy: 'no-referrer',
    };
    expect(added(given)).toEqual([
      'X-Content-Type-Options: nosniff',
      'Referrer-Policy: no-referrer',
      "Content-Security-Policy: default-src 'self'",
    ]);
    expect(added({ ...given, preset: 'none' }, [], { client: { isTls: true } })).toEqual([
      'Referrer-Policy: no-referrer',
      "Content-Security-Policy: default-src 'self'",
    ]);
  });

  test('say of TLS what is wanted', () => {
    const client = { isTls: true };
    const hsts = { max_age: '730d', include_subdomains: true, preload: true };
    expect(added({ hsts }, [], { client })).toContain(
      'Strict-Transport-Security: max-age=63072000; includeSubDomains; preload',
    );
    expect(added({ hsts: { enabled: false } }, [], { client })).toEqual(SAFE);
    expect(added({ hsts: { max_age: 0 } }, [], { client })).toContain('Strict-Transport-Security: max-age=0');
  });

  test.each([
    [{ hsts: { preload: true } }, /hsts.preload: is taken by nobody/],
    [{ hsts: { max_age: '4000d' } }, /will not do/],
    [{ content_security_policy: 'a\r\nb' }, /a character that no field may have/],
    [{ remove: ['Content-Length'] }, /set by the gateway alone/],
    [{ frame_options: 'ALLOW' }, /is not known/],
  ])('cannot be %j', (options, message) => {
    expect(refusalsOf(securityHeaders, options).join()).toMatch(message);
  });
});
