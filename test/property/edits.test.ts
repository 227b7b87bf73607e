// Edits carried out in bytes, beside a twin that carries them out on lists of strings.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { Http1Client } from '../../src/http1/http1-client.ts';
import { HeadParser } from '../../src/http1/head-parser.ts';
import { out } from '../../src/http1/output.ts';
import { writeRequestHead } from '../../src/http1/write-request.ts';
import {
  NO_PLACE,
  type ResponseManner,
  firstBytes,
  isShiftable,
  placeForAdditions,
  shiftResponseHead,
  writeResponseHead,
} from '../../src/http1/write-response.ts';
import { EMPTY, ascii, latin1 } from '../../src/message/bytes.ts';
import { type OwnMarks, NO_MARKS } from '../../src/message/own-marks.ts';
import type { OriginFacts } from '../../src/message/contract.ts';
import {
  type Direction,
  type EditMaker,
  Edits,
  requestEdit,
  responseEdit,
  whyNoEdit,
} from '../../src/message/edits.ts';
import { Head } from '../../src/message/head.ts';
import { PLAIN_MANNER, requestHead, wire } from '../support/heads.ts';
import { fieldValue, request, response, token } from '../support/http-arbitraries.ts';
import { type Field, parseRequestHead, parseResponseHead } from '../support/reference-parser.ts';

const RUNS = { numRuns: 1000 };
const MARKS: OwnMarks = { ...NO_MARKS, idPrefix: ascii('0123456789abcdef') };
const CLIENT = new Http1Client(
  { address: '10.0.0.1', isTls: false, tls: null, version: '1.1', port: 0, claims: null },
  MARKS,
);
const PLAIN_ORIGIN: OriginFacts = {
  authority: ascii('origin:80'),
  ownHost: false,
  basePath: EMPTY,
  query: EMPTY,
  authorization: EMPTY,
  isPlain: true,
};
const OWN_ORIGIN: OriginFacts = {
  ...PLAIN_ORIGIN,
  ownHost: true,
  authorization: ascii('Basic b3du'),
  isPlain: false,
};
const OWN_CREDENTIALS = { name: 'Authorization', value: 'Basic b3du' };

type Change = { readonly kind: 'remove' | 'set' | 'append'; readonly name: string; readonly value: string };

const change: fc.Arbitrary<{
  readonly kind: Change['kind'];
  readonly which: number;
  readonly name: string;
  readonly value: string;
}> = fc.record({
  kind: fc.constantFrom('remove', 'set', 'append'),
  which: fc.nat(9),
  name: fc.oneof(token, fc.constantFrom('X-A', 'x-a', 'Server', 'Set-Cookie', 'authorization')),
  value: fieldValue,
});
const changes = fc.array(change, { maxLength: 6 });

/** Changes of fields that the message has as well as of others, as far as they are allowed. */
function allowed(
  direction: Direction,
  fields: readonly Field[],
  wanted: readonly Parameters<typeof pick>[1][],
): Change[] {
  return wanted.map((one) => pick(fields, one)).filter(({ name, value }) => whyNoEdit(direction, name, value) === null);
}

function pick(
  fields: readonly Field[],
  { kind, which, name, value }: { kind: Change['kind']; which: number; name: string; value: string },
): Change {
  const own = fields[which]?.name;
  return { kind, name: own === undefined ? name : which % 2 === 0 ? own.toUpperCase() : own, value };
}

function editsOf<D extends Direction>(make: EditMaker<D>, made: readonly Change[]): Edits<D> {
  const edits = new Edits<D>();
  for (const { kind, name, value } of made) edits.add(kind === 'remove' ? make.remove(name) : make[kind](name, value));
  return edits;
}

function twin(fields: readonly Field[], made: readonly Change[]): readonly Field[] {
  return made.reduce<readonly Field[]>((result, { kind, name, value }) => {
    const isOther = (field: Field) => field.name.toLowerCase() !== name.toLowerCase();
    const kept = kind === 'append' ? result : result.filter(isOther);
    return kind === 'remove' ? kept : [...kept, { name, value }];
  }, fields);
}

