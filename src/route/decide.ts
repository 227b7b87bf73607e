// Where a request goes. One decision, by which requests are served and of which `keystone explain` tells the reasons.
import { type Head, PATH_AMBIGUOUS } from '../message/head.ts';
import { needsSlash, otherReading } from './ambiguity.ts';
import type { Route, Router } from './router.ts';

/** What the decision must know of the place that a route leads to. */
export type Place = { readonly allowsTrace: boolean };

/** A route, or why the gateway itself answers. Nothing is made for a request: a route is the router's own object. */
export type Decision<T> =
  | Route<T>
  | { readonly kind: 'refused'; readonly code: 'path-ambiguous' | 'method-refused' | 'no-route' }
  /** Whoever may not pass a request on answers it (RFC 9110 7.6.2). */
  | { readonly kind: 'last_hop' }
  /** Only the path with a slash at its end has a route. */
  | { readonly kind: 'slash_missing' };

/** What a decision was made of, for people who ask why. */
export class Reasons<T> {
  /** All routes that match, the strongest first. */
  matching: readonly Route<T>[] = [];
  /** How another program could read the path; null: as it stands. */
  otherReading: string | null = null;
}

const AMBIGUOUS = { kind: 'refused', code: 'path-ambiguous' } as const;
const METHOD_REFUSED = { kind: 'refused', code: 'method-refused' } as const;
const NO_ROUTE = { kind: 'refused', code: 'no-route' } as const;
const LAST_HOP = { kind: 'last_hop' } as const;
const SLASH_MISSING = { kind: 'slash_missing' } as const;

/** Decides on a request. `reasons` is filled where somebody asks for them; they change nothing. */
export function decide<T extends Place>(router: Router<T>, head: Head, reasons?: Reasons<T>): Decision<T> {
  const route = router.find(head);
  if (reasons !== undefined) reasons.matching = router.candidates(head);
  if ((head.pathFlags & PATH_AMBIGUOUS) !== 0 && isAmbiguous(router, head, route, reasons)) return AMBIGUOUS;
  if (head.isTrace && (route === null || !route.value.allowsTrace)) return METHOD_REFUSED;
  if (head.countsForwards && head.maxForwards === 0) return LAST_HOP;
  if (route !== null) return route;
  return needsSlash(router, head) ? SLASH_MISSING : NO_ROUTE;
}

// A path that a backend may read in another way than we do must not reach another tenant by it, nor leave what is the
// tenant's own at the backend: the base path of its URL.
function isAmbiguous<T>(router: Router<T>, head: Head, route: Route<T> | null, reasons?: Reasons<T>): boolean {
  const other = otherReading(head);
  if (other === null) return false;
  if (reasons !== undefined) reasons.otherReading = other.path;
  return other.hasHiddenDots || router.find(other.at) !== route;
}
