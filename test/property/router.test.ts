import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { type Place, Reasons, decide } from '../../src/route/decide.ts';
import { type RouteRule, Router } from '../../src/route/router.ts';
import { requestHead } from '../support/heads.ts';

const hosts = fc.constantFrom(
  'a.test',
  'b.test',
  'x.a.test',
  '*.a.test',
  '*.test',
  'a.*',
  'x.*',
  'x.a.*',
  '127.0.0.1',
  '[::1]',
);
const prefixes = fc.constantFrom('/', '/a/', '/a/b/', '/A/', '/api/', '/api/v1/');
const exactPaths = fc.constantFrom('/', '/a', '/a/', '/a/b', '/api', '/api/v1/x');
const belowPrefix = fc.record({ host: fc.option(hosts), prefix: fc.option(prefixes), path: fc.constant(null) });
const wholePath = fc.record({ host: fc.option(hosts), prefix: fc.constant(null), path: exactPaths });
const rule = fc
  .oneof(belowPrefix, wholePath)
  .filter(({ host, prefix, path: exact }) => host !== null || prefix !== null || exact !== null);
const rules = fc.uniqueArray(rule, {
  selector: ({ host, prefix, path: exact }) => `${host} ${exact ?? `below ${prefix ?? '/'}`}`,
  maxLength: 20,
});
const requestHost = fc.constantFrom(
  'a.test',
  'A.Test.',
  'b.test:80',
  'x.a.test',
  'y.a.test:1',
  'z.y.a.test',
  'a.example',
  'a.co.uk.',
  'x.a.co.uk:80',
  'X.org',
  'a.',
  'a',
  'test',
  '127.0.0.1',
  '[::1]:80',
);
const path = fc.constantFrom('/', '/a', '/a/', '/a/b', '/a/b/c', '/A/x', '/api', '/apix', '/api/v1/x', '/api/v1');

function build(list: readonly RouteRule[]): Router<RouteRule> {
  const router = new Router<RouteRule>(list.length);
  for (const one of list) router.add(one, one);
  return router;
}

function placesOf(paths: readonly string[]): Router<Place> {
  const router = new Router<Place>(paths.length);
  for (const prefix of paths) router.add({ host: null, prefix, path: null }, { allowsTrace: false });
  return router;
}

// The obvious twin: strings, every rule looked at, best one wins.
function expected(list: readonly RouteRule[], host: string, target: string): RouteRule | null {
  const name = host.toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '');
  const wildcard = `*.${name.split('.').slice(1).join('.')}`;
  const endings = list.flatMap((one) => (one.host !== null && hasEnding(name, one.host) ? [one.host] : []));
  const [ending = null] = endings.toSorted((a, b) => b.length - a.length);
  for (const wanted of [name, wildcard, ending, null]) {
    const ofHost = list.filter((one) => one.host === wanted);
    const exact = ofHost.find((one) => one.path === target);
    if (exact !== undefined) return exact;
    const matching = ofHost.filter((one) => one.path === null && target.startsWith(one.prefix ?? '/'));
    matching.sort((a, b) => (b.prefix ?? '/').length - (a.prefix ?? '/').length);
    if (matching[0] !== undefined) return matching[0];
  }
  return null;
}

function hasEnding(name: string, host: string): boolean {
  return host.endsWith('.*') && name.startsWith(host.slice(0, -1)) && name.length > host.length - 1;
}

const head = (host: string, target: string) => requestHead(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);

