// Decides where a request goes: for the requests that are served, and for `keystone explain`, which shows the reasons.
import { type Head, PATH_AMBIGUOUS } from '../message/head.ts';
import { needsSlash, otherReading } from './ambiguity.ts';
import type { Location, Route, Router } from './router.ts';

/** What the decision must know of the destination of a route. */
export type Place = {
  readonly allowsTrace: boolean;
  /** Where requests are led on from there; absent: nowhere. */
  readonly site?: Inner;
};

export interface Inner {
  /** The request goes the same way and is kept out by the same policies if its path is read as it lies there. */
  readsAlike(head: Head, other: Location): boolean;
}

/** A route, or why the gateway itself answers. No object is made for a request: a route is the router's own. */
export type Decision<T> =
  | Route<T>
  | { readonly kind: 'refused'; readonly code: 'path-ambiguous' | 'method-refused' | 'no-route' }
  /** Max-Forwards is 0: the gateway may not pass the request on, and answers it (RFC 9110 7.6.2). */
  | { readonly kind: 'last_hop' }
  /** Only the path with a slash at its end has a route. */
  | { readonly kind: 'slash_missing' };

/** The reasons for a decision, as `keystone explain` shows them. */
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

/** Decides on a request. `reasons`, if given, is filled in; it does not change the decision. */
export function decide<T extends Place>(router: Router<T>, head: Head, reasons?: Reasons<T>): Decision<T> {
  const route = router.find(head);
  if (reasons !== undefined) reasons.matching = router.candidates(head);
  if ((head.pathFlags & PATH_AMBIGUOUS) !== 0 && isAmbiguous(router, head, route, reasons)) return AMBIGUOUS;
  if (head.isTrace && (route === null || !route.value.allowsTrace)) return METHOD_REFUSED;
  if (head.countsForwards && head.maxForwards === 0) return LAST_HOP;
  if (route !== null) return route;
  return needsSlash(router, head) ? SLASH_MISSING : NO_ROUTE;
}

// A backend may read the path differently. By its reading, the request must neither belong to another tenant, or another of
// its routes or protected places, nor leave the base path of the backend's URL, which is all that the tenant may reach.
function isAmbiguous<T extends Place>(
  router: Router<T>,
  head: Head,
  route: Route<T> | null,
  reasons?: Reasons<T>,
): boolean {
  const other = otherReading(head);
  if (other === null) return false;
  if (reasons !== undefined) reasons.otherReading = other.path;
  return (
    other.hasHiddenDots || router.find(other.at) !== route || route?.value.site?.readsAlike(head, other.at) === false
  );
}
