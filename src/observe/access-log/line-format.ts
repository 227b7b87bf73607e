// The forms of a line: JSON, the common and combined forms of web servers, and templates.
import { type AccessLogField, accessLogFields, partsOfTemplate } from '../../core/access-log-settings.ts';
import type { AccessLogSettings, TemplatePart } from '../../core/access-log-settings.ts';
import type { Clock } from '../../core/clock.ts';
import { ascii } from '../../message/bytes.ts';
import type { ExchangeRecord } from '../../message/record.ts';
import { commonLine } from './common-line.ts';
import { type FieldWriter, type LineFormat, fieldWriters, writeNamed } from './fields.ts';
import { LineTime } from './line-time.ts';
import { JsonWriter, type Lines, type MemberKey, TextWriter, memberKey } from './line-writer.ts';
import { type NamedField, namedField } from './named-field.ts';
import { Redaction } from './redaction.ts';

type Member = { readonly key: MemberKey; readonly write: FieldWriter };
type HeadMember = { readonly key: MemberKey; readonly field: NamedField };

export type FormatSettings = Pick<
  AccessLogSettings,
  'format' | 'query' | 'requestFields' | 'responseFields' | 'redact' | 'fieldBytes'
>;

export function lineFormat(settings: FormatSettings, lines: Lines, clock: Pick<Clock, 'now' | 'wall'>): LineFormat {
  const { format, query, redact } = settings;
  const tools = { time: new LineTime(clock), redaction: new Redaction(redact), query };
  if (format === 'json') return jsonFormat(settings, lines, fieldWriters(tools));
  const put = new TextWriter(lines, settings.fieldBytes);
  if (typeof format === 'string') return commonLine(put, { ...tools, isCombined: format === 'combined' });
  return templateFormat(format.template, put, { redact, writers: fieldWriters(tools) });
}

const OPEN = ascii('{');
const CLOSE = ascii('}');

function jsonFormat(
  { requestFields, responseFields, redact, fieldBytes }: FormatSettings,
  lines: Lines,
  writers: Readonly<Record<AccessLogField, FieldWriter>>,
): LineFormat {
  const put = new JsonWriter(lines, fieldBytes);
  const members: readonly Member[] = accessLogFields.map((name) => ({ key: memberKey(name), write: writers[name] }));
  const asked = requestFields.map((name) => headMember(name, redact));
  const answered = responseFields.map((name) => headMember(name, redact));
  return (record) => {
    lines.raw(OPEN);
    put.isFirst = true;
    for (const { key, write } of members) {
      put.key = key;
      write(record, put);
    }
    if (asked.length > 0) writeHead(REQUEST, asked, record.request, put);
    if (answered.length > 0) writeHead(RESPONSE, answered, record.response, put);
    lines.raw(CLOSE);
  };
}

const REQUEST = ascii(',"request":{');
const RESPONSE = ascii(',"response":{');

function writeHead(
  opening: Uint8Array,
  members: readonly HeadMember[],
  head: ExchangeRecord['request'],
  put: JsonWriter,
): void {
  put.lines.raw(opening);
  put.isFirst = true;
  for (const { key, field } of members) {
    put.key = key;
    writeNamed(head, field, put);
  }
  put.lines.raw(CLOSE);
}

function headMember(name: string, redact: readonly string[]): HeadMember {
  return { key: memberKey(name), field: namedField(name, redact) };
}

type TemplateTools = {
  readonly redact: readonly string[];
  readonly writers: Readonly<Record<AccessLogField, FieldWriter>>;
};

function templateFormat(source: string, put: TextWriter, tools: TemplateTools): LineFormat {
  const parts = partsOfTemplate(source);
  if (!parts.ok) throw new Error(parts.error);
  const writers = parts.value.map((part) => partWriter(part, put, tools));
  return (record) => {
    for (const write of writers) write(record, put);
  };
}

function partWriter(part: TemplatePart, put: TextWriter, { redact, writers }: TemplateTools): FieldWriter {
  switch (part.kind) {
    case 'text': {
      const bytes = new TextEncoder().encode(part.text);
      return () => put.plain(bytes);
    }
    case 'field':
      return orNothing(writers[part.name], put);
    case 'request': {
      const field = namedField(part.name, redact);
      return orNothing(({ request }) => writeNamed(request, field, put), put);
    }
    case 'response': {
      const field = namedField(part.name, redact);
      return orNothing(({ response }) => writeNamed(response, field, put), put);
    }
  }
}

function orNothing(write: FieldWriter, put: TextWriter): FieldWriter {
  return (record) => {
    put.hasValue = false;
    write(record, put);
    if (!put.hasValue) put.nothing();
  };
}
