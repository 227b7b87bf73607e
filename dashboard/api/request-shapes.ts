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
  const durations = fields.has('durations') ? fields.inner('durations') : fields;
  const told = fields.maybeText('tried');
  const tried = told === null ? fields.list('tried', readAttempt) : attemptsOf(told);
  return {
    key: count++,
    at: fields.number('time') ?? Date.parse(fields.text('time')),
    method: fields.text('method'),
    host: fields.text('host'),
    path: fields.text('path'),
    status: fields.count('status'),
    tenant: fields.maybeText('tenant'),
    backend: fields.maybeText('backend'),
    failure: fields.maybeText('failure') ?? fields.maybeText('refused_by'),
    attempts: Math.max(fields.count('attempts'), tried.length),
    total: first(durations, ['total_ms', 'duration_ms', 'total', 'duration']),
    queued: first(durations, ['queue_ms', 'queued_ms', 'queue', 'queued']),
    connected: first(durations, ['connect_ms', 'connected_ms', 'connect']),
    firstByte: first(durations, ['first_byte_ms', 'first_byte']),
    tried,
    all: fields.entries(),
  };
}

function readAttempt(fields: Fields): Attempt {
  return {
    backend: fields.text('backend'),
    outcome: fields.maybeText('outcome') ?? String(fields.number('outcome') ?? ''),
    isHedge: fields.flag('is_hedge') || fields.flag('hedge') || fields.flag('isHedge'),
    began: first(fields, ['began_ms', 'began']) ?? 0,
    ended: first(fields, ['ended_ms', 'ended']) ?? 0,
  };
}

/** Those of a line of the log: `a 503 12.5ms, b 200 3ms hedge`. One begins when the one before has ended; a hedge beside it. */
function attemptsOf(text: string): readonly Attempt[] {
  let began = 0;
  let ended = 0;
  return text.split(', ').map((part) => {
    const [, backend = part, outcome = '', took = '0', hedge] = /^(.*) (\S+) ([\d.]+)ms( hedge)?$/.exec(part) ?? [];
    const isHedge = hedge !== undefined;
    began = isHedge ? began : ended;
    const end = began + Number(took);
    ended = Math.max(ended, end);
    return { backend, outcome, isHedge, began, ended: end };
  });
}

function first(fields: Fields, names: readonly string[]): number | null {
  for (const name of names) {
    const found = fields.number(name);
    if (found !== null) return found;
  }
  return null;
}
