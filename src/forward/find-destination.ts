// Where a request goes: the tenant, the gateway itself, or an answer at once.
import { type Failure, failure } from '../core/failure.ts';
import { EMPTY } from '../message/bytes.ts';
import { type Head, PATH_AMBIGUOUS } from '../message/head.ts';
import type { LocalResponse } from '../message/local-response.ts';
import { isAmbiguous, needsSlash } from '../route/ambiguity.ts';
import { type Destination, type Snapshot, takesTrace } from './snapshot.ts';
import { slashRedirect } from './redirect.ts';
import { traceAnswer } from './trace.ts';

/** A destination, or the answer for a request that has none. */
export type Found =
  | Destination
  | { readonly kind: 'refused'; readonly failure: Failure }
  | { readonly kind: 'answered'; readonly response: LocalResponse };

const OPTIONS_ANSWER: LocalResponse = {
  status: 204,
  headers: [['Allow', 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS']],
  body: EMPTY,
};

// RFC 9110 7.6.2: who may not pass a request on answers it.
function lastStop(head: Head): LocalResponse {
  return head.isTrace ? traceAnswer(head) : OPTIONS_ANSWER;
}

/** Looks a request up; makes nothing new where it has a destination. */
export function findDestination(snapshot: Snapshot, head: Head): Found {
  const { router } = snapshot;
  const route = router.find(head);
  if ((head.pathFlags & PATH_AMBIGUOUS) !== 0 && isAmbiguous(router, head)) {
    return { kind: 'refused', failure: failure('path-ambiguous') };
  }
  if (head.isTrace && !takesTrace(route?.value)) return { kind: 'refused', failure: failure('method-refused') };
  if (head.countsForwards && head.maxForwards === 0) return { kind: 'answered', response: lastStop(head) };
  if (route !== null) return route.value;
  if (needsSlash(router, head)) return { kind: 'answered', response: slashRedirect(head) };
  return { kind: 'refused', failure: failure('no-route') };
}
