// The common and the combined form, as Apache and nginx write them.
import { ascii } from '../../message/bytes.ts';
import type { ExchangeRecord } from '../../message/record.ts';
import { type FieldTools, type FieldWriter, type LineFormat, fieldWriters } from './fields.ts';
import { twoDigits } from './line-time.ts';
import type { TextWriter } from './line-writer.ts';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const TO_NAME = ascii(' - ');
const TO_TIME = ascii(' [');
const TO_REQUEST = ascii('] "');
const SPACE = ascii(' ');
const QUESTION = ascii('?');
const TO_STATUS = ascii('" ');
const TO_REFERER = ascii(' "');
const TO_AGENT = ascii('" "');
const END = ascii('"');

/** `192.0.2.1 - alice [28/Nov/2026:17:05:12 +0000] "GET / HTTP/1.1" 200 512`; the combined form ends with referer and user agent. */
export function commonLine(put: TextWriter, tools: FieldTools & { readonly isCombined: boolean }): LineFormat {
  const { time, isCombined } = tools;
  const writers = fieldWriters(tools);
  const clf = new ClfTime();
  const value = (write: FieldWriter, record: ExchangeRecord): void => {
    put.hasValue = false;
    write(record, put);
    if (!put.hasValue) put.nothing();
  };
  return (record) => {
    put.text(record.client.address);
    put.plain(TO_NAME);
    value(writers.consumer, record);
    put.plain(TO_TIME);
    put.plain(clf.of(time.wallOf(record.times.left)));
    put.plain(TO_REQUEST);
    requestLine(record, put, writers);
    put.plain(TO_STATUS);
    writers.status(record, put);
    put.plain(SPACE);
    writers.bytes_out(record, put);
    if (!isCombined) return;
    put.plain(TO_REFERER);
    value(writers.referer, record);
    put.plain(TO_AGENT);
    value(writers.user_agent, record);
    put.plain(END);
  };
}

function requestLine(record: ExchangeRecord, put: TextWriter, writers: ReturnType<typeof fieldWriters>): void {
  const { request } = record;
  if (request === null) return put.nothing();
  writers.method(record, put);
  put.plain(SPACE);
  writers.path(record, put);
  const { targetEnd, pathEnd } = request.forwardedTarget;
  if (targetEnd > pathEnd) {
    put.hasValue = false;
    const { at } = put.lines;
    put.plain(QUESTION);
    put.hasValue = false;
    writers.query(record, put);
    if (!put.hasValue) put.lines.at = at;
  }
  put.plain(SPACE);
  writers.protocol(record, put);
}

/** `28/Nov/2026:17:05:12 +0000`. */
class ClfTime {
  private second = Number.NaN;
  private line: Uint8Array = ascii('');

  of(wall: number): Uint8Array {
    const second = Math.floor(wall / 1000);
    if (second === this.second) return this.line;
    this.second = second;
    this.line = ascii(clfTime(new Date(second * 1000)));
    return this.line;
  }
}

function clfTime(date: Date): string {
  const day = `${twoDigits(date.getDate())}/${MONTHS[date.getMonth()] ?? ''}/${date.getFullYear()}`;
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits).join(':');
  const offset = -date.getTimezoneOffset();
  const size = Math.abs(offset);
  return `${day}:${time} ${offset < 0 ? '-' : '+'}${twoDigits(Math.floor(size / 60))}${twoDigits(size % 60)}`;
}
