import { describe, expect, test } from 'bun:test';
import { bytes } from '../../src/core/units.ts';
import { out } from '../../src/http1/output.ts';
import { writeRequestHead } from '../../src/http1/write-request.ts';
import { writeResponseHead } from '../../src/http1/write-response.ts';
import { EMPTY, latin1 } from '../../src/message/bytes.ts';
import type { ClientFacts } from '../../src/message/contract.ts';
import type { Edits } from '../../src/message/edits.ts';
import type { Head } from '../../src/message/head.ts';
import { NO_MARKS } from '../../src/message/own-marks.ts';
import { type Coding, chooseCoding } from '../../src/policies/compression/accept-encoding.ts';
import { compression, planCompression } from '../../src/policies/compression/compression.ts';
import type { Compression } from '../../src/policies/compression/compressor.ts';
import type { CompressionOptions } from '../../src/policies/compression/options.ts';
import { MediaTypes, hasBody, isCompressible, traitsOf } from '../../src/policies/compression/response-traits.ts';
import { workTurns } from '../support/compression.ts';
import { PLAIN_MANNER, requestHead, responseHead } from '../support/heads.ts';
import { policyRequest } from '../support/policy-request.ts';

const OPTIONS: CompressionOptions = { level: 5, min_bytes: bytes(256), content_types: ['application/json', 'text/*'] };
const CLIENT: ClientFacts = { address: '10.0.0.1', isTls: false, tls: null, version: '1.1', port: 0, claims: null };
const ORIGIN = {
  authority: EMPTY,
  ownHost: false,
  basePath: EMPTY,
  query: EMPTY,
  authorization: EMPTY,
  isPlain: true,
};
const GZIP = 'Accept-Encoding: gzip\r\n';
const JSON_FIELDS = 'Content-Type: application/json\r\nContent-Length: 1000\r\n';

function get(fields: string, method = 'GET') {
  return requestHead(`${method} / HTTP/1.1\r\nHost: a\r\n${fields}\r\n`);
}

function plan(
  fields: string,
  { request = GZIP, method = 'GET', status = '200 OK', options = OPTIONS } = {},
): Compression | null {
  const response = responseHead(`HTTP/1.1 ${status}\r\n${fields}\r\n`, method === 'HEAD');
  const types = new MediaTypes(options.content_types);
  const isPossible = hasBody(response, options.min_bytes) && isCompressible(traitsOf(response, types));
  return isPossible ? planCompression(get(request, method), response, options.level) : null;
}

/** The head that a client gets which asks for gzip, or else as it says. */
function sent(fields: string, request = GZIP, line = 'HTTP/1.1 200 OK', method = 'GET'): readonly string[] {
  const head = responseHead(`${line}\r\n${fields}\r\n`, method === 'HEAD');
  const asked = policyRequest(get(request, method));
  const stage = compression.create(OPTIONS, { turns: workTurns() }).stage?.(asked, head) ?? null;
  const whole = method === 'HEAD' ? 'bare' : 'chunked';
  const framing = stage === null ? 'as_is' : whole;
  const length = writeResponseHead(out, head, { ...PLAIN_MANNER, framing, edits: asked.responseEdits });
  return latin1(out, 0, length).split('\r\n').slice(0, -2);
}

/** The fields of a request as they go to a backend, but for those that the gateway sets. */
function written(head: Head, edits: Edits<'request'>): readonly string[] {
  const body = { bodyStart: 0, bodyEnd: 0, bodyForm: 'framed' } as const;
  const request = { head, ...body, strip: 0, rewritten: null, client: CLIENT, edits, marks: NO_MARKS };
  const lines = latin1(out, 0, writeRequestHead(out, request, ORIGIN)).split('\r\n');
  return lines.slice(1, -2).filter((line) => !line.startsWith('X-'));
}

/** What a response that passes as it is gets added. */
function addedTo(fields: string): readonly string[] {
  return sent(fields, '').slice(fields.split('\r\n').length);
}

