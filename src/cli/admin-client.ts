// Speaks to the admin API of a running gateway. Failures are values, and no message ever contains the token.
import type { z } from 'zod';
import { type Result, err, ok } from '../core/result.ts';
import { realWorld } from '../world.ts';
import { type AdminAddress, findGateway } from './admin-address.ts';
import {
  type AuditList,
  type BackendDetail,
  type CertificateRow,
  type EventList,
  type HistoryList,
  type PlanInForce,
  type LogLevelAnswer,
  type OverviewAnswer,
  type RecentList,
  type RequestList,
  type SummaryList,
  type TenantPlanInForce,
  type RollbackAnswer,
  type TenantList,
  type TenantRow,
  auditAnswer,
  backendAnswer,
  certificatesAnswer,
  eventsAnswer,
  explainAnswer,
  historyAnswer,
  logLevelAnswer,
  overviewAnswer,
  planAnswer,
  recentAnswer,
  requestsAnswer,
  summariesAnswer,
  topAnswer,
  tenantPlanAnswer,
  tenantStatus,
  rollbackAnswer,
  type ReloadAnswer,
  refusalAnswer,
  reloadAnswer,
  tenantsAnswer,
  type MaintenanceAnswer,
  maintenanceAnswer,
  purgeAnswer,
  type TopAnswer,
  type UpgradeAnswer,
  upgradeAnswer,
} from './admin-answers.ts';
import type { AdminFailure } from './admin-failure.ts';
import {
  type ConfigDifference,
  type ConfigInForce,
  type ConfigOutcome,
  configAnswer,
  configDifferenceAnswer,
  configOutcome,
} from './config-answers.ts';
import type { BackendName } from './backend-name.ts';
import type { CommandInput, ExitCode, Terminal } from './contract.ts';

export type ExplainQuestion = {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
};

export type Answer<T> = Promise<Result<T, AdminFailure>>;

const ANSWER_LIMIT_MS = 10_000;
const RELOAD_LIMIT_MS = 310_000;

/** Opens a client for a command. On failure prints what is wrong and returns the exit code. `signal` aborts requests that
 * are waiting for an answer. */
export async function openAdmin(
  input: CommandInput,
  terminal: Pick<Terminal, 'error'>,
  signal: AbortSignal | null = null,
): Promise<Result<AdminClient, ExitCode>> {
  const address = await findGateway(input, realWorld());
  if (address.ok) {
    if (address.value.note !== null) terminal.error(address.value.note);
    return ok(new AdminClient(address.value, signal));
  }
  terminal.error(address.error.message);
  return err(address.error.code);
}

/** The admin API of one gateway. */
export class AdminClient {
  constructor(
    readonly address: AdminAddress,
    private readonly signal: AbortSignal | null,
  ) {
    if (address.isLoopback) bypassProxy(new URL(address.url).hostname);
  }

  tenants(): Answer<TenantList> {
    return this.ask(tenantsAnswer, 'GET', '/tenants');
  }

  tenant(name: string): Answer<TenantRow> {
    return this.ask(tenantStatus, 'GET', `/tenants/${encodeURIComponent(name)}`);
  }

  /** What the listeners show; none for a gateway that cannot tell. */
  async certificates(): Promise<readonly CertificateRow[]> {
    const answer = await this.ask(certificatesAnswer, 'GET', '/certificates');
    return answer.ok ? answer.value.certificates : [];
  }

  backend(name: BackendName): Answer<BackendDetail> {
    return this.ask(backendAnswer, 'GET', pathOf(name));
  }

  /** Has the configuration read again. Of ten thousand tenants that takes some seconds, more on a busy machine. */
  reload(isDry: boolean): Answer<ReloadAnswer> {
    return this.ask(reloadAnswer, 'POST', `/reload${isDry ? '?dry_run=true' : ''}`, RELOAD_LIMIT_MS);
  }

  /** What is in force. */
  plan(): Answer<PlanInForce> {
    return this.ask(planAnswer, 'GET', '/plan');
  }

  planOf(tenant: string): Answer<TenantPlanInForce> {
    return this.ask(tenantPlanAnswer, 'GET', `/plan/${encodeURIComponent(tenant)}`);
  }

  /** A sample of the latest requests. */
  recent(): Answer<RecentList> {
    return this.ask(recentAnswer, 'GET', '/recent');
  }

  /** The configurations that were in force. */
  history(): Answer<HistoryList> {
    return this.ask(historyAnswer, 'GET', '/history');
  }

