// Something inside the gateway that answers requests itself.
import type { LocalResponse } from './local-response.ts';
import type { RequestView } from './request-view.ts';

/** Answers at once where it can, so that no promise is made. It does not see the body. */
export type LocalHandler = { handle(request: RequestView): LocalResponse | Promise<LocalResponse> };
