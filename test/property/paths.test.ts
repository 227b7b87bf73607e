// A path has two views: its normal form, by which it is routed, and the bytes that go on to the backend. Text in, text
// out, against an obvious twin of the normal form.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { out } from '../../src/http1/output.ts';
import { writeRequestHead } from '../../src/http1/write-request.ts';
import { EMPTY, ascii, latin1 } from '../../src/message/bytes.ts';
import { type OwnMarks, NO_MARKS } from '../../src/message/own-marks.ts';
import type { ClientFacts, OriginFacts } from '../../src/message/contract.ts';
import type { Head } from '../../src/message/head.ts';
import { describeHead, parseRequest, wire } from '../support/heads.ts';
import { cuts, oddTarget, pieces } from '../support/http-arbitraries.ts';

const RUNS = { numRuns: Number(process.env['FUZZ_RUNS'] ?? 2_000) };
const PLAIN = "ABCxyz019-._~!$&'()*+,=:@".split('');
const PREFIXES = ['/', '/api/', '/my-app/v1.0/', '/~u/', "/a+b/c'd/", '/a/', '/x;y/'];

type Text = fc.Arbitrary<string>;

const MARKS: OwnMarks = { ...NO_MARKS, idPrefix: ascii('0123456789abcdef') };
const claims = {
  forwardedFor: '192.0.2.7',
  forwardedProto: 'http',
  forwardedHost: null,
  forwardedPort: null,
  forwardedPrefix: null,
  forwarded: null,
  realIp: '192.0.2.7',
};
const CLIENTS: readonly ClientFacts[] = [
  { address: '192.0.2.7', isTls: false, tls: null, version: '1.1', port: 0, claims: null }, // a plain request of it is copied in one run
  { address: '192.0.2.7', isTls: false, tls: null, version: '1.1', port: 0, claims },
];

function origin(basePath: string, query: string): OriginFacts {
  return {
    authority: ascii('127.0.0.1:3000'),
    ownHost: false,
    basePath: ascii(basePath),
    query: query === '' ? EMPTY : ascii(query),
    authorization: EMPTY,
    isPlain: basePath === '' && query === '',
  };
}

/** The same text with some of its unreserved characters percent-encoded. */
function spellings(of: string): Text {
  const parts = of.match(/%[0-9a-f]{2}|./gi) ?? [];
  return fc
    .array(fc.constantFrom('plain', 'plain', 'upper', 'lower'), { minLength: parts.length, maxLength: parts.length })
    .map((ways) => parts.map((part, at) => spell(part, ways[at] ?? 'plain')).join(''));
}

function spell(part: string, way: string): string {
  if (way === 'plain' || !UNRESERVED_CHARACTER.test(part)) return part;
  const digits = part.charCodeAt(0).toString(16).padStart(2, '0');
  return `%${way === 'upper' ? digits.toUpperCase() : digits}`;
}

const UNRESERVED_CHARACTER = /^[A-Za-z0-9\-._~]$/;

const segment: Text = fc
  .array(fc.oneof(fc.constantFrom(...PLAIN), fc.constantFrom('%20', '%C3%A9', '%25', '%2b')), {
    maxLength: 6,
  })
  .map((parts) => parts.join(''))
  .filter((text) => text !== '.' && text !== '..');
const rest: Text = fc
  .array(segment, { maxLength: 4 })
  .map((segments) => segments.join('/'))
  .chain(spellings);
const query: Text = fc.constantFrom('', '?', '?a=%41&b=/../c', '?u=https://a.test/%7e');

function decoded(path: string): string {
  return path.replaceAll(/%([0-9a-f]{2})/gi, (escape, digits: string) => {
    const character = String.fromCharCode(Number.parseInt(digits, 16));
    return UNRESERVED_CHARACTER.test(character) ? character : escape;
  });
}

function withoutDots(path: string): string {
  const kept: string[] = [];
  const segments = path.split('/').slice(1);
  for (const [at, one] of segments.entries()) {
    const isDots = one === '.' || one === '..';
    if (one === '..') kept.pop();
    if (!isDots) kept.push(one);
    else if (at === segments.length - 1) kept.push('');
  }
  return `/${kept.join('/')}`;
}

// A path that the gateway has changed must not name another host (`//host/`) where an origin redirects to it.
function withOneSlash(path: string): string {
  return path.replace(/^\/+/, '/');
}

