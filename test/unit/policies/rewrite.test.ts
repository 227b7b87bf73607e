import { describe, expect, test } from 'bun:test';
import { parsePathPattern } from '../../../src/policies/rewrite/path-pattern.ts';
import { rewrite } from '../../../src/policies/rewrite/rewrite.ts';
import { policyOf, refusalsOf, requestFor, verdictOn } from '../../support/policies/alone.ts';

type Asked = Parameters<typeof requestFor>[1];

/** The target that a backend gets; null: the request is refused. */
function targetOf(options: object, target: string, asked: Asked = {}): string | null {
  const request = requestFor(target, asked);
  const verdict = verdictOn(policyOf(rewrite, options), request);
  if (verdict.kind === 'refuse') expect(verdict.failure.code).toBe('path-ambiguous');
  return verdict.kind === 'continue' ? request.target : null;
}

describe('a prefix', () => {
  test('is removed of the paths that it begins, at whole segments', () => {
    const of = (target: string) => targetOf({ strip_prefix: '/v1' }, target);
    expect(['/v1/a/b?c=d', '/v1', '/v1/', '/v1?q', '/v10/a', '/V1/a', '/a/v1'].map(of)).toEqual([
      '/a/b?c=d',
      '/',
      '/',
      '/?q',
      '/v10/a',
      '/V1/a',
      '/a/v1',
    ]);
    expect(of('/v1//evil.example')).toBe('/evil.example');
    expect(of('/v1/a%2Fb/%252e')).toBe('/a%2Fb/%252e');
  });

  test('is added, and replaced', () => {
    expect(targetOf({ add_prefix: '/app' }, '/a?b')).toBe('/app/a?b');
    expect(targetOf({ add_prefix: '/app/' }, '/')).toBe('/app/');
    const of = (target: string) => targetOf({ replace_prefix: { from: '/a', to: '/b/c' } }, target);
    expect(['/a/x', '/a', '/a/', '/ab'].map(of)).toEqual(['/b/c/x', '/b/c', '/b/c/', '/ab']);
  });

  test('is told, with what is to be changed back', () => {
    const moved = (policies: readonly object[], target: string, strip = 0) => {
      const request = requestFor(target, { strip });
      for (const options of policies) verdictOn(policyOf(rewrite, options), request);
      return request.moved;
    };
    expect(moved([{ strip_prefix: '/v1' }], '/v1/a')).toEqual({ prefix: '/v1', base: '', mapsBack: true });
    expect(moved([{ strip_prefix: '/v1' }], '/api/v1/a', 4)).toEqual({ prefix: '/api/v1', base: '', mapsBack: true });
    expect(moved([{ add_prefix: '/b' }, { add_prefix: '/a' }], '/x')).toEqual({
      prefix: '',
      base: '/a/b',
      mapsBack: true,
    });
    expect(moved([{ add_prefix: '/a' }, { strip_prefix: '/a' }], '/x')).toEqual({
      prefix: '',
      base: '',
      mapsBack: true,
    });
    expect(moved([{ replace_prefix: { from: '/a', to: '/b' } }], '/a/x')).toEqual({
      prefix: '/a',
      base: '/b',
      mapsBack: true,
    });
    expect(moved([{ strip_prefix: '/v1', map_back: false }], '/v1/a').mapsBack).toBe(false);
    expect(moved([{ strip_prefix: '/v1' }], '/a')).toEqual({ prefix: '', base: '', mapsBack: true });
  });
});

