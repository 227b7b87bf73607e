// Where a request would go that is only thought of.
import { HeadParser } from '../http1/head-parser.ts';
import { Head } from '../message/head.ts';
import { type Place, decide } from '../route/decide.ts';
import type { Route, Router } from '../route/router.ts';

/** What a request is routed by. */
export type RoutingKey = { readonly method: string; readonly host: string; readonly path: string };

// Wide enough for what a listener has taken.
const LIMITS = { headerBytes: 64 * 1024, headerCount: 10, targetBytes: 64 * 1024 };

/** The route of a request; null: the gateway itself answers. */
export function routeOf<T extends Place>(router: Router<T>, { method, host, path }: RoutingKey): Route<T> | null {
  const head = new Head();
  const parser = new HeadParser(LIMITS);
  parser.begin();
  const text = `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
  const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
  if (parser.feedRequest(head, bytes, 0) <= 0) return null;
  const decision = decide(router, head);
  return decision.kind === 'route' ? decision : null;
}
