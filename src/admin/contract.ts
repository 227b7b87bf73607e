// What every admin endpoint is.
import type { GatewayEvent } from '../core/observer.ts';
import type { LocalResponse } from '../message/local-response.ts';
import type { RequestView } from '../message/request-view.ts';
import type { OperatorCommand } from '../standing/operator-states.ts';
import type { BackendReport, TenantStatus } from './status.ts';

/** What endpoints may read, and do. */
export type AdminSources = {
  status(): readonly TenantStatus[];
  /** One backend with its history; null: there is none of that name. */
  backend(tenant: string, backend: string): BackendReport | null;
  /** Puts what a person has decided in force. False: there is no such backend. */
  command(tenant: string, backend: string, command: OperatorCommand): boolean;
  /** Events after a number; where there are none yet, the next one, unless it takes longer than `wait` seconds. */
  events(after: number, wait: number): readonly GatewayEvent[] | Promise<readonly GatewayEvent[]>;
  /** The number of the latest event; 0: there has been none. */
  latestEvent(): number;
  /** When the gateway started: milliseconds since 1970. Another one: event numbers have begun anew. */
  readonly startedAt: number;
  /** Since the gateway started. */
  uptimeMillis(): number;
  readonly version: string;
};

/** A request for an endpoint. */
export type AdminCall = {
  readonly request: RequestView;
  /** What stood in the path in the place of `{name}`. */
  readonly path: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
};

/** One entry of the registry. */
export type AdminEndpoint = {
  /** Below the admin base path; starts with a slash. `{name}` stands for one segment. */
  readonly path: string;
  /** GET answers HEAD, too. POST changes something. */
  readonly method: 'GET' | 'POST';
  /** One sentence for the reference. */
  readonly summary: string;
  /** `public`: for everybody, as load balancers ask it. `operator`: with a token, or from this machine. */
  readonly access: 'public' | 'operator';
  answer(call: AdminCall, sources: AdminSources): LocalResponse | Promise<LocalResponse>;
};
