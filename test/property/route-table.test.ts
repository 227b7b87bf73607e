// The routes of a tenant: the table by bytes and a search through all of them by strings agree.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { type NamedValues, type PathPattern, type RouteMatch } from '../../src/route/match.ts';
import { matchesPath, mayMatchBelow, relation, shapeOf } from '../../src/route/overlap.ts';
import { type RouteEntry, RouteTable } from '../../src/route/route-table.ts';
import { whyRouteLost } from '../../src/route/why.ts';
import { requestHead } from '../support/heads.ts';

const segment = fc.constantFrom('a', 'b', 'ab', 'A', '{x}', '{y}');
const literal = fc.constantFrom('a', 'b', 'ab', 'A');
const pattern: fc.Arbitrary<PathPattern> = fc.oneof(
  fc
    .array(literal, { maxLength: 3 })
    .chain((parts) =>
      fc.constantFrom<PathPattern>(
        { kind: 'exact', text: `/${parts.join('/')}` },
        { kind: 'exact', text: parts.length === 0 ? '/' : `/${parts.join('/')}/` },
        { kind: 'prefix', text: parts.length === 0 ? '/' : `/${parts.join('/')}/` },
      ),
    ),
  fc.array(segment, { minLength: 1, maxLength: 3 }).map((parts): PathPattern => {
    const text = `/${parts.join('/')}`;
    return text.includes('{') ? { kind: 'template', text } : { kind: 'exact', text };
  }),
);
const values = fc.option(fc.uniqueArray(fc.constantFrom('1', '2', 'x y'), { minLength: 1, maxLength: 2 }));
const named = (...names: readonly string[]): fc.Arbitrary<readonly NamedValues[]> =>
  fc.uniqueArray(fc.record({ name: fc.constantFrom(...names), values }), {
    maxLength: 2,
    selector: ({ name }) => name,
  });
const match: fc.Arbitrary<RouteMatch> = fc.record({
  paths: fc.array(pattern, { minLength: 1, maxLength: 1 }),
  methods: fc.uniqueArray(fc.constantFrom('GET', 'POST', 'PUT'), { maxLength: 2 }),
  hosts: fc.uniqueArray(fc.constantFrom('a.test', '*.a.test', 'a.*'), { maxLength: 1 }),
  headers: named('x-a', 'x-b'),
  query: named('v', 'w w'),
});

type Asked = { readonly method: string; readonly host: string; readonly path: string; readonly query: string };
type Fields = readonly (readonly [string, string])[];
const asked = fc.record({
  method: fc.constantFrom('GET', 'POST', 'PUT', 'HEAD'),
  host: fc.constantFrom('a.test', 'A.TEST.', 'x.a.test:80', 'x.y.a.test', 'a.org', 'a', 'b.test'),
  path: fc.array(fc.constantFrom('a', 'b', 'ab', 'A', 'c', ''), { maxLength: 4 }).map((parts) => `/${parts.join('/')}`),
  query: fc.constantFrom(
    '',
    '?',
    '?v',
    '?v=1',
    '?v=2&v=1',
    '?v=x+y',
    '?%76=x%20y&w+w',
    '?w%20w=1&u=2',
    '?v=1&w+w=2',
    '?x=v=1',
  ),
});
const fields: fc.Arbitrary<Fields> = fc.array(
  fc.tuple(fc.constantFrom('X-A', 'x-b', 'X-AB'), fc.constantFrom('1', '2', 'x y', '')),
  { maxLength: 3 },
);

// A path with an empty segment, such as //, is ambiguous and may be refused before; here only the look-up counts.
function headOf({ method, host, path, query }: Asked, list: Fields) {
  const lines = list.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return requestHead(`${method} ${path}${query} HTTP/1.1\r\nHost: ${host}\r\n${lines}\r\n`);
}

// The obvious twin: every route looked at, by strings.
function holds({ methods, hosts, headers, query }: RouteMatch, request: Asked, list: Fields): boolean {
  const host = request.host.toLowerCase().replace(/:\d+$/, '').replace(/\.$/, '');
  const parameters = new URLSearchParams(request.query);
  const isAt = (one: string): boolean =>
    one.startsWith('*.')
      ? host.replace(/^[^.]+/, '') === one.slice(1) && host.indexOf('.') > 0
      : one.endsWith('.*')
        ? host.startsWith(one.slice(0, -1)) && host.length > one.length - 1
        : host === one;
  const has = (given: readonly string[], wanted: readonly string[] | null): boolean =>
    wanted === null ? given.length > 0 : given.some((value) => wanted.includes(value));
  return (
    (methods.length === 0 || methods.includes(request.method)) &&
    (hosts.length === 0 || hosts.some(isAt)) &&
    headers.every((one) =>
      has(
        list.flatMap(([name, value]) => (name.toLowerCase() === one.name ? [value] : [])),
        one.values,
      ),
    ) &&
    query.every((one) => has(parameters.getAll(one.name), one.values))
  );
}

const RANK = { literal: 'a', parameter: 'b', rest: 'c' };

