// Field lines of requests (RFC 9112 5, RFC 9110 5): malformed lines are refused, unusual but valid ones go on unchanged.
import { type CaseFamily, type WireCase, forwarded, get, head, refused } from '../case.ts';

function bad(what: string, line: string, source = 'RFC 9112 5'): WireCase {
  return {
    name: `field: ${what}`,
    source,
    holds: 'A malformed field line is refused.',
    send: get('X-Before: 1', line, 'X-After: 2'),
    expect: refused(400),
  };
}

function kept(what: string, line: string, value: string, source = 'RFC 9110 5.5'): WireCase {
  const name = line.slice(0, line.indexOf(':')).toLowerCase();
  return {
    name: `field: ${what}`,
    source,
    holds: 'A valid field goes on with its name and its value as they were.',
    send: get(line),
    expect: forwarded({ fields: { [name]: value } }),
  };
}

// All bytes that a value may hold: printable ones, obs-text and tab.
const ALL_VALUE_BYTES = `a\t${Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join('')}${Array.from(
  { length: 128 },
  (_, i) => String.fromCharCode(128 + i),
).join('')}z`;

export const requestFields: CaseFamily = {
  name: 'request: field lines',
  reason:
    'Programs read white space, folding and control bytes in field lines differently, so these are refused. Valid bytes, however odd, are passed on to the origin.',
  cases: [
    bad('a space before the colon', 'X-Space : y', 'RFC 9112 5.1; Node CVE-2021-22959'),
    bad('a tab before the colon', 'X-Tab\t: y', 'RFC 9112 5.1'),
    bad('a space before the colon of Host', 'Host : other.test', 'RFC 9112 5.1'),
    bad('a folded value', 'X-Fold: a\r\n b', 'RFC 9112 5.2'),
    bad('a value folded with a tab', 'X-Fold: a\r\n\tb', 'RFC 9112 5.2'),
    bad('a value folded into emptiness', 'X-Fold: a\r\n ', 'RFC 9112 5.2'),
    bad('no colon', 'nonsense'),
    bad('an empty name', ': value', 'HAProxy CVE-2023-25725'),
    bad('only a colon', ':', 'HAProxy CVE-2023-25725'),
    bad('a name of white space', ' : value', 'HAProxy CVE-2023-25725'),
    bad('a space in the name', 'X Space: y', 'RFC 9110 5.1'),
    bad('a parenthesis in the name', 'X(y): z', 'RFC 9110 5.1'),
    bad('a comma in the name', 'X,y: z', 'RFC 9110 5.1'),
    bad('a slash in the name', 'X/y: z', 'RFC 9110 5.1'),
    bad('an at sign in the name', 'X@y: z', 'RFC 9110 5.1'),
    bad('a quote in the name', '"X": z', 'RFC 9110 5.1'),
    bad('brackets in the name', 'X[y]: z', 'RFC 9110 5.1'),
    bad('an equals sign instead of the colon', 'X=y', 'RFC 9110 5.1'),
    bad('an obs-text byte in the name', 'X\xff: y', 'RFC 9110 5.1'),
    bad('a control byte in the name', 'X\x01: y', 'RFC 9110 5.1'),
    bad('NUL in the name', 'X\x00: y', 'RFC 9110 5.1'),
    bad('DEL in the name', 'X\x7f: y', 'RFC 9110 5.1'),
    bad('NUL in the value', 'X: a\x00b', 'RFC 9110 5.5'),
    bad('NUL alone as value', 'X: \x00', 'RFC 9110 5.5'),
    bad('a control byte in the value', 'X: a\x01b', 'RFC 9110 5.5'),
    bad('an escape byte in the value', 'X: a\x1bb', 'RFC 9110 5.5'),
    bad('DEL in the value', 'X: a\x7fb', 'RFC 9110 5.5'),
    bad('a vertical tab in the value', 'X: a\x0bb', 'RFC 9110 5.5'),
    bad('a bare CR in the value', 'X: a\rb', 'RFC 9112 2.2; Node CVE-2023-30589'),
    bad('a bare CR before the line end', 'X: a\r', 'RFC 9112 2.2; Node CVE-2023-30589'),
    bad('a bare LF in the value', 'X: a\nb', 'RFC 9112 2.2'),
    bad('a field behind a bare CR', 'X: a\rHost: other.test', 'RFC 9112 2.2; Node CVE-2023-30589'),
    bad('a field behind a bare LF', 'X: a\nHost: other.test', 'RFC 9112 2.2'),
    bad('a line of white space', '  ', 'RFC 9112 5.2'),
    {
      name: 'field: a line that ends in LF',
      source: 'RFC 9112 2.2',
      holds: 'A line ends in CRLF and in nothing else.',
      send: 'GET /{id} HTTP/1.1\r\nHost: all.test\r\nX: y\nX-After: z\r\n\r\n',
      expect: refused(400),
    },
    {
      name: 'field: the section ends in CRLF LF',
      source: 'RFC 9112 2.2',
      holds: 'The empty line is CRLF and nothing else.',
      send: 'GET /{id} HTTP/1.1\r\nHost: all.test\r\n\n',
      expect: refused(400),
    },
    {
      name: 'field: the section ends in LF CRLF',
      source: 'RFC 9112 2.2',
      holds: 'A line ends in CRLF and in nothing else.',
      send: 'GET /{id} HTTP/1.1\r\nHost: all.test\n\r\n',
      expect: refused(400),
    },
    {
      name: 'field: the section ends in CRLF CR and more',
      source: 'RFC 9112 2.2',
      holds: 'The empty line is CRLF and nothing else.',
      send: 'GET /{id} HTTP/1.1\r\nHost: all.test\r\n\rX: y\r\n\r\n',
      expect: refused(400),
    },
    kept('an empty value', 'X-Empty:', ''),
    kept('a value of white space', 'X-Empty: \t ', ''),
    kept('no space after the colon', 'X-Tight:v', 'v'),
    kept('white space around the value', 'X-Wide: \t v \t ', 'v'),
    kept('white space within the value', 'X-Inner: a \t  b', 'a \t  b'),
    kept('every byte that a value may hold', `X-Bytes: ${ALL_VALUE_BYTES}`, ALL_VALUE_BYTES),
    kept('bytes of UTF-8', 'X-Utf: gr\xc3\xbc\xc3\x9fe \xf0\x9f\x9a\xaa', 'gr\xc3\xbc\xc3\x9fe \xf0\x9f\x9a\xaa'),
    kept('bytes that are no UTF-8', 'X-Raw: \xff\xfe\x80', '\xff\xfe\x80'),
    kept('a colon in the value', 'X-Colon: a: b:c', 'a: b:c'),
    kept('a value that begins with a colon', 'X-Colon:: b', ': b'),
    kept('every byte that a name may hold', "!#$%&'*+-.^_`|~09AZaz: v", 'v', 'RFC 9110 5.1'),
    kept('a name of one byte', 'Q: v', 'v', 'RFC 9110 5.1'),
    kept('a name with an underscore', 'X_Under_Score: v', 'v', 'RFC 9110 5.1'),
    kept('a name of digits', '123: v', 'v', 'RFC 9110 5.1'),
    kept('the name __proto__', '__proto__: v', 'v', 'Node CVE-2026-21710'),
    kept('the name constructor', 'constructor: v', 'v', 'Node CVE-2026-21710'),
    kept('a name of 200 bytes', `${'N'.repeat(200)}: v`, 'v', 'HAProxy CVE-2021-40346'),
    kept('a name of 270 bytes, which wraps in 8 bits', `${'n'.repeat(270)}: v`, 'v', 'HAProxy CVE-2021-40346'),
    kept('a value of 4,000 bytes', `X-Long: ${'v'.repeat(4_000)}`, 'v'.repeat(4_000), 'RFC 9110 5.4'),
    kept('an unknown name', 'X-Never-Heard-Of: v', 'v', 'RFC 9110 5.1'),
    {
      name: 'field: several lines of one name',
      source: 'RFC 9110 5.3',
      holds: 'The order of values of one name is kept.',
      send: get('X-Many: c', 'X-Other: o', 'x-many: a', 'X-MANY: b'),
      expect: forwarded({ fields: { 'x-many': { matches: /^c, a, b$/ }, 'x-other': 'o' } }),
    },
    {
      name: 'field: Cookie with every allowed byte',
      source: 'RFC 9110 5.5',
      holds: 'A cookie goes on byte for byte.',
      send: get('Cookie: a="b c"; d=\xe9; e=;f'),
      expect: forwarded({ fields: { cookie: 'a="b c"; d=\xe9; e=;f' } }),
    },
    {
      name: 'field: sixty fields',
      source: 'RFC 9110 5.4; Node CVE-2026-58044',
      holds: 'No field is dropped silently.',
      send: get(...Array.from({ length: 60 }, (_, i) => `X-Field-${i}: ${i}`)),
      expect: forwarded({ fields: Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`x-field-${i}`, `${i}`])) }),
    },
    {
      name: 'field: Authorization',
      source: 'RFC 9110 11.6.2',
      holds: 'A proxy passes Authorization on.',
      send: head('GET /{id} HTTP/1.1', 'Host: all.test', 'Authorization: Basic Zm9vOmJhcg=='),
      expect: forwarded({ fields: { authorization: 'Basic Zm9vOmJhcg==' } }),
    },
    {
      name: 'field: ranges, conditions and Cache-Control',
      source: 'RFC 9110 13, 14; RFC 9111 5.2',
      holds: 'Fields for the origin are passed on.',
      send: get(
        'Range: bytes=0-1',
        'If-None-Match: "a", W/"b"',
        'Cache-Control: no-transform',
        'Accept-Encoding: gzip',
      ),
      expect: forwarded({
        fields: {
          range: 'bytes=0-1',
          'if-none-match': '"a", W/"b"',
          'cache-control': 'no-transform',
          'accept-encoding': 'gzip',
        },
      }),
    },
  ],
};
