// The byte-level parsers against the reference parser: what one takes, the other takes, and for the same thing.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { ChunkScanner, type ChunkedForm, type MessageKind } from '../../src/http1/chunked.ts';
import { HeadParser } from '../../src/http1/head-parser.ts';
import {
  BAD_HOST,
  BAD_TARGET,
  HEAD_TOO_LARGE,
  REFUSED_METHOD,
  TOO_MANY_FIELDS,
  UNKNOWN_EXPECTATION,
} from '../../src/http1/problems.ts';
import { out } from '../../src/http1/output.ts';
import { trailerHead } from '../../src/http1/trailers.ts';
import { writeTrailers } from '../../src/http1/write-chunks.ts';
import { latin1 } from '../../src/message/bytes.ts';
import { BODY_CHUNKED, BODY_LENGTH, BODY_NONE, BODY_UNTIL_CLOSE, Head } from '../../src/message/head.ts';
import { describeHead, wire } from '../support/heads.ts';
import {
  bodyWithTrailers,
  chunkedBody,
  cuts,
  mutated,
  oddTarget,
  pieces,
  request,
  response,
} from '../support/http-arbitraries.ts';
import {
  type BodyFraming,
  type Field,
  parseChunked,
  parseRequestHead,
  parseResponseHead,
} from '../support/reference-parser.ts';

const LIMITS = { headerBytes: 32 * 1024, headerCount: 100, targetBytes: 8 * 1024 };
// RFC 9112 2.2: skipped by a server; the reference parser begins with the request line.
const LEADING_EMPTY_LINES = /^(?:\r\n){1,8}/;
// FUZZ_RUNS=10000000 makes a fuzzer of it.
const RUNS = { numRuns: Number(process.env['FUZZ_RUNS'] ?? 2_000) };

const chunkedText = chunkedBody.map(({ wire: text }) => text);
const REFUSED_TRAILER = /^(host|connection|content-length|transfer-encoding|keep-alive|te)$/i;
const NEVER_TRAILS =
  /^(host|connection|content-length|transfer-encoding|keep-alive|te|trailer|upgrade|http2-settings|proxy-(connection|authenticate|authorization))$/i;

type Facts = { readonly line: string; readonly fields: readonly Field[]; readonly framing: BodyFraming };
type Verdict =
  | { readonly kind: 'message'; readonly facts: Facts; readonly rest: string }
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'refused'; readonly problem: number };

describe('the parser of request heads', () => {
  test('takes every valid request for what the grammar says', () => {
    fc.assert(
      fc.property(request, cuts, (text, at) =>
        expect(readHead('request', pieces(text, at))).toEqual(expected('request', text)),
      ),
      RUNS,
    );
  });

  test('takes a broken request only if the grammar does, and for the same thing', () => {
    fc.assert(
      fc.property(mutated(request), cuts, (text, at) => agree('request', text, at)),
      RUNS,
    );
  });

  test('reads a request in pieces as it reads it whole', () => {
    fc.assert(
      fc.property(mutated(request), cuts, (mutant, at) => {
        // Bytes without a line end may be kept unread for a while; with one at the end all of them are read.
        const text = `${mutant}\n`;
        const whole = readHead('request', [text]);
        const parts = readHead('request', pieces(text, at));
        expect(parts.kind === 'refused' ? 'refused' : parts).toEqual(whole.kind === 'refused' ? 'refused' : whole);
      }),
      RUNS,
    );
  });
});

describe('the normal form of a path', () => {
  test('has no dot segments left in any spelling, and is its own normal form', () => {
    fc.assert(
      fc.property(oddTarget, cuts, (target, at) => {
        const text = `GET ${target} HTTP/1.1\r\nHost: a.test\r\n\r\n`;
        const verdict = readHead('request', pieces(text, at));
        if (verdict.kind !== 'message') return;
        const path = verdict.facts.line.split(' ')[1];
        expect(path.replaceAll(/%2e/gi, '.')).not.toMatch(/\/\.\.?(;|\/|$)/);
        expect(path).not.toMatch(/%00|\\/);
        expect(readHead('request', [text.replace(target, () => path)])).toEqual(verdict);
      }),
      RUNS,
    );
  });
});

