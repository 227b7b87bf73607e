// What observers are told of backends: one call for each change. What they are told of exchanges is in message/record.ts.

/** The counters of a backend. The data plane counts `failures`: attempts that failed there, whether or not another attempt
 * saved the request. The observer counts the rest. */
export type TrafficCounters = {
  /** Of all processes of the gateway, like the failures. */
  readonly requests: number;
  readonly failures: number;
  /** Where its traffic is counted; see `TrafficSeries`. */
  readonly series: number;
  countRequest(): void;
  countFailure(): void;
};

/** Probes cause healthy and unhealthy; traffic causes ejected and readmitted; the backend itself asks to be withdrawn or
 * returned; people order draining (which ends as drained, or as cut when requests are left at the deadline), disabled,
 * enabled and weighted. A backend that a reload removes or moves is removed as long as it has requests. */
export type BackendChangeKind =
  | 'healthy'
  | 'unhealthy'
  | 'ejected'
  | 'readmitted'
  | 'withdrawn'
  | 'returned'
  | 'draining'
  | 'drained'
  | 'cut'
  | 'removed'
  | 'disabled'
  | 'enabled'
  | 'weighted';

/** Who has given an order. */
export type Operator = {
  /** The name of the token that was shown; null: none was needed. */
  readonly token: string | null;
  /** `unix`: by a Unix socket. */
  readonly address: string;
};

/** `by ci from 192.0.2.7`. */
export function describeOperator({ token, address }: Operator): string {
  return `by ${token ?? 'an operator'} from ${address === 'unix' ? 'a Unix socket' : address}`;
}

/** A change of a backend, for the log, the events and its timeline. */
export type BackendChange = {
  readonly tenant: string;
  readonly backend: string;
  readonly kind: BackendChangeKind;
  /** The evidence, in one line. */
  readonly detail: string;
  /** Who has ordered it; absent: nobody. */
  readonly by?: Operator;
};

/** A tenant has lost its last backend, or has one again; a limit keeps requests of it out; its configuration is broken, or sound
 * again; or an operator keeps everybody out, or does so no more. */
export type TenantChange = {
  readonly tenant: string;
  readonly kind:
    | 'tenant_down'
    | 'tenant_up'
    | 'limit_reached'
    | 'tenant_degraded'
    | 'tenant_restored'
    | 'maintenance_on'
    | 'maintenance_off';
  /** The backend, and what has become of it; the limit, with its setting; the first problem of its configuration; or the policy,
   * and who has ordered it. */
  readonly detail: string;
};

/** A serving process of the gateway has ended, or another one has taken its place; or another program has taken the place of
 * the whole gateway, or could not. */
export type WorkerChange = {
  readonly kind:
    | 'worker_ended'
    | 'worker_hung'
    | 'worker_replaced'
    | 'worker_held_back'
    | 'upgraded'
    | 'upgrade_failed';
  readonly detail: string;
};

/** A certificate that the gateway gets by itself: there is a first one, or another one, or an order has failed. */
export type CertificateChange = {
  readonly kind: 'certificate_obtained' | 'certificate_renewed' | 'certificate_failed';
  /** The host; from whom and until when, or why not, and when the next try is. */
  readonly detail: string;
};

/** An operator has put another configuration in force. */
export type ConfigurationChange = {
  readonly kind: 'configuration_changed';
  /** Who, how, and what differs. */
  readonly detail: string;
  readonly by: Operator;
};

/** A change of the gateway as a whole. */
export type GatewayChange = WorkerChange | CertificateChange | ConfigurationChange;

/** A change as an event. `number`: one more than that of the event before. `at`: milliseconds since 1970. `backend` null: it
 * is about the tenant; `tenant` null as well: about the gateway. */
export type GatewayEvent = (
  | BackendChange
  | (TenantChange & { readonly backend: null })
  | (GatewayChange & { readonly tenant: null; readonly backend: null })
) & {
  readonly number: number;
  readonly at: number;
};

/** Told of every change of a backend, and of what that means for its tenant. */
export type BackendObserver = {
  backendChanged(change: BackendChange): void;
  tenantChanged(change: TenantChange): void;
};
