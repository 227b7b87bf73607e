import { describe, expect, test } from 'bun:test';
import { redirect } from '../../../src/policies/redirect.ts';
import {
  answerTo,
  claimsOf,
  fieldOf,
  policyOf,
  refusalsOf,
  requestFor,
  verdictOn,
} from '../../support/policies/alone.ts';

function locationOf(options: object, target: string, asked: Parameters<typeof requestFor>[1] = {}): string | null {
  return fieldOf(answerTo(policyOf(redirect, options), requestFor(target, asked)), 'location');
}

describe('a redirect', () => {
  test('keeps path and query, and the method: 308 if nothing else is said', () => {
    const policy = policyOf(redirect, { to: 'https://new.example.com{path}{query}' });
    const answer = answerTo(policy, requestFor('/a%2Fb/c?d=e&f', { method: 'POST' }));
    expect(answer).toMatchObject({ status: 308, headers: [['Location', 'https://new.example.com/a%2Fb/c?d=e&f']] });
    expect(answerTo(policyOf(redirect, { to: '/x', status: 301 }), requestFor('/')).status).toBe(301);
  });

  test('names no other host for paths that look like one', () => {
    expect(locationOf({ to: '{path}/' }, '//evil.example/')).toBe('/evil.example//');
    expect(locationOf({ to: '/{header.x}' }, '/', { fields: ['X: /evil.example'] })).toBe('/evil.example');
    expect(locationOf({ to: '/{header.x}' }, '/', { fields: ['X: \\evil.example'] })).toBe('/evil.example');
    expect(locationOf({ to: 'https://a.example{path}' }, '//evil.example')).toBe('https://a.example//evil.example');
  });

  test('writes what a URL may not have as escapes', () => {
    const fields = ['X: a b"<\xe9'];
    expect(locationOf({ to: '/ü?q={header.x}' }, '/', { fields })).toBe('/%C3%BC?q=a%20b%22%3C%E9');
  });

  test('lets those go on who are there already', () => {
    const client = { isTls: true };
    const kindOf = (to: string, asked = {}) => verdictOn(policyOf(redirect, { to }), requestFor('/a?b', asked)).kind;
    expect(kindOf('https://{host}{path}{query}')).toBe('respond');
    expect(kindOf('https://{host}{path}{query}', { client })).toBe('continue');
    expect(kindOf('https://a.example{path}{query}', { client, host: 'a.example' })).toBe('continue');
    expect([kindOf('/a?b'), kindOf('/a')]).toEqual(['continue', 'respond']);
  });

  test('leaves the questions of certificate authorities alone', () => {
    for (const options of [{ https: true }, { to: 'https://a.example{path}' }])
      expect(verdictOn(policyOf(redirect, options), requestFor('/.well-known/acme-challenge/x')).kind).toBe('continue');
  });
});

describe('a redirect to https', () => {
  const policy = policyOf(redirect, { https: true });

  test('is for requests that came without TLS, by themselves or to a trusted proxy', () => {
    expect(locationOf({ https: true }, '/a?b', { host: 'a.example:8080' })).toBe('https://a.example/a?b');
    expect(verdictOn(policy, requestFor('/', { client: { isTls: true } })).kind).toBe('continue');
    expect(verdictOn(policy, requestFor('/', { client: { claims: claimsOf('https, http') } })).kind).toBe('continue');
    expect(verdictOn(policy, requestFor('/', { client: { isTls: true, claims: claimsOf('http') } })).kind).toBe(
      'respond',
    );
  });

  test('may name a port', () => {
    expect(locationOf({ https: true, port: 8443 }, '/', { host: 'a.example:8080' })).toBe('https://a.example:8443/');
    expect(locationOf({ https: true, port: 8443 }, '/', { host: '[::1]:8080' })).toBe('https://[::1]:8443/');
  });
});

describe('options of a redirect', () => {
  test.each([
    [{}, /says neither where to/],
    [{ to: '/', https: true }, /stands beside/],
    [{ to: '/', status: 200 }, /no status of a redirect/],
    ...['//a.example', '/\\a', '{header.x}', 'https://{header.x}/', 'https://a.example{header.x}', 'ftp://a/', 'a'].map(
      (to) => [{ to }, /could send clients to a host/] as const,
    ),
  ])('cannot be %j', (options, message) => {
    expect(refusalsOf(redirect, options).join()).toMatch(message);
  });

  test.each(['/', '{path}/', 'https://www.{host}{path}{query}', '{scheme}://a.example:8080/x', 'http://[::1]?{query}'])(
    'can send to %s',
    (to) => expect(refusalsOf(redirect, { to })).toEqual([]),
  );
});