describe('the router', () => {
  test('agrees with a search through all rules', () => {
    fc.assert(
      fc.property(rules, requestHost, path, (list, host, target) => {
        const router = build(list);
        const found = router.find(head(host, target));
        expect(found?.value ?? null).toEqual(expected(list, host, target));
      }),
      { numRuns: 3000 },
    );
  });

  test('explains with its first candidate what it finds', () => {
    fc.assert(
      fc.property(rules, requestHost, path, (list, host, target) => {
        const router = build(list);
        expect(router.candidates(head(host, target))[0] === (router.find(head(host, target)) ?? undefined)).toBe(true);
      }),
    );
  });

  test('takes its reserved path before every rule, on every host', () => {
    const router = build([
      { host: 'a.test', prefix: null, path: null },
      { host: null, prefix: '/', path: null },
      { host: 'a.test', prefix: null, path: '/admin' },
    ]);
    const admin = { host: 'admin', prefix: null, path: null };
    router.reserve('/admin', admin);
    for (const target of ['/admin', '/admin/', '/admin/health'])
      expect(router.find(head('a.test', target))?.value).toBe(admin);
    for (const target of ['/', '/administrator', '/adm'])
      expect(router.find(head('a.test', target))?.value).not.toBe(admin);
  });

  test('finds the same with 1, 100, 101 and 10,000 hosts', () => {
    for (const count of [1, 100, 101, 10_000]) {
      const list = Array.from({ length: count }, (_, n) => ({ host: `t${n}.test`, prefix: null, path: null }));
      const router = build(list);
      for (const n of [0, count - 1]) expect(router.find(head(`T${n}.TEST`, '/x'))?.value).toBe(list[n]);
      expect(router.find(head(`t${count}.test`, '/x'))).toBeNull();
    }
  });
});

describe('a path that can be read in two ways', () => {
  const router = placesOf(['/', '/a/']);

  test.each(['/a%2fx', '/%2fa/x', '//a/x', '/a;x/y', '/%5ca/x', '/x/..%2fa/y', '/x%2f..%2fa/y'])(
    '%s is refused',
    (target) => {
      const reasons = new Reasons<Place>();
      expect(decide(router, head('h', target), reasons)).toEqual({ kind: 'refused', code: 'path-ambiguous' });
      expect(router.find(head('h', reasons.otherReading ?? ''))).not.toBe(router.find(head('h', target)));
    },
  );

  test.each([
    '/b/..%2fx',
    '/b/..%2f..%2fb/x',
    '/b%2f..%2fb/x',
    '/b/%2e%2e%2fx',
    '/b/..%5cx',
    '/b/..%3bv/x',
    '/b/x%2f..',
    '/b//..%2fx',
  ])('%s is refused: some read dots in it that lead out of its folder, though to the same route', (target) => {
    expect(decide(router, head('h', target))).toEqual({ kind: 'refused', code: 'path-ambiguous' });
  });

  test.each(['/b/...%2fx', '/b/..x%2fy', '/b/.%2fx', '/b/x..%2fy', '/b/x;../y', '/b/%2e%2e/b%2fx'])(
    '%s has no such dots',
    (target) => {
      expect(decide(router, head('h', target)).kind).toBe('route');
    },
  );

  test.each(['/%61/x', '/b%2fx', '//x', '/a/x%2fy', '/a//x', '/a/x;y', '/b;v=1/c', '/a', '/a/../b', '/%252fa/'])(
    '%s is not',
    (target) => {
      expect(decide(router, head('h', target)).kind).toBe('route');
    },
  );

  test('an exact path is found in no other spelling than its own', () => {
    const one = new Router<Place>(2);
    one.add({ host: null, prefix: '/', path: null }, { allowsTrace: false });
    one.add({ host: null, prefix: null, path: '/ws' }, { allowsTrace: true });
    const allows = (target: string) => {
      const decision = decide(one, head('h', target));
      return decision.kind === 'route' ? decision.value.allowsTrace : decision;
    };
    for (const target of ['/ws', '/ws?a=1', '/%77s', '/./ws', '/x/../ws']) expect(allows(target)).toBe(true);
    for (const target of ['/ws/', '/wsx', '/WS', '/ws/x', '/w', '/']) expect(allows(target)).toBe(false);
    for (const target of ['//ws', '/ws;v=1', '/;/ws', '/%5cws', '/x/..%2fws', '/ws;'])
      expect(allows(target)).toEqual({ kind: 'refused', code: 'path-ambiguous' });
  });

  test('a slash is missing only where the path with it has a route', () => {
    const only = placesOf(['/api/']);
    expect(decide(only, head('h', '/api')).kind).toBe('slash_missing');
    for (const target of ['/apix', '/'])
      expect(decide(only, head('h', target))).toEqual({ kind: 'refused', code: 'no-route' });
  });
});
