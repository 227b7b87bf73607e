// Who may see what an operator may see.
import type { RequestView } from '../message/request-view.ts';

/** True with one of the tokens; without any configured, only from this machine itself. */
export function isOperator(request: RequestView, tokens: readonly string[]): boolean {
  // A token that nothing asks for makes nobody less local.
  if (tokens.length === 0) return isLocal(request);
  const presented = /^Bearer +(\S+)$/i.exec(request.header('authorization') ?? '')?.[1];
  return presented !== undefined && tokens.some((token) => isSame(token, presented));
}

// A request that came through another proxy on this machine was not made on this machine.
function isLocal(request: RequestView): boolean {
  const { address } = request.client;
  const isLoopback = address === '::1' || /^127\.\d+\.\d+\.\d+$/.test(address);
  const isDirect = request.header('x-forwarded-for') === null && request.header('forwarded') === null;
  return isLoopback && isDirect && NAMES_NOBODY.test(request.host);
}

// A page may have its own name lead to this machine (DNS rebinding): its browser then asks from here, but for that name.
const NAMES_NOBODY = /^(localhost|\d+\.\d+\.\d+\.\d+|\[[\da-f:.]+\])?(:\d+)?$/i;

/** A browser says where the page that asks comes from; other clients do not. */
export function isFromPage(request: RequestView): boolean {
  return request.header('origin') !== null || request.header('sec-fetch-site') !== null;
}

// Takes as long for a wrong first character as for a wrong last one.
function isSame(token: string, presented: string): boolean {
  let difference = token.length ^ presented.length;
  for (let i = 0; i < presented.length; i++) difference |= presented.charCodeAt(i) ^ token.charCodeAt(i % token.length);
  return difference === 0;
}
