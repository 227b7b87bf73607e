// A part of the gateway that answers requests itself, such as the admin API.
import type { LocalResponse } from './local-response.ts';
import type { RequestView } from './request-view.ts';

/** Answers without a promise where it can. It does not see the request's body. */
export type LocalHandler = { handle(request: RequestView): LocalResponse | Promise<LocalResponse> };