// Compared as texts: at each segment a literal, a parameter, the end of a prefix; an end before all of them.
function rank({ kind, text }: PathPattern): string {
  const parts = (kind === 'prefix' ? text.slice(0, -1) : text).split('/').slice(1);
  const words = parts.map((part) => (part.startsWith('{') ? RANK.parameter : RANK.literal));
  return [...words, ...(kind === 'prefix' ? [RANK.rest] : [])].join('');
}

function matches({ kind, text }: PathPattern, path: string): boolean {
  if (kind === 'exact') return path === text;
  if (kind === 'prefix') return path.startsWith(text) || `${path}/` === text;
  return new RegExp(`^${text.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path);
}

type Entry = RouteEntry<number>;

function expected(all: readonly Entry[], request: Asked, list: Fields): readonly Entry[] {
  const count = ({ methods, hosts, headers, query }: RouteMatch): number =>
    Number(methods.length > 0) + Number(hosts.length > 0) + headers.length + query.length;
  return all
    .filter((one) => matches(one.pattern, request.path) && holds(one.match, request, list))
    .toSorted((one, other) => {
      const [own, others] = [rank(one.pattern), rank(other.pattern)];
      return own === others ? count(other.match) - count(one.match) : own < others ? -1 : 1;
    });
}

function entriesOf(all: readonly RouteMatch[]): readonly Entry[] {
  return all.map((one, value) => ({ name: null, match: one, pattern: one.paths[0], value }));
}

describe('the routes of a tenant', () => {
  test('are found as by a search through all of them', () => {
    fc.assert(
      fc.property(fc.array(match, { maxLength: 12 }), asked, fields, (all, request, list) => {
        const entries = entriesOf(all);
        const table = new RouteTable(entries);
        const head = headOf(request, list);
        const wanted = expected(entries, request, list);
        const found = table.candidates(head);
        expect(new Set(found)).toEqual(new Set(wanted));
        expect(found.map(ordinal)).toEqual(wanted.map(ordinal));
        expect(table.find(head)).toBe(found[0] ?? null);
        for (const loser of found.slice(1)) expect(whyRouteLost(found[0], loser)).not.toBe('');
      }),
      { numRuns: 3000 },
    );
  });

  // What the order is decided by; routes that are alike may come in any order.
  function ordinal({ match: { methods, hosts, headers, query }, pattern: path }: Entry): string {
    return `${rank(path)} ${Number(methods.length > 0) + Number(hosts.length > 0) + headers.length + query.length}`;
  }

  test('that are told to be a tie may both match, and one that is told to cover another wins against it', () => {
    fc.assert(
      fc.property(match, match, asked, fields, (one, other, request, list) => {
        const same = { ...other, paths: one.paths };
        const entries = entriesOf([one, same]);
        const found = new RouteTable(entries).find(headOf(request, list));
        const all = expected(entries, request, list);
        const how = relation(one, same, ['a.test']);
        // Nobody means a field that is there twice.
        const isUsual = new Set(list.map(([name]) => name)).size === list.length;
        if (isUsual && all.length === 2 && ordinal(entries[0]) === ordinal(entries[1])) expect(how).toBe('tie');
        if (how === 'covers' && request.host === 'a.test') expect(found?.value).not.toBe(1);
      }),
      { numRuns: 2000 },
    );
  });

  test('have one shape where they match the same paths, and are known to lie below a prefix', () => {
    fc.assert(
      fc.property(pattern, pattern, asked, (one, other, { path }) => {
        if (shapeOf(one) === shapeOf(other)) expect(matches(one, path)).toBe(matches(other, path));
        expect(matchesPath(one, path)).toBe(matches(one, path));
        if (other.kind === 'prefix' && path.startsWith(other.text) && matches(one, path))
          expect(mayMatchBelow(one, other.text)).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });

  test('are found in the same way among 1, 100 and 10,000', () => {
    for (const count of [1, 100, 10_000]) {
      const plain = { methods: [], hosts: [], headers: [], query: [] };
      const entries = Array.from({ length: count }, (_, at): Entry => {
        const path: PathPattern =
          at % 3 === 0
            ? { kind: 'exact', text: `/r${at}` }
            : at % 3 === 1
              ? { kind: 'prefix', text: `/r${at}/` }
              : { kind: 'template', text: `/r${at}/{id}/x` };
        return { name: null, match: { ...plain, paths: [path] }, pattern: path, value: at };
      });
      const table = new RouteTable(entries);
      for (const { value } of [entries[0], entries[count - 1]]) {
        const path = value % 3 === 0 ? `/r${value}` : `/r${value}/7/x`;
        const head = headOf({ method: 'GET', host: 'a', path, query: '' }, []);
        expect(table.find(head)?.value).toBe(value);
      }
    }
  });

  test('have none for the asterisk of OPTIONS', () => {
    const path: PathPattern = { kind: 'prefix', text: '/' };
    const table = new RouteTable(entriesOf([{ paths: [path], methods: [], hosts: [], headers: [], query: [] }]));
    expect(table.find(requestHead('OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n'))).toBeNull();
  });
});