// The order of fields of different names means nothing (RFC 9110 5.3).
function byName(fields: readonly Field[]): readonly (readonly [string, readonly string[]])[] {
  const values = Map.groupBy(fields, ({ name }) => name.toLowerCase());
  return [...values]
    .map(([name, list]) => [name, list.map(({ value }) => value)] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function writtenRequest(text: string, edits: Edits<'request'> | null, origin: OriginFacts) {
  const head = requestHead(text);
  const outgoing = {
    head,
    bodyStart: 0,
    bodyEnd: 0,
    bodyForm: 'framed' as const,
    strip: 0,
    client: CLIENT,
    rewritten: null,
    edits,
    marks: MARKS,
  };
  const parsed = parseRequestHead(latin1(out, 0, writeRequestHead(out, outgoing, origin)));
  if (parsed.kind !== 'message') throw new Error(`the written head is no request: ${JSON.stringify(parsed)}`);
  return parsed.message;
}

// In memory that has just the room at its left that the place needs.
function shifted(head: Head, manner: ResponseManner, place: number): string {
  const left = firstBytes(place, manner);
  const room = new Uint8Array(left + head.bytes.length);
  room.set(head.bytes, left);
  return latin1(room, shiftResponseHead(head, manner, place, room, left), room.length);
}

function writtenResponse(text: string, edits: Edits<'response'> | null, word: 'implied' | 'close') {
  const head = new Head();
  if (
    new HeadParser({ headerBytes: 32_768, headerCount: 100, targetBytes: 0 }).feedResponse(
      head,
      wire(text),
      0,
      false,
    ) <= 0
  )
    throw new Error(`the sample is refused: ${text}`);
  const body = latin1(head.bytes, head.end, head.bytes.length);
  const manner = { ...PLAIN_MANNER, word, edits };
  const place = word === 'implied' && isShiftable(head) ? placeForAdditions(head, manner) : NO_PLACE;
  const written =
    place === NO_PLACE ? latin1(out, 0, writeResponseHead(out, head, manner)) + body : shifted(head, manner, place);
  const parsed = parseResponseHead(written, 'GET');
  if (parsed.kind !== 'message') throw new Error(`the written head is no response: ${JSON.stringify(parsed)}`);
  expect(parsed.rest).toBe(body);
  return parsed.message;
}

describe('a head that is written with edits', () => {
  test.each([
    ['request', PLAIN_ORIGIN],
    ['request for a backend with a host and credentials of its own', OWN_ORIGIN],
  ])('has the fields that the edits say, and is else the same: %s', (_, origin) => {
    fc.assert(
      fc.property(request, changes, (text, wanted) => {
        const before = writtenRequest(text, null, origin);
        const made = allowed('request', before.fields, wanted);
        const after = writtenRequest(text, editsOf(requestEdit, made), origin);
        const expected = twin(before.fields, made).filter(
          ({ name }) => origin !== OWN_ORIGIN || !/^authorization$/i.test(name),
        );
        expect(byName(after.fields)).toEqual(byName(origin === OWN_ORIGIN ? [...expected, OWN_CREDENTIALS] : expected));
        expect({ ...after, fields: [] }).toEqual({ ...before, fields: [] });
      }),
      RUNS,
    );
  });

  test.each(['implied', 'close'] as const)(
    'has the fields that the edits say, and is else the same: response, %s',
    (word) => {
      // A line that gives way to what is added, and a Date, so that the head may be shifted.
      const shiftable = fc.tuple(response, fc.boolean()).map(([text, isShifted]) => {
        if (!isShifted || !text.startsWith('HTTP/1.1')) return text;
        return text.replace(
          '\r\n',
          '\r\nDate: today\r\nConnection: keep-alive\r\nKeep-Alive: timeout=5, max=100, and-more=0123456789\r\n',
        );
      });
      fc.assert(
        fc.property(shiftable, changes, (text, wanted) => {
          const before = writtenResponse(text, null, word);
          const made = allowed('response', before.fields, wanted);
          const after = writtenResponse(text, editsOf(responseEdit, made), word);
          expect(byName(after.fields)).toEqual(byName(twin(before.fields, made)));
          expect({ ...after, fields: [] }).toEqual({ ...before, fields: [] });
        }),
        RUNS,
      );
    },
  );

  test('leaves in their order the fields that stay', () => {
    fc.assert(
      fc.property(request, changes, (text, wanted) => {
        const before = writtenRequest(text, null, PLAIN_ORIGIN);
        const made = allowed('request', before.fields, wanted);
        const touched = new Set(made.map(({ name }) => name.toLowerCase()));
        const untouched = ({ fields }: { readonly fields: readonly Field[] }) =>
          fields.filter(({ name }) => !touched.has(name.toLowerCase()));
        expect(untouched(writtenRequest(text, editsOf(requestEdit, made), PLAIN_ORIGIN))).toEqual(untouched(before));
      }),
      RUNS,
    );
  });
});
