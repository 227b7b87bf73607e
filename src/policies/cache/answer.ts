// The answer that a client gets of what is kept.
import type { Millis } from '../../core/units.ts';
import { EMPTY } from '../../message/bytes.ts';
import type { LocalResponse } from '../../message/local-response.ts';
import { type Conditions, wantedOf } from './conditions.ts';
import type { Entry } from './entry.ts';

export type Asking = {
  readonly conditions: Conditions;
  readonly isGet: boolean;
  readonly now: Millis;
  /** Milliseconds since 1970. */
  readonly wall: number;
};

type Fields = LocalResponse['headers'];

// They speak of a body, which a 304 does not have.
const OF_BODY = new Set([
  'content-type',
  'content-encoding',
  'content-language',
  'content-range',
  'content-disposition',
  'content-digest',
  'content-md5',
  'repr-digest',
  'digest',
  'accept-ranges',
]);

/** `more`: what else is said. */
export function answerOf(entry: Entry, { conditions, isGet, now, wall }: Asking, more: Fields): LocalResponse {
  const { status, fields, body } = entry.made;
  const { etag, lastModified, date } = entry;
  const wanted = wantedOf({ status, etag, lastModified, date, length: body.length }, conditions, isGet, wall);
  const age: Fields[number] = ['Age', String(Math.max(0, Math.floor(entry.age(now) / 1000)))];
  switch (wanted.kind) {
    case 'whole':
      return { status, headers: [...fields, age, ...more], body, coded: entry };
    case 'not_modified':
      return { status: 304, headers: [...withoutBody(fields), age, ...more], body: EMPTY, coded: entry };
    case 'part': {
      const { start, end } = wanted;
      const range = ['Content-Range', `bytes ${start}-${end - 1}/${body.length}`] as const;
      return { status: 206, headers: [...fields, age, range, ...more], body: body.subarray(start, end), coded: entry };
    }
    case 'unsatisfiable':
      return { status: 416, headers: [['Content-Range', `bytes */${body.length}`], ...more], body: EMPTY };
  }
}

function withoutBody(fields: Fields): Fields {
  return fields.filter(([name]) => !OF_BODY.has(name.toLowerCase()));
}
