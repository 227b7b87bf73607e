// The lines of the access log, whatever clients send.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { usualAccessLog } from '../../src/config/access-log.ts';
import type { AccessLogFormat } from '../../src/core/access-log-settings.ts';
import { millis } from '../../src/core/units.ts';
import { type FormatSettings, lineFormat } from '../../src/observe/access-log/line-format.ts';
import { RecordJson } from '../../src/observe/access-log/record-json.ts';
import { JsonWriter, Lines, TextWriter, memberKey, wordOf } from '../../src/observe/access-log/line-writer.ts';
import type { ExchangeRecord } from '../../src/message/record.ts';
import { accessRecord } from '../support/access-record.ts';
import { ATTEMPT } from '../support/record-of.ts';

const CLOCK = { now: () => millis(1000), wall: () => 1_764_349_512_000 };

function lineOf(record: ExchangeRecord, other: Partial<FormatSettings> = {}): string {
  const lines = new Lines(new Uint8Array(64 * 1024));
  const write = lineFormat({ ...usualAccessLog, ...other }, lines, CLOCK);
  lines.begin();
  write(record);
  expect(lines.end()).toBe(true);
  return new TextDecoder('utf-8', { fatal: true }).decode(lines.bytes.subarray(0, lines.at));
}

function jsonOf(record: ExchangeRecord, other: Partial<FormatSettings> = {}): unknown {
  return JSON.parse(lineOf(record, other));
}

const get = (target: string, fields = ''): string => `GET ${target} HTTP/1.1\r\nHost: shop.test\r\n${fields}\r\n`;

