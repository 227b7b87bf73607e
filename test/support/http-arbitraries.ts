// Arbitrary HTTP/1.1 messages for property tests: valid ones from the grammar, and mutated ones. Text is latin1: one
// character for each byte.
import fc from 'fast-check';

type Text = fc.Arbitrary<string>;

const TOKEN_CHARACTERS = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const PATH_CHARACTERS = "ABCxyz019-_~!$&'()*+,=:@";
const CRLF = '\r\n';
// Bytes that have fooled parsers before.
const NASTY = [
  '\r',
  '\n',
  '\r\n',
  '\0',
  ' ',
  '\t',
  '\x0b',
  '\x7f',
  '\x85',
  '\xa0',
  '\xff',
  ':',
  ',',
  ';',
  '#',
  '%',
  '/',
  '"',
  '=',
  '\\',
];
// Lines that change the meaning of a message, or that some parsers take for such.
const LOADED_LINES = [
  'Content-Length: 5',
  'Content-Length: +5',
  'Content-Length: 0x5',
  'Content-Length: 5, 5',
  'content-length:5 ',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding:\tChunked',
  'Transfer-Encoding: identity',
  'Transfer-Encoding: chunked, gzip',
  'Transfer-Encoding : chunked',
  'Transfer-Encoding: ',
  'Host: other.test',
  'Host: a b',
  ' folded: value',
  ': nameless',
  'Connection: close',
  'Connection: Host, Content-Length',
  'no colon',
  '',
];

// Lines that are no trailers in a response.
const NEVER_TRAILERS = [
  'Content-Length: 5',
  'HOST: a.test',
  'transfer-encoding: chunked',
  'Connection: X-A',
  'TE: trailers',
  'Trailer: X-A',
  'Upgrade: h2c',
  'Proxy-Authenticate: Basic',
];

/** RFC 9110 5.6.2. */
export const token: Text = charactersOf(TOKEN_CHARACTERS, 1, 12);

/** Octets that a field value may hold (RFC 9110 5.5), without white space around them. */
export const fieldValue: Text = fc
  .array(
    fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: 0x21, max: 0x7e }) },
      { weight: 1, arbitrary: fc.integer({ min: 0x80, max: 0xff }) },
      { weight: 1, arbitrary: fc.constantFrom(0x20, 0x09) },
    ),
    { maxLength: 24 },
  )
  .map((codes) => String.fromCharCode(...codes).replace(/^[ \t]+|[ \t]+$/g, ''));

const MEANINGFUL =
  /^(host|connection|content-length|transfer-encoding|te|trailer|upgrade|keep-alive|http2-settings|proxy-.*)$/i;

/** A line of a field that has no meaning to a parser; white space around its value varies. */
const plainFieldLine: Text = fc
  .tuple(token, whiteSpace(), fieldValue, whiteSpace())
  .filter(([name]) => !MEANINGFUL.test(name))
  .map(([name, before, value, after]) => `${name}:${before}${value}${after}`);

/** Host names, addresses, and both with ports (RFC 9110 7.2). */
const host: Text = fc
  .tuple(
    fc.oneof(
      fc.array(charactersOf('abcXYZ019-_', 1, 6), { minLength: 1, maxLength: 3 }).map((labels) => labels.join('.')),
      fc.constantFrom('127.0.0.1', '[::1]', '[2001:db8::7]', 'a.test.'),
    ),
    fc.oneof(
      fc.constant(''),
      fc.integer({ min: 0, max: 65_535 }).map((port) => `:${port}`),
    ),
  )
  .map(([name, port]) => name + port);

/** An origin-form target that is in its normal form already: no dot segments, no escapes that could be written plainly. */
const plainTarget: Text = fc
  .tuple(
    fc.array(fc.oneof(charactersOf(PATH_CHARACTERS, 1, 6), fc.constantFrom('%20', '%C3%A9')), { maxLength: 4 }),
    fc.oneof(
      fc.constant(''),
      charactersOf(`${PATH_CHARACTERS}?/`, 0, 8).map((query) => `?${query}`),
    ),
  )
  .map(([segments, query]) => `/${segments.join('/')}${query}`);

