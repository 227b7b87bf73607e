// JSON answers.
import type { LocalResponse } from '../message/local-response.ts';

const UTF8 = new TextEncoder();
const REFUSALS_FROM = 400;

/** A response with a JSON body. It must not be cached, since it tells of the present state. A refusal, which says why in `error`,
 * is one as RFC 9457 has them. */
export function json(status: number, value: unknown, headers: LocalResponse['headers'] = []): LocalResponse {
  const error = status >= REFUSALS_FROM ? errorOf(value) : null;
  if (error === null) return jsonBytes(status, jsonBody(value), headers);
  const problem = { type: 'about:blank', title: TITLES[status] ?? 'Refused', status, detail: error };
  return jsonBytes(status, jsonBody({ ...problem, ...Object(value) }), headers, 'application/problem+json');
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  421: 'Misdirected Request',
  422: 'Unprocessable Content',
  428: 'Precondition Required',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  503: 'Service Unavailable',
};

function errorOf(value: unknown): string | null {
  if (typeof value !== 'object' || value === null || !('error' in value)) return null;
  return typeof value.error === 'string' ? value.error : null;
}

/** A value as the body of a response. */
export function jsonBody(value: unknown): Uint8Array {
  return UTF8.encode(`${JSON.stringify(value)}\n`);
}

/** The same for a body that has been made already. */
export function jsonBytes(
  status: number,
  body: Uint8Array,
  headers: LocalResponse['headers'] = [],
  type = 'application/json; charset=utf-8',
): LocalResponse {
  return { status, headers: [['Content-Type', type], ['Cache-Control', 'no-store'], ...headers], body };
}