describe('a line of JSON', () => {
  test('tells what there is, and leaves out what there is not', () => {
    const line = jsonOf(accessRecord(get('/a?b=1', 'User-Agent: curl\r\n')));
    expect(line).toMatchObject({
      client: '192.0.2.1',
      client_port: 40_000,
      tenant: 'shop',
      method: 'GET',
      host: 'shop.test',
      path: '/a',
      query: 'b=1',
      status: 200,
      duration_ms: 2.25 + 1,
      first_byte_ms: 2.5,
      connect_ms: 1,
      user_agent: 'curl',
      plan: 1,
    });
    expect(line).not.toHaveProperty('failure');
    expect(line).not.toHaveProperty('referer');
  });

  test('has the time with its offset', () => {
    expect(lineOf(accessRecord(get('/')))).toMatch(/^\{"time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d",/);
  });

  test('tells what became of each attempt', () => {
    const tried = [
      { ...ATTEMPT, outcome: 'reset', began: millis(1), ended: millis(3) },
      { ...ATTEMPT, backend: 'b', outcome: 200, isHedge: true, began: millis(3), ended: millis(4.5) },
    ] as const;
    expect(jsonOf(accessRecord(get('/'), { tried }))).toMatchObject({ tried: 'a reset 2ms, b 200 1.5ms hedge' });
  });

  test('leaves out secrets in the query, in that of the referer, and in fields', () => {
    const fields = 'Referer: http://x.test/?Token=hush&a=1\r\nAuthorization: Bearer hush\r\nX-User: me\r\n';
    const line = lineOf(accessRecord(get('/?a=1&to%6ben=hush&password=&key=hush', fields)), {
      requestFields: ['authorization', 'x-user'],
    });
    expect(line).not.toContain('hush');
    expect(JSON.parse(line)).toMatchObject({
      query: 'a=1&to%6ben=***&password=***&key=***',
      referer: 'http://x.test/?Token=***&a=1',
      request: { authorization: '***', 'x-user': 'me' },
    });
  });

  test('has no query where it is not wanted', () => {
    expect(jsonOf(accessRecord(get('/?a=1')), { query: false })).not.toHaveProperty('query');
  });

  test('is there for what was no request', () => {
    expect(jsonOf(accessRecord('', { status: 400, failure: 'request-malformed' }))).toMatchObject({
      status: 400,
      failure: 'request-malformed',
    });
  });

  test('is what operators are shown', () => {
    const json = new RecordJson(CLOCK);
    const texts = [accessRecord(get('/?token=hush')), accessRecord(get('/b'))].map((record) => json.of(record));
    expect(texts.map((text): unknown => JSON.parse(text))).toMatchObject([{ query: 'token=***' }, { path: '/b' }]);
  });

  test('cuts what is too long, and no character', () => {
    const agent = Buffer.from('é'.repeat(100)).toString('latin1');
    const line = jsonOf(accessRecord(get('/', `User-Agent: ${agent}\r\n`)), {
      fieldBytes: 65 as typeof usualAccessLog.fieldBytes,
    });
    expect(line).toMatchObject({ user_agent: 'é'.repeat(32) });
  });
});

/** The object that has what is written as its member `value`. */
function membersOf(write: (put: JsonWriter) => void): unknown {
  const lines = new Lines(new Uint8Array(64 * 1024));
  lines.begin();
  lines.raw(Buffer.from('{'));
  const put = new JsonWriter(lines, 4096);
  put.key = memberKey('value');
  write(put);
  lines.raw(Buffer.from('}'));
  return JSON.parse(new TextDecoder().decode(lines.bytes.subarray(0, lines.at)));
}

describe('values of any bytes', () => {
  test('stay in one line, which is valid UTF-8 JSON', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.string({ unit: 'binary' }), (bytes, text) => {
        const lines = new Lines(new Uint8Array(8192));
        lines.begin();
        lines.raw(Buffer.from('{'));
        const put = new JsonWriter(lines, 4096);
        put.key = memberKey('bytes');
        put.bytes(bytes, 0, bytes.length);
        put.key = memberKey('text');
        put.text(text);
        lines.raw(Buffer.from('}'));
        expect(lines.end()).toBe(true);
        const line = new TextDecoder('utf-8', { fatal: true }).decode(lines.bytes.subarray(0, lines.at));
        expect(line.indexOf('\n')).toBe(line.length - 1);
        const parsed: unknown = JSON.parse(line);
        expect(parsed).toMatchObject({ text });
      }),
    );
  });

  test('are themselves in JSON where they are UTF-8', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const bytes = Buffer.from(text);
        expect(membersOf((put) => put.bytes(bytes, 0, bytes.length))).toEqual({ value: text });
      }),
    );
  });

  test('are the numbers that they were, times to the microsecond', () => {
    const numbers = fc.oneof(
      fc.integer(),
      fc.maxSafeInteger(),
      fc.constantFrom(0, 9, 10, 99, 100, 2 ** 31 - 1, 2 ** 31),
    );
    fc.assert(
      fc.property(numbers, fc.double({ min: 0, max: 1e7, noNaN: true }), (number, time) => {
        expect(membersOf((put) => put.number(number))).toEqual({ value: number });
        expect(membersOf((put) => put.millis(time))).toEqual({ value: Math.round(time * 1000) / 1000 });
      }),
    );
  });

  test('stand behind names of any length', () => {
    for (let length = 0; length < 40; length++) {
      const name = 'abcdefghijklmnopqrstuvwxyz-0123456789_~!'.slice(0, length);
      const lines = new Lines(new Uint8Array(256));
      lines.word(wordOf(name));
      expect(Buffer.from(lines.bytes.subarray(0, lines.at)).toString()).toBe(name);
    }
  });

  test('cannot end a line or a quotation of text', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const lines = new Lines(new Uint8Array(8192));
        lines.begin();
        new TextWriter(lines, 4096).bytes(bytes, 0, bytes.length);
        expect(Buffer.from(lines.bytes.subarray(0, lines.at)).toString('latin1')).toMatch(
          /^([ !#-[\]-~]|\\x[0-9a-f]{2})*$/,
        );
      }),
    );
  });

  test('that do not fit leave nothing of their line', () => {
    const lines = new Lines(new Uint8Array(100));
    lines.begin();
    lines.raw(Buffer.from('abc'));
    new TextWriter(lines, 4096).bytes(new Uint8Array(64), 0, 64);
    expect([lines.end(), lines.at]).toEqual([false, 0]);
  });
});

describe('a line of text', () => {
  const record = accessRecord(get('/a?b=1', 'User-Agent: "x"\r\nReferer: http://x.test/\r\n'), { consumer: 'alice' });
  const form = (format: AccessLogFormat, of = record): string => lineOf(of, { format });

  test('may be as Apache and nginx write it', () => {
    const common =
      /^192\.0\.2\.1 - alice \[\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] "GET \/a\?b=1 HTTP\/1\.1" 200 1200/;
    expect(form('common')).toMatch(new RegExp(`${common.source}\n$`));
    expect(form('combined')).toMatch(new RegExp(`${common.source} "http://x\\.test/" "\\\\x22x\\\\x22"\n$`));
  });

  test('says - for what there is not', () => {
    expect(form('combined', accessRecord('', { status: 400 }))).toMatch(/"-" 400 1200 "-" "-"\n$/);
  });

  test('may be a template', () => {
    const template = '{{{client}}} {method} {path} {failure} {request.user-agent} {response.server} {duration_ms}ms';
    expect(form({ template })).toBe('{192.0.2.1} GET /a - \\x22x\\x22 - 3.250ms\n');
  });
});