/** Targets with spellings that parsers may read differently. */
export const oddTarget: Text = fc
  .array(
    fc.oneof(
      charactersOf(PATH_CHARACTERS, 1, 3),
      fc.constantFrom(
        '.',
        '..',
        '%2e',
        '%2E%2e',
        '',
        '%2f',
        '%5C',
        '\\',
        ';',
        '..;',
        '%00',
        '%',
        '%4',
        '%zz',
        '%61',
        '%25',
      ),
    ),
    { minLength: 1, maxLength: 6 },
  )
  .map((segments) => `/${segments.join('/')}`);

/** How a body is framed and what it looks like on the wire, with the lines of the head that say so. */
type ArbitraryBody = { readonly lines: readonly string[]; readonly wire: string; readonly payload: string };

const payload: Text = fc
  .array(fc.integer({ min: 0, max: 255 }), { maxLength: 40 })
  .map((codes) => String.fromCharCode(...codes));

/** A chunked body with extensions and trailers (RFC 9112 7.1). */
export const chunkedBody: fc.Arbitrary<ArbitraryBody> = fc
  .record({
    chunks: fc.array(fc.record({ data: payload.filter((data) => data !== ''), extension: chunkExtension() }), {
      maxLength: 5,
    }),
    lastExtension: chunkExtension(),
    trailers: fc.array(plainFieldLine, { maxLength: 2 }),
    isUpperCase: fc.boolean(),
    zeros: fc.nat(3),
  })
  .map(({ chunks, lastExtension, trailers, isUpperCase, zeros }) => {
    const size = (n: number): string => {
      const digits = '0'.repeat(zeros) + n.toString(16);
      return isUpperCase ? digits.toUpperCase() : digits;
    };
    const lines = chunks.map(({ data, extension }) => size(data.length) + extension + CRLF + data + CRLF);
    const end = [size(0) + lastExtension, ...trailers, '', ''].join(CRLF);
    return {
      lines: ['Transfer-Encoding: chunked'],
      wire: lines.join('') + end,
      payload: chunks.map(({ data }) => data).join(''),
    };
  });

/** A chunked body with trailers of which some may not be passed on. */
export const bodyWithTrailers: Text = fc
  .array(fc.oneof(plainFieldLine, fc.constantFrom(...NEVER_TRAILERS), plainFieldLine), { maxLength: 5 })
  .map((lines) => ['1;a', '!', '0', ...lines, '', ''].join(CRLF));

const lengthBody: fc.Arbitrary<ArbitraryBody> = payload.map((data) => ({
  lines: [`Content-Length: ${data.length}`],
  wire: data,
  payload: data,
}));

const noBody: fc.Arbitrary<ArbitraryBody> = fc.constant({ lines: [], wire: '', payload: '' });