function accepted(target: string, at: readonly number[]): Head | null {
  const text = `GET ${target} HTTP/1.1\r\nHost: a.test\r\nX-A: b\r\n\r\n`;
  const { result, head } = parseRequest(pieces(text, at).map(wire));
  return result > 0 ? head : null;
}

function written(head: Head, strip: number, facts: OriginFacts): string[] {
  return CLIENTS.map((client) => {
    const request = {
      head,
      bodyStart: 0,
      bodyEnd: 0,
      bodyForm: 'framed' as const,
      strip,
      client,
      rewritten: null,
      edits: null,
      marks: MARKS,
    };
    const text = latin1(out, 0, writeRequestHead(out, request, facts));
    expect(text).toMatch(/^GET \S+ HTTP\/1\.1\r\nHost: a\.test\r\nX-A: b\r\n/);
    return text.split(' ', 2)[1] ?? '';
  });
}

describe('a path without dot segments', () => {
  test('goes on byte for byte, and is routed by its normal form', () => {
    fc.assert(
      fc.property(
        rest,
        query,
        fc.constantFrom('', 'http://a.test', 'HTTPS://A.Test:443'),
        cuts,
        (path, more, by, at) => {
          const head = accepted(`${by}/${path}${more}`, at);
          if (head === null) throw new Error(`refused: ${path}`);
          expect(describeHead(head)).toMatchObject({ path: decoded(`/${path}`), forwarded: `/${path}${more}` });
          for (const target of written(head, 0, origin('', ''))) expect(target).toBe(`/${path}${more}`);
        },
      ),
      RUNS,
    );
  });

  test('goes on without the prefix of its tenant, however that is spelled, and not a byte more or less but for slashes at its beginning', () => {
    const prefixed = fc.constantFrom(...PREFIXES).chain((prefix) => fc.tuple(fc.constant(prefix), spellings(prefix)));
    fc.assert(
      fc.property(prefixed, rest, query, cuts, ([prefix, spelled], path, more, at) => {
        const head = accepted(`${spelled}${path}${more}`, at);
        if (head === null) throw new Error(`refused: ${spelled}${path}`);
        expect(describeHead(head).path).toBe(prefix + decoded(path));
        const strip = prefix.length - 1;
        for (const base of ['', '/base']) {
          const left = base === '' && strip > 0 ? withOneSlash(`/${path}`) : `${base}/${path}`;
          for (const target of written(head, strip, origin(base, ''))) expect(target).toBe(left + more);
          const joined = more.length > 1 ? `&${more.slice(1)}` : '';
          for (const target of written(head, strip, origin(base, 'own=1')))
            expect(target).toBe(`${left}?own=1${joined}`);
        }
      }),
      RUNS,
    );
  });
});

describe('a path with dot segments', () => {
  test('goes on in its normal form, that of an equal path without them', () => {
    const dots = fc.constantFrom('.', '..', '%2e', '.%2E', '%2e%2E', 'a', '%61b', 'c%2Fd', '');
    fc.assert(
      fc.property(fc.array(dots, { minLength: 1, maxLength: 8 }), query, cuts, (segments, more, at) => {
        const path = `/${segments.join('/')}`;
        const head = accepted(path + more, at);
        if (head === null) return;
        const resolved = withoutDots(decoded(path));
        const hasDots = resolved !== decoded(path);
        const normal = hasDots ? withOneSlash(resolved) : resolved;
        expect(describeHead(head)).toMatchObject({ path: normal, forwarded: (hasDots ? normal : path) + more });
        expect(withoutDots(describeHead(head).path)).toBe(normal);
      }),
      RUNS,
    );
  });
});

describe('every path that is accepted', () => {
  test('is for its backend the path that was routed', () => {
    fc.assert(
      fc.property(oddTarget, cuts, (target, at) => {
        const head = accepted(target, at);
        if (head === null) return;
        const { path, forwarded } = describeHead(head);
        expect(decoded(forwarded)).toBe(path);
        expect(decoded(forwarded)).not.toMatch(/\/\.\.?(;|\/|$)/);
        const again = accepted(forwarded, []);
        expect(again === null ? null : describeHead(again)).toMatchObject({ path, forwarded });
      }),
      RUNS,
    );
  });
});
