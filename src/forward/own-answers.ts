// The gateway's own answers to well-formed requests that are not passed on.
import { isSecretName } from '../core/secrets.ts';
import { EMPTY, ascii, latin1 } from '../message/bytes.ts';
import { Head } from '../message/head.ts';
import type { Answered } from './decided.ts';
import type { LocalResponse } from '../message/local-response.ts';

const CONTINUE_LINE = ascii('HTTP/1.1 100 Continue\r\n\r\n');

const OPTIONS_ANSWER: LocalResponse = {
  status: 204,
  headers: [['Allow', 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS']],
  body: EMPTY,
};

/** The answer where a decision leads to none but the gateway itself. */
export function ownAnswer(
  decision: Answered | { readonly kind: 'last_hop' } | { readonly kind: 'slash_missing' },
  head: Head,
): LocalResponse {
  switch (decision.kind) {
    case 'last_hop':
      return lastHopAnswer(head);
    case 'slash_missing':
      return slashRedirect(head);
    case 'answered':
      return decision.response;
  }
}

/** The answer to a TRACE or OPTIONS request that may not be passed on (RFC 9110 7.6.2). */
export function lastHopAnswer(head: Head): LocalResponse {
  return head.isTrace ? traceAnswer(head) : OPTIONS_ANSWER;
}

/** The head of a 100, for a client that waits with its body (RFC 9110 10.1.1). */
export function continueHead(): Head {
  const head = new Head();
  head.bytes = CONTINUE_LINE;
  head.end = CONTINUE_LINE.length;
  head.status = 100;
  return head;
}

/** The answer to a path that lacks only its last slash. 308 keeps method and body (RFC 9110 15.4.9). */
export function slashRedirect(head: Head): LocalResponse {
  return { status: 308, headers: [['Location', slashLocation(head)]], body: EMPTY };
}

/** The target with the slash that its path lacks. The path is in its normal form, as in the configuration. */
export function slashLocation(head: Head): string {
  const path = latin1(head.bytes, head.pathStart, head.pathEnd);
  const query = latin1(head.bytes, head.pathEnd, head.targetEnd);
  return `${path}/${query}`;
}

// RFC 9110 9.3.8: the answer is the request, as it would be passed on.
function traceAnswer(head: Head): LocalResponse {
  const { bytes, pathStart, targetEnd } = head.forwardedTarget;
  const line = `TRACE ${latin1(bytes, pathStart, targetEnd)} HTTP/1.${head.minor}`;
  const text = [line, ...harmlessFields(head), '', ''].join('\r\n');
  const headers = [
    ['Content-Type', 'message/http'],
    ['Cache-Control', 'no-store'],
  ] as const;
  return { status: 200, headers, body: Uint8Array.from(text, (character) => character.charCodeAt(0)) };
}

// A script that makes a browser send TRACE must not find cookies and credentials in the answer: the browser hides them.
function harmlessFields(head: Head): string[] {
  const lines: string[] = [];
  for (let f = 0; f < head.count; f++) {
    const [nameStart = 0, nameEnd = 0, valueStart = 0, valueEnd = 0] = head.fields.subarray(f * 4, f * 4 + 4);
    const name = latin1(head.bytes, nameStart, nameEnd);
    if (!isSecretName(name)) lines.push(`${name}: ${latin1(head.bytes, valueStart, valueEnd)}`);
  }
  return lines;
}