describe('the parser of response heads', () => {
  test('takes every valid response for what the grammar says', () => {
    fc.assert(
      fc.property(response, cuts, (text, at) =>
        expect(readHead('response', pieces(text, at))).toEqual(expected('response', text)),
      ),
      RUNS,
    );
  });

  test('takes a broken response only if the grammar does, and for the same thing', () => {
    fc.assert(
      fc.property(mutated(response), cuts, (text, at) => agree('response', text, at)),
      RUNS,
    );
  });
});

describe('the scanner of chunked bodies', () => {
  test('finds the payload and the end of every valid body', () => {
    fc.assert(
      fc.property(chunkedBody, cuts, ({ wire: text, payload }, at) => {
        const wanted: Scanned = { kind: 'message', kept: payload, rest: 'NEXT' };
        expect(scan(pieces(`${text}NEXT`, at), 'response', 'payload')).toEqual(wanted);
      }),
      RUNS,
    );
  });

  test('passes on canonical framing with the same payload', () => {
    fc.assert(
      fc.property(chunkedBody, cuts, ({ wire: text, payload }, at) => {
        const scanned = scan(pieces(text, at), 'request', 'chunks');
        const again = parseChunked(scanned.kept);
        expect(again).toEqual({ kind: 'message', message: { body: payload, trailers: [], extensions: [] }, rest: '' });
      }),
      RUNS,
    );
  });

  test("passes on a response's trailers but those that frame, route or speak of one connection", () => {
    fc.assert(
      fc.property(bodyWithTrailers, cuts, (text, at) => {
        const reference = parseChunked(text);
        if (reference.kind !== 'message') throw new Error(`a body that is none: ${text}`);
        const trailers = reference.message.trailers.filter(({ name }) => !NEVER_TRAILS.test(name));
        const scanned = scan(pieces(text, at), 'response', 'chunks_and_trailers');
        const passedOn = { ...reference.message, trailers, extensions: [] };
        expect(parseChunked(scanned.kept)).toEqual({ kind: 'message', message: passedOn, rest: '' });
      }),
      RUNS,
    );
  });

  test("hands out a response's trailers beside its payload, the same that it passes on in chunks", () => {
    fc.assert(
      fc.property(bodyWithTrailers, cuts, (text, at) => {
        const inChunks = parseChunked(scan(pieces(text, at), 'response', 'chunks_and_trailers').kept);
        if (inChunks.kind !== 'message') throw new Error(`a body that is none: ${text}`);
        const scanner = new ChunkScanner('response');
        const payload = scan(pieces(text, at), 'response', 'payload_and_trailers', scanner).kept;
        const trailers = describeHead(trailerHead(scanner.trailerLines)).fields;
        expect(payload).toBe(inChunks.message.body);
        expect(trailers).toEqual(inChunks.message.trailers.map(({ name, value }) => [name, value]));
        const written = latin1(out, 0, writeTrailers(out, trailerHead(scanner.trailerLines)));
        expect(parseChunked(written)).toEqual({ ...inChunks, message: { ...inChunks.message, body: '' } });
      }),
      RUNS,
    );
  });

  test.each(['request', 'response'] as const)(
    'takes a broken body of a %s only if the grammar does, and for the same payload',
    (of) => {
      fc.assert(
        fc.property(mutated(chunkedText), cuts, (text, at) => {
          const scanned = scan(pieces(text, at), of, 'payload');
          const reference = parseChunked(text);
          if (scanned.kind === 'message') expect(reference.kind).toBe('message');
          if (reference.kind !== 'message') return;
          const { body, trailers } = reference.message;
          if (of === 'request' && trailers.some(({ name }) => REFUSED_TRAILER.test(name))) {
            expect(scanned.kind).toBe('refused');
          } else expect(scanned).toEqual({ kind: 'message', kept: body, rest: reference.rest });
        }),
        RUNS,
      );
    },
  );
});