describe('a client', () => {
  test.each<[string | null, Coding | null]>([
    [null, null],
    ['', null],
    ['gzip', 'gzip'],
    ['GZip', 'gzip'],
    ['x-gzip', 'gzip'],
    ['gzip, deflate, br, zstd', 'br'],
    ['gzip, deflate', 'gzip'],
    ['deflate, gzip;q=1.0', 'gzip'],
    ['deflate;q=0.9, gzip;q=0.1', 'deflate'],
    ['gzip;q=0', null],
    ['gzip;q=0.000', null],
    ['br;q=0, *', 'zstd'],
    ['*', 'br'],
    ['*;q=0', null],
    ['gzip, *;q=0', 'gzip'],
    ['identity', null],
    ['identity, gzip;q=0.5', null],
    ['identity;q=0.5, gzip', 'gzip'],
    ['identity;q=0', null],
    ['identity;q=0.5, gzip;q=0.5', 'gzip'],
    ['compress, exi', null],
    ['gzip;q=2', null],
    ['gzip;q=nonsense, deflate', 'deflate'],
    ['gzip;level=9', null],
    ['gzip ; q=0.5 , deflate;q=0.4', 'gzip'],
    [',,gzip,,', 'gzip'],
    ['gzip;q=0, gzip', null],
  ])('that sends %j is given %j', (header, coding) => {
    expect(chooseCoding(get(header === null ? '' : `Accept-Encoding: ${header}\r\n`))).toBe(coding);
  });
});

describe('a condition', () => {
  test.each([
    ['If-Match: "a-ks-gzip"', ['If-Match: "a"']],
    ['If-Match: "a-ks-gzip", "b" ,"c-ks-br"', ['If-Match: "a", "b" ,"c"']],
    ['If-Match: W/"a-ks-gzip"', ['If-Match: W/"a"']],
    ['if-none-match: "a-ks-zstd"', ['If-None-Match: "a"']],
    ['If-None-Match: W/"a-ks-deflate"', ['If-None-Match: "a"']],
    ['If-None-Match: W/"b", W/"a-ks-gzip"', ['If-None-Match: W/"b", "a"']],
    ['If-None-Match: "a"\r\nIf-None-Match: "b-ks-gzip"', ['If-None-Match: "a", "b"']],
    ['If: (<urn:uuid:1> ["a-ks-gzip"])', ['If: (<urn:uuid:1> ["a"])']],
    ['If-Range: "a-ks-gzip"\r\nRange: bytes=1-', []],
    ['If-Range: "a"\r\nRange: bytes=1-', ['If-Range: "a"', 'Range: bytes=1-']],
    ['If-Match: "a-ks-lzma", "ks-gzip", "a-ks-gzip "', ['If-Match: "a-ks-lzma", "ks-gzip", "a-ks-gzip "']],
    ['If-Modified-Since: "a-ks-gzip"', ['If-Modified-Since: "a-ks-gzip"']],
    [`If-Match: "${'a'.repeat(9000)}-ks-gzip"`, [`If-Match: "${'a'.repeat(9000)}-ks-gzip"`]],
  ])('has the tags of the origin: %j', (fields, expected) => {
    const head = get(`${fields}\r\n`);
    const asked = policyRequest(head);
    expect(compression.create(OPTIONS, { turns: workTurns() }).request?.(asked)).toEqual({ kind: 'continue' });
    expect(written(head, asked.requestEdits)).toEqual(['Host: a', ...expected]);
  });
});