  /** Has an earlier configuration put in force; null: the latest that differs. */
  rollBack(version: number | null): Answer<RollbackAnswer> {
    return this.ask(
      rollbackAnswer,
      'POST',
      `/rollback${version === null ? '' : `?version=${version}`}`,
      RELOAD_LIMIT_MS,
    );
  }

  /** Where a request would go now. */
  explain(request: ExplainQuestion): Answer<Readonly<Record<string, unknown>>> {
    return this.ask(explainAnswer, 'POST', '/explain', ANSWER_LIMIT_MS, { body: JSON.stringify(request) });
  }

  /** The level of the log, or another one for it. */
  logLevel(wanted: string | null): Answer<LogLevelAnswer> {
    if (wanted === null) return this.ask(logLevelAnswer, 'GET', '/log-level');
    return this.ask(logLevelAnswer, 'PUT', `/log-level?level=${wanted}`);
  }

  /** Has the installed program take the place of the running one. */
  upgrade(): Answer<UpgradeAnswer> {
    return this.ask(upgradeAnswer, 'POST', '/upgrade', RELOAD_LIMIT_MS);
  }

  /** Turns the maintenance policies of a tenant on or off; null: all of them. */
  maintenance(tenant: string, active: string, policy: string | null): Answer<MaintenanceAnswer> {
    const query = new URLSearchParams({ active, ...(policy === null ? {} : { policy }) }).toString();
    return this.ask(maintenanceAnswer, 'POST', `/tenants/${encodeURIComponent(tenant)}/maintenance?${query}`);
  }

  /** Has answers forgotten that a tenant keeps. */
  purge(tenant: string, what: Readonly<Record<string, string>>): Answer<{ readonly tenant: string }> {
    const query = new URLSearchParams(what).toString();
    return this.ask(purgeAnswer, 'POST', `/tenants/${encodeURIComponent(tenant)}/purge?${query}`);
  }

  /** Gives an order such as `drain`; the answer is the state of the backend after it. */
  command(name: BackendName, command: string, query: Readonly<Record<string, string>> = {}): Answer<BackendDetail> {
    const parameters = new URLSearchParams(query).toString();
    return this.ask(backendAnswer, 'POST', `${pathOf(name)}/${command}${parameters === '' ? '' : `?${parameters}`}`);
  }

  /** The events after a number. If there are none yet, waits up to `wait` seconds for the next one. */
  events(after: number, wait = 0): Answer<EventList> {
    return this.ask(eventsAnswer, 'GET', `/events?after=${after}&wait=${wait}`, ANSWER_LIMIT_MS + wait * 1000);
  }

  /** How the gateway stands, and its traffic of the last seconds. */
  overview(): Answer<OverviewAnswer> {
    return this.ask(overviewAnswer, 'GET', '/overview');
  }

  /** Tenants with their traffic, in the order that is asked for. */
  summaries(query: Readonly<Record<string, string>>): Answer<SummaryList> {
    return this.ask(summariesAnswer, 'GET', `/summaries?${new URLSearchParams(query).toString()}`);
  }

  /** The busiest paths and clients, of a tenant or, for null, of all. */
  top(tenant: string | null, limit: number): Answer<TopAnswer> {
    const query = new URLSearchParams({ limit: String(limit), ...(tenant === null ? {} : { tenant }) }).toString();
    return this.ask(topAnswer, 'GET', `/top?${query}`);
  }

  /** Requests that have ended after that with a number. If there are none yet, waits up to `wait` seconds for the next one. */
  requests(filter: Readonly<Record<string, string>>, after: number, wait = 0): Answer<RequestList> {
    const query = new URLSearchParams({ ...filter, after: String(after), wait: String(wait) }).toString();
    return this.ask(requestsAnswer, 'GET', `/requests?${query}`, ANSWER_LIMIT_MS + wait * 1000);
  }

  /** Who has changed what or tried to, by the words of `GET /audit`. */
  audit(filter: Readonly<Record<string, string>>): Answer<AuditList> {
    const query = new URLSearchParams(filter).toString();
    return this.ask(auditAnswer, 'GET', `/audit${query === '' ? '' : `?${query}`}`);
  }

  /** The texts of the configuration in force. */
  config(): Answer<ConfigInForce> {
    return this.ask(configAnswer, 'GET', '/config', RELOAD_LIMIT_MS);
  }

  /** How the files of the configuration on disk differ from what is in force. */
  configDifference(): Answer<ConfigDifference> {
    return this.ask(configDifferenceAnswer, 'GET', '/config/difference', RELOAD_LIMIT_MS);
  }

