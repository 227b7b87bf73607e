// JSON answers.
import { ascii } from '../message/bytes.ts';
import type { LocalResponse } from '../message/local-response.ts';

/** A response with a JSON body. It must not be cached, since it tells of the present state. */
export function json(status: number, value: unknown, headers: LocalResponse['headers'] = []): LocalResponse {
  return jsonBytes(status, jsonBody(value), headers);
}

/** A value as the body of a response. */
export function jsonBody(value: unknown): Uint8Array {
  return ascii(`${JSON.stringify(value)}\n`);
}

/** The same for a body that has been made already. */
export function jsonBytes(status: number, body: Uint8Array, headers: LocalResponse['headers'] = []): LocalResponse {
  return {
    status,
    headers: [['Content-Type', 'application/json; charset=utf-8'], ['Cache-Control', 'no-store'], ...headers],
    body,
  };
}