/** A valid request with its body. */
export const request: Text = fc
  .record({
    method: fc.oneof(fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PROPFIND', 'get'), token),
    target: plainTarget,
    host,
    fields: fc.array(plainFieldLine, { maxLength: 6 }),
    connection: fc.constantFrom<string[]>([], ['Connection: keep-alive'], ['Connection: close'], ['connection: x, y']),
    body: fc.oneof(noBody, lengthBody, chunkedBody),
    order: fc.nat(),
  })
  .filter(({ method }) => method !== 'CONNECT' && method !== 'TRACE')
  .map(({ method, target, host: name, fields, connection, body, order }) => {
    const lines = rotate([`Host: ${name}`, ...fields, ...connection, ...body.lines], order);
    return `${[`${method} ${target} HTTP/1.1`, ...lines, '', ''].join(CRLF)}${body.wire}`;
  });

/** A valid response with its body, as an answer to GET. */
export const response: Text = fc
  .record({
    minor: fc.constantFrom(0, 1),
    status: fc.oneof(fc.constantFrom(200, 204, 206, 301, 304, 404, 500, 502), fc.integer({ min: 200, max: 599 })),
    reason: fieldValue,
    fields: fc.array(plainFieldLine, { maxLength: 6 }),
    body: fc.oneof(noBody, lengthBody, chunkedBody),
    order: fc.nat(),
  })
  .filter(({ minor, body }) => minor === 1 || !body.lines.some((line) => line.startsWith('Transfer')))
  .map(({ minor, status, reason, fields, body, order }) => {
    const lines = rotate([...fields, ...body.lines], order);
    return `${[`HTTP/1.${minor} ${status} ${reason}`, ...lines, '', ''].join(CRLF)}${body.wire}`;
  });

/** The text with one to three mutations: bytes put in, taken out or replaced, lines added, doubled or joined. */
export function mutated(of: Text): Text {
  return fc.tuple(of, fc.array(mutation, { minLength: 1, maxLength: 3 })).map(([text, mutations]) => {
    return mutations.reduce((result, { at, apply }) => apply(result, Math.floor(at * (result.length + 1))), text);
  });
}

/** Where to cut a text, so that it arrives in pieces. */
export function pieces(text: string, cuts: readonly number[]): string[] {
  const places = [...new Set([0, ...cuts.map((cut) => cut % (text.length + 1)), text.length])].toSorted(
    (a, b) => a - b,
  );
  return places.slice(1).map((end, index) => text.slice(places[index], end));
}

/** For `pieces`. */
export const cuts: fc.Arbitrary<number[]> = fc.array(fc.nat(2_000), { maxLength: 8 });

type Mutation = { readonly at: number; readonly apply: (text: string, at: number) => string };

const kinds: fc.Arbitrary<Mutation['apply']> = fc.oneof(
  fc.constantFrom(...NASTY).map((nasty) => (text: string, at: number) => text.slice(0, at) + nasty + text.slice(at)),
  fc
    .constantFrom(...NASTY)
    .map((nasty) => (text: string, at: number) => text.slice(0, at) + nasty + text.slice(at + 1)),
  fc
    .integer({ min: 1, max: 3 })
    .map((count) => (text: string, at: number) => text.slice(0, at) + text.slice(at + count)),
  fc.constantFrom(...LOADED_LINES).map((line) => (text: string, at: number) => insertLine(text, at, line)),
  fc.constant((text: string, at: number) => insertLine(text, at, lineAt(text, at))),
  fc.constant((text: string, at: number) => text.slice(0, at) + text.slice(at).replace(CRLF, '\n')),
  fc.constant((text: string, at: number) => text.slice(0, at) + text.slice(at).replace(CRLF, '')),
  fc.constant((text: string, at: number) => text.slice(0, at)),
);

const mutation: fc.Arbitrary<Mutation> = fc.record({
  at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  apply: kinds,
});

function insertLine(text: string, at: number, line: string): string {
  const start = text.indexOf(CRLF, at);
  return start < 0 ? text : text.slice(0, start + 2) + line + CRLF + text.slice(start + 2);
}

function lineAt(text: string, at: number): string {
  const start = text.lastIndexOf(CRLF, at);
  const line = text.slice(start < 0 ? 0 : start + 2);
  return line.slice(0, Math.max(0, line.indexOf(CRLF)));
}

function charactersOf(characters: string, minLength: number, maxLength: number): Text {
  return fc.array(fc.constantFrom(...characters.split('')), { minLength, maxLength }).map((parts) => parts.join(''));
}

function whiteSpace(): Text {
  return fc.oneof(
    { weight: 4, arbitrary: fc.constant(' ') },
    { weight: 1, arbitrary: fc.constantFrom('', '\t', '  ') },
  );
}

// RFC 9112 7.1.1: any number of names, each with a value or without one; bad white space around all of it.
function chunkExtension(): Text {
  const value = fc.oneof(token, fc.constantFrom('""', '"a b"', '"; = \t\xe9"', '"\\"\\\\"'));
  const given = fc.tuple(badSpace(), badSpace(), value).map(([before, after, text]) => `${before}=${after}${text}`);
  const one = fc
    .tuple(badSpace(), badSpace(), token, fc.oneof(fc.constant(''), given))
    .map(([before, after, name, rest]) => `${before};${after}${name}${rest}`);
  return fc.oneof(
    { weight: 3, arbitrary: fc.constant('') },
    { weight: 1, arbitrary: fc.array(one, { minLength: 1, maxLength: 3 }).map((all) => all.join('')) },
  );
}

function badSpace(): Text {
  return fc.oneof(
    { weight: 4, arbitrary: fc.constant('') },
    { weight: 1, arbitrary: fc.constantFrom(' ', '\t', ' \t ') },
  );
}

function rotate(lines: readonly string[], by: number): string[] {
  const at = by % lines.length || 0;
  return [...lines.slice(at), ...lines.slice(0, at)];
}
