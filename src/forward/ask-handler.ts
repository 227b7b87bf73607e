// Asks something inside the gateway for its answer, at once or later.
import type { LocalHandler } from '../message/local-handler.ts';
import type { LocalResponse } from '../message/local-response.ts';
import type { RequestView } from '../message/request-view.ts';

/** `take` is called once; with null where the handler failed. */
export function askHandler(
  handler: LocalHandler,
  request: RequestView,
  take: (response: LocalResponse | null) => void,
): void {
  const answer = handler.handle(request);
  if (!(answer instanceof Promise)) return take(answer);
  answer.then(take, () => take(null));
}