describe('a pattern', () => {
  const options = { match: '/v{n}/items/{id}', to: '/items/{id}?v={n}' };

  test('has parts that stand for segments or for a part of one', () => {
    const of = (target: string) => targetOf(options, target);
    expect(['/v2/items/5', '/v2/items/5?a=b', '/v/items/5', '/v2/items/', '/v2/items/5/6'].map(of)).toEqual([
      '/items/5?v=2',
      '/items/5?v=2&a=b',
      '/v/items/5',
      '/v2/items/',
      '/v2/items/5/6',
    ]);
    expect(targetOf({ match: '/old/{rest*}', to: '/new/{rest}' }, '/old/a//b%2Fc?q')).toBe('/new/a//b%2Fc?q');
    expect(targetOf({ match: '/{name}.html', to: '/{name}' }, '/a.b.html')).toBe('/a.b');
  });

  test('writes a part into a query as one parameter', () => {
    expect(targetOf(options, '/v1&admin=1+2/items/5')).toBe('/items/5?v=1%26admin%3D1%2B2');
  });

  test('leads nowhere by dots that a part has brought', () => {
    const climbing = { match: '/f/{a}-{b*}', to: '/x' };
    expect(refusalsOf(rewrite, climbing).join()).toMatch(/braces/);
    expect(targetOf({ match: '/f/a{dots}b/{rest*}', to: '/{dots}/{rest}' }, '/f/a..b/secret')).toBe(null);
    expect(targetOf({ match: '/f/a{dots}b', to: '/x/{dots}' }, '/f/a.b')).toBe(null);
    expect(targetOf({ match: '/{a}/{b}', to: '/{a}%2e./{b}' }, '/x/y')).toBe('/x%2e./y'.replace('%2e', '.'));
  });

  test.each(['a', '/{a', '/{a}{b}', '/{a}/{a}', '/{1a}', '/a?b', '/{a*}/b', '/a b'])('cannot be %p', (source) => {
    expect(parsePathPattern(source).ok).toBe(false);
  });
});

describe('a regular expression', () => {
  test('has groups by number and by name', () => {
    const options = { regex: '^/old/([^/]+)/(?P<id>[0-9]+)$', to: '/{1}/{id}{2}' };
    expect(targetOf(options, '/old/a/12?q=1')).toBe('/a/1212?q=1');
    expect(targetOf(options, '/old/a/b')).toBe('/old/a/b');
    expect(targetOf({ regex: '^/(.*)$', to: '/{1}' }, '/..%2f/x')).toBe(null);
  });

  test('takes no time that a client can choose', () => {
    const policy = policyOf(rewrite, { regex: '^/(a+)+$', to: '/x' });
    const began = performance.now();
    verdictOn(policy, requestFor(`/${'a'.repeat(5000)}!`));
    expect(performance.now() - began).toBeLessThan(1000);
  });

  test.each(['(', '(?=a)', String.raw`(a)\1`])('cannot be %p', (regex) => {
    expect(refusalsOf(rewrite, { regex, to: '/' }).join()).toMatch(/cannot be used/);
  });
});

describe('a query', () => {
  test('loses parameters and gets others, and what is left stays as it was written', () => {
    const query = { remove: ['utm_*', 'a b'], set: { 'x&y': '{header.x}', k: '1' } };
    const fields = ['X: 1&2'];
    expect(targetOf({ query }, '/?utm_a=1&A=%41&a+b=2&a%20b=3&k=0&%zz=1', { fields })).toBe(
      '/?A=%41&%zz=1&x%26y=1%262&k=1',
    );
    expect(targetOf({ query: { remove: ['a'] } }, '/x?a=1&a')).toBe('/x');
    expect(targetOf({ query: { remove: ['a'] } }, '/x')).toBe('/x');
  });
});

describe('a whole path, and a Host', () => {
  test('have places', () => {
    const fields = ['X: a?b/../c'];
    expect(targetOf({ path: '/{header.x-id}/ü' }, '/y?q', { fields: ['X-Id: a?b'] })).toBe('/a%3Fb/%C3%BC?q');
    expect(targetOf({ path: '/{header.x}' }, '/y', { fields })).toBe(null);
    const request = requestFor('/', { host: 'shop.example' });
    verdictOn(policyOf(rewrite, { host: '{host}.inside' }), request);
    expect(Buffer.from(request.rewritten?.host ?? []).toString()).toBe('shop.example.inside');
    expect(targetOf({ host: '{header.x}' }, '/', { fields: ['X: a b'] })).toBe(null);
  });
});

describe('options of rewrite', () => {
  test.each([
    [{}, /changes nothing/],
    [{ strip_prefix: '/a', add_prefix: '/b' }, /stands beside/],
    [{ strip_prefix: '/a', to: '/b' }, /to: is for/],
    [{ match: '/a' }, /to: is for/],
    [{ match: '/{a}', to: '/{b}' }, /to: {value} has {b}, which stands for nothing/],
    [{ regex: '(a)', to: '/{2}' }, /which stands for nothing/],
    [{ match: '/{a}', to: 'http://evil/{a}' }, /does not begin/],
    [{ strip_prefix: '/' }, /is no beginning of paths/],
    [{ strip_prefix: '/a/../b' }, /is no beginning of paths/],
  ])('cannot be %j', (options, message) => {
    expect(refusalsOf(rewrite, options).join()).toMatch(message);
  });
});
