// The answer to a path that lacks only its last slash.
import { EMPTY, latin1 } from '../message/bytes.ts';
import type { Head } from '../message/head.ts';
import type { LocalResponse } from '../message/local-response.ts';

/** 308 keeps method and body (RFC 9110 15.4.9). */
export function slashRedirect(head: Head): LocalResponse {
  const path = latin1(head.bytes, head.pathStart, head.pathEnd);
  const query = latin1(head.bytes, head.pathEnd, head.targetEnd);
  return { status: 308, headers: [['Location', `${path}/${query}`]], body: EMPTY };
}
