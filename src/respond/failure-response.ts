// Turns a failure into a response. This is the only place that knows the status of each failure.
import type { Failure, FailureCode } from '../core/failure.ts';
import { reasonPhrase } from '../http1/reason-phrase.ts';
import type { RequestIds } from '../message/request-id.ts';
import { ascii } from '../message/bytes.ts';
import { fieldValue } from '../message/field-value.ts';
import { type GrpcForm, answerForm } from '../message/grpc.ts';
import type { Head } from '../message/head.ts';
import type { LocalResponse } from '../message/local-response.ts';
import { grpcResponse } from './grpc-response.ts';

const STATUS: Readonly<Record<FailureCode, number>> = {
  'request-malformed': 400,
  'plain-http': 400,
  'request-invalid': 400,
  'path-ambiguous': 400,
  unauthenticated: 401,
  forbidden: 403,
  'method-refused': 405,
  'request-timeout': 408,
  'request-body-too-large': 413,
  'request-target-too-long': 414,
  'request-type-unsupported': 415,
  'expectation-unknown': 417,
  misdirected: 421,
  'too-many-connections': 429,
  'rate-limited': 429,
  'concurrency-limited': 429,
  'request-head-too-large': 431,
  dropped: 444, // for the log only, as nginx has it
  'client-gone': 499, // for the log only: the client is gone and gets no response
  'request-encoding': 501,
  'request-version': 505,
  'no-route': 404,
  'policy-failed': 500,
  internal: 500,
  'connect-refused': 502,
  'connect-failed': 502,
  'tls-failed': 502,
  reset: 502,
  'stream-refused': 503,
  'response-malformed': 502,
  'response-head-too-large': 502,
  'response-cut': 502,
  'response-idle': 502,
  'backend-doubted': 502,
  'tunnel-cut': 502,
  'auth-unavailable': 503,
  'policy-timeout': 503,
  maintenance: 503,
  overloaded: 503,
  'tenant-full': 503,
  'tenant-rate-limited': 429,
  'drain-deadline': 503,
  'gateway-full': 503,
  'name-not-resolved': 503,
  'gateway-exhausted': 503,
  'none-eligible': 503,
  'queue-full': 503,
  'queue-timeout': 503,
  'connect-timeout': 504,
  'first-byte-timeout': 504,
  'request-stalled': 504,
  'exchange-timeout': 504,
  'deadline-exceeded': 504,
  'call-unavailable': 503,
  'loop-detected': 508,
  'tunnel-idle': 504,
};

// In seconds: about as long as probes take to notice that a backend is back.
const RETRY_AFTER = 1;
// Those that are refused for want of a share come back over so many seconds, not all in one.
const LONGEST_RETRY_AFTER = 3;
const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS';

/** The client that gets the response. */
export type Asker = {
  /** The media types that it accepts. */
  readonly accept: string;
  /** The id of its request, as the log has it. */
  readonly requestId: string;
  /** How it is told of the call of gRPC that it has made; null: it has made none. */
  readonly call: GrpcForm | null;
  /** It may know the reasons of the inside: an operator, or everybody where that is configured. */
  readonly seesReasons: boolean;
};

/** A client whose request has not been read. */
export const UNKNOWN_ASKER: Asker = { accept: '', requestId: '', call: null, seesReasons: false };

/** The client behind a request head; null: the head could not be read. */
export function describeAsker(head: Head | null, ids: RequestIds, seesReasons: boolean): Asker {
  if (head === null) return { ...UNKNOWN_ASKER, seesReasons };
  const accept = fieldValue(head, 'accept') ?? '';
  return { accept, requestId: ids.text(head), call: answerForm(head), seesReasons };
}

/** A complete response for a failure: a small page, problem details (RFC 9457), or a line of text, as the client accepts. */
export function failureResponse(failure: Failure, asker: Asker): LocalResponse {
  const status = STATUS[failure.code];
  // The policy that says so knows when it will be over.
  const isTemporary = (status === 503 || status === 429) && failure.code !== 'maintenance';
  const retryAfter = isTemporary ? retryAfterOf(failure.code, asker) : null;
  const said = told(failure, retryAfter, asker);
  if (asker.call !== null) return grpcResponse(failure, status, `${said.code}: ${said.detail}`, asker.call);
  const { type, body } = write({ ...said, errors: failure.errors ?? [] }, status, asker);
  const headers: (readonly [string, string])[] = [
    ['Content-Type', type],
    ['Cache-Control', 'no-store'],
  ];
  if (retryAfter !== null) headers.push(['Retry-After', String(retryAfter)]);
  if (status === 405) headers.push(['Allow', METHODS]);
  return { status, headers, body: ascii(body) };
}

// The ids of requests count up.
function retryAfterOf(code: FailureCode, { requestId }: Asker): number {
  if (code !== 'overloaded' || requestId === '') return RETRY_AFTER;
  return 1 + (requestId.charCodeAt(requestId.length - 1) % LONGEST_RETRY_AFTER);
}

/** The status that a failure is answered with. */
export function statusOf(code: FailureCode): number {
  return STATUS[code];
}

type Told = { readonly code: string; readonly detail: string; readonly retryAfter: number | null };
type Written = Told & { readonly errors: NonNullable<Failure['errors']> };

// Names that would tell what operators do.
const PUBLIC_CODES: Partial<Readonly<Record<FailureCode, string>>> = { 'drain-deadline': 'broken-off' };

// A stranger learns what has become of the request, and when to try again. The reason may name backends, show what a check
// has printed, or say what an operator has done.
function told({ code, detail, reason }: Failure, retryAfter: number | null, { seesReasons }: Asker): Told {
  if (seesReasons) return { code, detail: reason ?? detail, retryAfter };
  const hint = retryAfter === null ? '' : ` Try again in ${retryAfter} second${retryAfter === 1 ? '' : 's'}.`;
  return { code: PUBLIC_CODES[code] ?? code, detail: `${detail}${hint}`, retryAfter };
}

function write(failure: Written, status: number, asker: Asker): { readonly type: string; readonly body: string } {
  const { code, detail, retryAfter, errors } = failure;
  const title = reasonPhrase(status);
  const html = asker.accept.indexOf('text/html');
  const json = asker.accept.search(/application\/(?:problem\+)?json/);
  if (html >= 0 && (json < 0 || html < json))
    return { type: 'text/html; charset=utf-8', body: page(status, title, failure, asker) };
  if (json >= 0) {
    const id = asker.requestId === '' ? {} : { request_id: asker.requestId };
    const when = retryAfter === null ? {} : { retry_after: retryAfter };
    const more = errors.length === 0 ? {} : { errors };
    const problem = { title, status, code, detail, ...more, ...when, ...id };
    return { type: 'application/problem+json', body: `${JSON.stringify(problem)}\n` };
  }
  const id = asker.requestId === '' ? '' : ` (request ${asker.requestId})`;
  return { type: 'text/plain; charset=utf-8', body: `${status} ${code}: ${detail}${id}\n` };
}

function page(status: number, title: string, failure: Told, asker: Asker): string {
  const id = asker.requestId === '' ? '' : `<p>Request ${escape(asker.requestId)}</p>`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${status} ${title}</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:36em;margin:15vh auto;padding:0 1em;color-scheme:light dark}h1{font-size:1.4em}p{opacity:.8}</style></head>
<body><h1>${status} ${title}</h1><p>${escape(failure.detail)}</p>${id}</body></html>
`;
}

// The detail may name parts of the configuration, and a trusted peer chooses the request id: neither may become markup.
function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
