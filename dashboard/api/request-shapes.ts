// One line of the access log.
import type { Fields } from './fields.ts';

export type RequestLine = {
  readonly key: number;
  readonly at: number;
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly status: number;
  readonly tenant: string | null;
  readonly backend: string | null;
  readonly attempts: number;
  /** Why no backend answered in full; null: one has. */
  readonly failure: string | null;
  /** Milliseconds; null: not known. */
  readonly total: number | null;
  readonly queued: number | null;
  readonly connected: number | null;
  readonly firstByte: number | null;
  readonly tried: readonly Attempt[];
  /** Everything that the line says, for people. */
  readonly all: readonly (readonly [name: string, value: string])[];
};

/** Times in milliseconds after the request began. */
export type Attempt = {
  readonly backend: string;
  readonly outcome: string;
  readonly isHedge: boolean;
  readonly began: number;
  readonly ended: number;
};

let count = 0;

export function readRequest(fields: Fields): RequestLine {
  const tried = fields.list('tried', readAttempt);
  return {
    key: count++,
    at: Date.parse(fields.text('time')),
    method: fields.text('method'),
    host: fields.text('host'),
    path: fields.text('path'),
    status: fields.count('status'),
    tenant: fields.maybeText('tenant'),
    backend: fields.maybeText('backend'),
    failure: fields.maybeText('failure') ?? fields.maybeText('refused_by'),
    attempts: Math.max(fields.count('attempts'), tried.length),
    total: fields.number('duration_ms'),
    queued: fields.number('queue_ms'),
    connected: fields.number('connect_ms'),
    firstByte: fields.number('first_byte_ms'),
    tried,
    all: fields.entries(),
  };
}

function readAttempt(fields: Fields): Attempt {
  return {
    backend: fields.text('backend'),
    outcome: fields.shown('outcome'),
    isHedge: fields.flag('is_hedge'),
    began: fields.count('began_ms'),
    ended: fields.count('ended_ms'),
  };
}
