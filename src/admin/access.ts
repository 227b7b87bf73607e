// Decides whether a request to the admin API comes from an operator.
import type { RequestView } from '../message/request-view.ts';

/** True for a request with one of the tokens; if none is configured, for a request made on this machine. */
export function isOperator(request: RequestView, tokens: readonly string[]): boolean {
  if (tokens.length === 0) return isLocal(request);
  const presented = /^Bearer +(\S+)$/i.exec(request.header('authorization') ?? '')?.[1];
  return presented !== undefined && tokens.some((token) => isSame(token, presented));
}

// A request that another proxy on this machine has forwarded was not made on this machine.
function isLocal(request: RequestView): boolean {
  const { address } = request.client;
  const isLoopback = address === '::1' || /^127\.\d+\.\d+\.\d+$/.test(address);
  const isDirect = request.header('x-forwarded-for') === null && request.header('forwarded') === null;
  return isLoopback && isDirect && LOCAL_HOST.test(request.host);
}

// The Host must be localhost, an address or nothing. An attacker's page can let its own host name lead to this machine (DNS
// rebinding): the operator's browser then connects from here, but asks for that name.
const LOCAL_HOST = /^(localhost|\d+\.\d+\.\d+\.\d+|\[[\da-f:.]+\])?(:\d+)?$/i;

/** Whether a web page made the request: only browsers send these fields. */
export function isFromPage(request: RequestView): boolean {
  return request.header('origin') !== null || request.header('sec-fetch-site') !== null;
}

// Compares in constant time: a wrong first character takes as long as a wrong last one.
function isSame(token: string, presented: string): boolean {
  let difference = token.length ^ presented.length;
  for (let i = 0; i < presented.length; i++) difference |= presented.charCodeAt(i) ^ token.charCodeAt(i % token.length);
  return difference === 0;
}