describe('a response', () => {
  test.each([
    [JSON_FIELDS],
    ['Content-Type: Text/HTML;charset=utf-8\r\nContent-Length: 256\r\n'],
    ['Content-Type: text/html\r\nTransfer-Encoding: chunked\r\n'],
    ['Content-Type: text/html\r\n'],
    ['content-type: text/x-y ; a=b\r\n'],
    [`${JSON_FIELDS}Content-Encoding: identity\r\n`],
    [`${JSON_FIELDS}Cache-Control: no-transformers, no-store\r\n`],
    [`${JSON_FIELDS}Trailer: X\r\n`],
  ])('is compressed: %j', (fields) => {
    expect(plan(fields)).not.toBeNull();
  });

  test.each([
    ['Content-Type: image/png\r\nContent-Length: 1000\r\n'],
    ['Content-Length: 1000\r\n'],
    ['Content-Type: tex\r\nContent-Length: 1000\r\n'],
    ['Content-Type: texts/html\r\nContent-Length: 1000\r\n'],
    ['Content-Type: text/html\r\nContent-Type: text/html\r\nContent-Length: 1000\r\n'],
    ['Content-Type: application/jsonp\r\nContent-Length: 1000\r\n'],
    ['Content-Type: application/json\r\nContent-Length: 255\r\n'],
    ['Content-Type: application/json\r\nContent-Length: 0\r\n'],
    [`${JSON_FIELDS}Content-Encoding: gzip\r\n`],
    [`${JSON_FIELDS}Content-Encoding: gzip, identity\r\n`],
    [`${JSON_FIELDS}Cache-Control: private, No-Transform\r\n`],
    [`${JSON_FIELDS}Cache-Control: private\r\nCache-Control: no-transform\r\n`],
    [`${JSON_FIELDS}Content-Digest: sha-256=:x:\r\n`],
  ])('is left alone: %j', (fields) => {
    expect(plan(fields)).toBeNull();
  });

  test.each([['204 No Content'], ['206 Partial Content'], ['304 Not Modified'], ['103 Early Hints']])(
    'of status %s is left alone',
    (status) => {
      expect(plan('Content-Type: text/plain\r\n', { status })).toBeNull();
    },
  );

  test('to a HEAD request is left alone', () => {
    expect(plan(JSON_FIELDS, { method: 'HEAD' })).toBeNull();
  });

  test('is left alone where the request forbids it to be changed', () => {
    const request = 'Accept-Encoding: gzip\r\n';
    expect(plan(JSON_FIELDS, { request: `${request}Cache-Control: no-transform\r\n` })).toBeNull();
  });

  test('keeps its fields, their order and their bytes, but for those that compression changes', () => {
    const fields =
      'Server: x\r\nSet-Cookie: a=\xe9\r\nContent-Length: 1000\r\nETag: "abc"\r\nContent-Type: text/html\r\n' +
      'Accept-Ranges: bytes\r\nvary:  Origin \r\nSet-Cookie: b=2\r\nX-Empty:\r\nDate: today\r\n';
    expect(sent(fields)).toEqual([
      'HTTP/1.1 200 OK',
      'Server: x',
      'Set-Cookie: a=\xe9',
      'Content-Type: text/html',
      'vary: Origin',
      'Set-Cookie: b=2',
      'X-Empty: ',
      'Date: today',
      'Vary: Accept-Encoding',
      'Content-Encoding: gzip',
      'ETag: "abc-ks-gzip"',
      'Transfer-Encoding: chunked',
    ]);
  });

  test('says what its compressor needs to know', () => {
    expect(plan(JSON_FIELDS)).toMatchObject({ coding: 'gzip', level: 5, length: 1000 });
    expect(plan('Content-Type: text/event-stream; x=y\r\nTransfer-Encoding: chunked\r\n')).toMatchObject({
      length: 0,
      isEventStream: true,
    });
    expect(plan('Content-Type: text/plain\r\n')).toMatchObject({ length: 0, isEventStream: false });
  });

  test('of an HTTP/1.0 backend becomes one of HTTP/1.1', () => {
    const [line] = sent('Content-Type: text/plain\r\n', GZIP, 'HTTP/1.0 404 Gone fishing');
    expect(line).toBe('HTTP/1.1 404 Gone fishing');
  });

  test.each([
    ['', ['Vary: Accept-Encoding']],
    ['Vary:\r\n', ['Vary: ', 'Vary: Accept-Encoding']],
    ['Vary: Origin\r\nVary: Accept\r\n', ['Vary: Origin', 'Vary: Accept', 'Vary: Accept-Encoding']],
    ['Vary: Origin,accept-encoding\r\n', ['Vary: Origin,accept-encoding']],
    ['Vary: *\r\n', ['Vary: *']],
    ['Vary: Accept-Encoding-Not\r\n', ['Vary: Accept-Encoding-Not', 'Vary: Accept-Encoding']],
  ])('with %j says that it varies', (fields, expected) => {
    expect(sent(`${JSON_FIELDS}${fields}`).filter((line) => line.startsWith('Vary'))).toEqual(expected);
  });

  test.each([
    ['ETag: W/"a"\r\n', ['ETag: W/"a"']],
    ['ETag: "a"\r\n', ['ETag: "a-ks-gzip"']],
    ['ETag: ""\r\n', ['ETag: "-ks-gzip"']],
    ['ETag: "a\r\n', []],
    ['ETag: a\r\n', []],
    ['ETag: "a"\r\nETag: "b"\r\n', []],
  ])('with %j has no tag of other bytes', (fields, expected) => {
    expect(sent(`${JSON_FIELDS}${fields}`).filter((line) => line.startsWith('ETag'))).toEqual(expected);
  });

  test.each([
    ['gzip', 'ETag: "a-ks-gzip"'],
    ['br', 'ETag: "a-ks-br"'],
    ['identity', 'ETag: "a"'],
  ])('has a tag for each of its forms: %s', (coding, expected) => {
    expect(sent(`${JSON_FIELDS}ETag: "a"\r\n`, `Accept-Encoding: ${coding}\r\n`)).toContain(expected);
  });

  test.each(['HTTP/1.1 200 OK', 'HTTP/1.1 404 Not Found'])('to HEAD says what one to GET says: %s', (line) => {
    const fields = `${JSON_FIELDS}ETag: "a"\r\nAccept-Ranges: bytes\r\n`;
    const inFull = sent(fields, GZIP, line).filter((one) => !one.startsWith('Transfer'));
    expect(sent(fields, GZIP, line, 'HEAD')).toEqual(inFull);
    expect(sent(fields, '', line, 'HEAD')).toEqual(sent(fields, '', line));
    const small = 'Content-Type: text/plain\r\nContent-Length: 1\r\nETag: "a"\r\n';
    expect(sent(small, GZIP, line, 'HEAD')).toEqual(sent(small, GZIP, line));
  });

  test.each([
    ['If-None-Match: "a-ks-gzip"\r\n', '"a-ks-gzip"'],
    ['If-None-Match: "b", W/"a-ks-gzip"\r\n', 'W/"a-ks-gzip"'],
    ['If-None-Match: "a-ks-br"\r\n', '"a-ks-br"'],
    ['If-None-Match: "a-ks-br", "a", "a-ks-gzip"\r\n', '"a-ks-gzip"'],
    ['If-None-Match: "a-ks-br"\r\nIf-None-Match: "a"\r\n', '"a"'],
    ['If-None-Match: "a"\r\n', '"a"'],
    ['If-None-Match: "aa-ks-gzip"\r\n', '"a"'],
    ['If-None-Match: *\r\n', '"a"'],
    ['If-Modified-Since: now\r\n', '"a"'],
    ['', '"a"'],
  ])('304 for %j has the tag of the form that the client has', (condition, expected) => {
    const line = 'HTTP/1.1 304 Not Modified';
    expect(sent('ETag: "a"\r\n', GZIP + condition, line).toSorted()).toEqual(
      [line, `ETag: ${expected}`, 'Vary: Accept-Encoding'].toSorted(),
    );
  });

  test.each([
    ['304 Not Modified', 'Content-Type: text/html\r\n', true],
    ['304 Not Modified', 'Content-Type: image/png\r\n', false],
    ['304 Not Modified', 'Cache-Control: no-transform\r\n', false],
    ['206 Partial Content', 'Content-Type: text/html\r\n', true],
    ['206 Partial Content', 'Content-Type: image/png\r\n', false],
    ['204 No Content', '', false],
  ])('of status %s with %j says that it varies: %p', (status, fields, varies) => {
    const lines = sent(`${fields}ETag: "a"\r\n`, GZIP, `HTTP/1.1 ${status}`);
    expect(lines.includes('Vary: Accept-Encoding')).toBe(varies);
    expect(lines).toContain('ETag: "a"');
  });

  test('does not lose what compression says to a Connection field of the backend', () => {
    const fields = `${JSON_FIELDS}Connection: close, X-Private, Content-Encoding, Vary\r\nX-Private: 1\r\nVary: *\r\n`;
    expect(sent(fields)).toEqual([
      'HTTP/1.1 200 OK',
      'Content-Type: application/json',
      'Vary: Accept-Encoding',
      'Content-Encoding: gzip',
      'Transfer-Encoding: chunked',
    ]);
  });

  test.each([
    ['nothing', ''],
    ['another coding', 'Accept-Encoding: identity\r\n'],
    ['no transformation', 'Accept-Encoding: gzip\r\nCache-Control: no-transform\r\n'],
  ])('to a client that asks for %s is not compressed, but says that it varies', (_, request) => {
    expect(sent(JSON_FIELDS, request)).toEqual([
      'HTTP/1.1 200 OK',
      'Content-Type: application/json',
      'Content-Length: 1000',
      'Vary: Accept-Encoding',
    ]);
  });

  test('says only once that it varies', () => {
    const vary = ['Vary: Accept-Encoding'];
    expect(addedTo(`${JSON_FIELDS}Vary: Origin\r\n`)).toEqual(vary);
    expect(addedTo(`${JSON_FIELDS}Vary: Origin ,Accept-encoding\t\r\n`)).toEqual([]);
    expect(addedTo(`${JSON_FIELDS}Vary: *\r\n`)).toEqual([]);
    expect(sent(`${JSON_FIELDS}Connection: Vary\r\nVary: Accept-Encoding\r\n`, '').slice(3)).toEqual(vary);
  });

  test('that nobody is given compressed does not vary', () => {
    expect(addedTo('Content-Type: image/png\r\nContent-Length: 1000\r\n')).toEqual([]);
    expect(addedTo(`${JSON_FIELDS}Content-Encoding: br\r\n`)).toEqual([]);
  });

  test('may have as many fields as the configuration lets it have', () => {
    const many = 'X: y\r\n'.repeat(98);
    expect(sent(`${JSON_FIELDS}${many}`)).toHaveLength(1 + 98 + 4);
  });
});