// Whatever the parser takes, the grammar takes; what only the gateway's own rules refuse, the grammar may take.
function agree(kind: 'request' | 'response', text: string, at: readonly number[]): void {
  const verdict = readHead(kind, pieces(text, at));
  const reference = expected(kind, text);
  if (verdict.kind === 'message') expect<Verdict>(verdict).toEqual(reference);
  if (verdict.kind === 'refused' && reference.kind === 'message') expect(OWN_RULES.has(verdict.problem)).toBe(true);
}

const OWN_RULES: ReadonlySet<number> = new Set([
  BAD_TARGET,
  BAD_HOST,
  REFUSED_METHOD,
  HEAD_TOO_LARGE,
  TOO_MANY_FIELDS,
  UNKNOWN_EXPECTATION,
]);

function expected(kind: 'request' | 'response', text: string): Verdict {
  if (kind === 'request') {
    const parsed = parseRequestHead(text.replace(LEADING_EMPTY_LINES, ''));
    if (parsed.kind === 'message') {
      const { method, target, minor, fields, framing } = parsed.message;
      return { kind: 'message', facts: { line: `${method} ${target} ${minor}`, fields, framing }, rest: parsed.rest };
    }
    return parsed.kind === 'incomplete' ? parsed : { kind: 'refused', problem: 0 };
  }
  const parsed = parseResponseHead(text, 'GET');
  if (parsed.kind === 'message') {
    const { status, minor, fields, framing } = parsed.message;
    return { kind: 'message', facts: { line: `${status} ${minor}`, fields, framing }, rest: parsed.rest };
  }
  return parsed.kind === 'incomplete' ? parsed : { kind: 'refused', problem: 0 };
}

function readHead(kind: 'request' | 'response', parts: readonly string[]): Verdict {
  const parser = new HeadParser(LIMITS);
  const head = new Head();
  parser.begin();
  for (const [index, part] of parts.entries()) {
    const bytes = wire(part);
    const result = kind === 'request' ? parser.feedRequest(head, bytes, 0) : parser.feedResponse(head, bytes, 0, false);
    if (result < 0) return { kind: 'refused', problem: result };
    if (result === 0) continue;
    const rest = latin1(head.bytes, result, parser.available(head)) + parts.slice(index + 1).join('');
    return { kind: 'message', facts: factsOf(kind, head), rest };
  }
  return { kind: 'incomplete' };
}

function factsOf(kind: 'request' | 'response', head: Head): Facts {
  const text = (start: number, end: number): string => latin1(head.bytes, start, end);
  const fields = Array.from({ length: head.count }, (_, f) => ({
    name: text(head.fields[f * 4], head.fields[f * 4 + 1]),
    value: text(head.fields[f * 4 + 2], head.fields[f * 4 + 3]),
  }));
  const line =
    kind === 'request'
      ? `${text(head.start, head.methodEnd)} ${text(head.pathStart, head.targetEnd)} ${head.minor}`
      : `${head.status} ${head.minor}`;
  return { line, fields, framing: framingOf(head) };
}

function framingOf(head: Head): BodyFraming {
  switch (head.framing) {
    case BODY_NONE:
      return { kind: 'none' };
    case BODY_LENGTH:
      return { kind: 'length', length: head.length };
    case BODY_CHUNKED:
      return { kind: 'chunked' };
    case BODY_UNTIL_CLOSE:
      return { kind: 'until_close' };
  }
}

type Scanned = { readonly kind: 'message' | 'incomplete' | 'refused'; readonly kept: string; readonly rest: string };

function scan(parts: readonly string[], of: MessageKind, form: ChunkedForm, scanner = new ChunkScanner(of)): Scanned {
  scanner.begin(form);
  let kept = '';
  let leftOver = '';
  for (const [index, part] of parts.entries()) {
    const bytes = wire(leftOver + part);
    const end = scanner.scan(bytes, 0, bytes.length);
    if (end < 0) return { kind: 'refused', kept, rest: '' };
    kept += latin1(bytes, 0, scanner.keptEnd);
    leftOver = latin1(bytes, end, bytes.length);
    if (scanner.isDone) return { kind: 'message', kept, rest: leftOver + parts.slice(index + 1).join('') };
  }
  return { kind: 'incomplete', kept, rest: '' };
}