  /** What is wrong with texts, and what they would change. */
  checkConfig(texts: readonly ConfigText[]): Answer<ConfigOutcome> {
    return this.ask(configOutcome, 'POST', '/config/check', RELOAD_LIMIT_MS, { body: bodyOf(texts), also: ALSO });
  }

  /** Has texts written to their files and put in force, all of them or none, in place of what has that tag. */
  applyConfig(texts: readonly ConfigText[], tag: string, overwrites: boolean): Answer<ConfigOutcome> {
    const fields = { 'If-Match': tag };
    const path = `/config${overwrites ? '?overwrite=true' : ''}`;
    return this.ask(configOutcome, 'PUT', path, RELOAD_LIMIT_MS, { body: bodyOf(texts), fields, also: ALSO });
  }

  private async ask<T>(
    schema: z.ZodType<T>,
    method: string,
    path: string,
    limit = ANSWER_LIMIT_MS,
    { body = null, fields = {}, also = [] }: Sent = {},
  ): Answer<T> {
    const { url, socketPath, isLoopback, token } = this.address;
    const timeout = AbortSignal.timeout(limit);
    try {
      const response = await fetch(url + path, {
        method,
        headers: { ...fields, ...(token === null ? {} : { Authorization: `Bearer ${token.text}` }) },
        ...(body === null ? {} : { body }),
        // Redirects are not followed: the token is meant for this address only.
        redirect: 'manual',
        // A kept connection would fail after a restart of the gateway.
        keepalive: false,
        signal: this.signal === null ? timeout : AbortSignal.any([timeout, this.signal]),
        tls: { rejectUnauthorized: !isLoopback },
        ...(socketPath === null ? {} : { unix: socketPath }),
      });
      return read(schema, response.status, await response.text(), also);
    } catch (cause) {
      return err({ kind: 'unreachable', detail: timeout.aborted ? 'no answer in time' : describe(cause) });
    }
  }
}

/** `also`: statuses besides 200 whose answer says all that there is to say. */
type Sent = {
  /** JSON. */
  readonly body?: string | null;
  readonly fields?: Readonly<Record<string, string>>;
  readonly also?: readonly number[];
};

/** A text, and the file that it is for; null: the main one. */
export type ConfigText = { readonly file: string | null; readonly text: string };

function bodyOf(texts: readonly ConfigText[]): string {
  const [only] = texts;
  const isMain = texts.length === 1 && only !== undefined && only.file === null;
  return JSON.stringify(isMain ? { text: only.text } : { files: texts });
}

const ALSO = [409, 412, 413, 422, 501];

function pathOf({ tenant, backend }: BackendName): string {
  return `/backends/${encodeURIComponent(tenant)}/${encodeURIComponent(backend)}`;
}

// Without this a proxy from HTTP_PROXY would be asked. It would look for the gateway on its own machine, and see the
// token.
function bypassProxy(hostname: string): void {
  const before = process.env['NO_PROXY'] ?? process.env['no_proxy'] ?? '';
  process.env['NO_PROXY'] = before === '' ? hostname : `${before},${hostname}`;
}

function read<T>(schema: z.ZodType<T>, status: number, text: string, also: readonly number[]): Result<T, AdminFailure> {
  const json = parseJson(text);
  if (status === 200 || also.includes(status)) {
    const answer = schema.safeParse(json);
    return answer.success ? ok(answer.data) : err({ kind: 'foreign', status });
  }
  const refusal = refusalAnswer.safeParse(json);
  if (!refusal.success) return err({ kind: 'foreign', status });
  const { error, expected = null, tenants, backends } = refusal.data;
  if (tenants !== undefined) return err({ kind: 'unknown-tenant', known: tenants });
  if (backends !== undefined) return err({ kind: 'unknown-backend', known: backends });
  if (status === 401 || status === 403 || status === 429) return err({ kind: 'refused', status, error });
  if (status === 503) return err({ kind: 'busy', error });
  if (status === 409) return err({ kind: 'declined', error });
  return status === 400 ? err({ kind: 'invalid', error, expected }) : err({ kind: 'foreign', status });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const CAUSES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOENT: 'there is no such socket',
  FailedToOpenSocket: 'nothing listens there',
  ECONNRESET: 'the connection was closed',
  ENOTFOUND: 'there is no such host',
  EPROTO: 'it does not speak TLS',
};

function describe(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  return CAUSES[code] ?? (cause.message.includes(code) ? cause.message : `${code}: ${cause.message}`);
}
