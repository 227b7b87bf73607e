// What every admin endpoint is.
import type { LocalResponse } from '../message/local-response.ts';
import type { RequestView } from '../message/request-view.ts';
import type { TenantStatus } from '../snapshot/status.ts';

/** What endpoints may read. */
export type AdminSources = {
  status(): readonly TenantStatus[];
  /** Since the gateway started. */
  uptimeMillis(): number;
  readonly version: string;
};

/** One entry of the registry. */
export type AdminEndpoint = {
  /** Below the admin base path; starts with a slash. */
  readonly path: string;
  /** One sentence for the reference. */
  readonly summary: string;
  /** `public`: for everybody, as load balancers ask it. `operator`: with a token, or from this machine. */
  readonly access: 'public' | 'operator';
  /** Answers GET; HEAD is answered from it. */
  get(request: RequestView, sources: AdminSources): LocalResponse;
};
