// What the parts of a gateway report to people: lines of the log, and those that clients can cause within limits.
import type { LogSettings } from '../core/log-settings.ts';
import type { Shortage } from '../core/shortage.ts';
import type { Debug, Warn } from '../core/warn.ts';
import type { ExchangeTools, FailedRequest } from '../forward/exchange-tools.ts';
import type { RequestIds } from '../message/request-id.ts';
import { type LineKind, LineLimit } from '../observe/line-limit.ts';
import { ApplicationLog } from '../observe/application-log.ts';
import { MOST_DEBUG_LINES } from '../observe/debug-log.ts';
import type { Log } from '../observe/log.ts';
import type { World } from '../world.ts';

// Of a kind of fault in the log at a time: enough to see whether the cases differ.
const FAULTS = 5;
// For each reason, of each tenant at a time: enough to see what is wrong.
const FAILED_REQUESTS = 3;

export type Reports = {
  readonly log: Log;
  readonly reportBug: (error: Error) => void;
  readonly reportPolicyFault: ExchangeTools['reportPolicyFault'];
  readonly reportFailure: (failed: FailedRequest, ids: RequestIds) => void;
  readonly reportLack: (shortage: Shortage) => void;
  readonly warn: Warn;
  readonly debug: Debug;
  /** Where the lines go. */
  readonly application: ApplicationLog;
  /** For lines that clients can cause. */
  readonly limited: LineLimit;
};

export function createReports(world: World, atStart: LogSettings): Reports {
  const { clock, descriptors } = world;
  const application = applicationLogOf(world, atStart);
  const limited = new LineLimit(application.write, clock, (level) => application.has(level));
  const { log } = limited;
  const warn: Reports['warn'] = (message, fieldsOf) =>
    limited.write({ level: 'warn', message, tenant: null, most: 1 }, fieldsOf);
  return {
    log,
    application,
    warn,
    debug: debugOf(application, limited),
    reportBug: (error) => limited.write(fault('exception in a handler', null), () => ({ error: textOf(error) })),
    reportPolicyFault: (tenant, policy, error) =>
      limited.write(fault('a policy has failed', tenant), () => ({ tenant, policy, error: textOf(error) })),
    reportFailure: (failed, ids) => reportFailure(failed, ids, limited),
    reportLack: (shortage) =>
      warn(shortage.message, () => (shortage.of === 'descriptors' ? { limit: descriptors.limit } : {})),
    limited,
  };
}

function debugOf(application: ApplicationLog, limited: LineLimit): Debug {
  return {
    get isOn() {
      return application.isDebug;
    },
    write: (message, fieldsOf) =>
      limited.write({ level: 'debug', message, tenant: null, most: MOST_DEBUG_LINES }, fieldsOf),
  };
}

function applicationLogOf(
  { clock, openLogSink: openSink, standard, writeLog: taker }: World,
  settings: LogSettings,
): ApplicationLog {
  return new ApplicationLog({ clock, openSink, standard, taker }, settings);
}

function reportFailure({ tenant, backend, head, why }: FailedRequest, ids: RequestIds, lines: LineLimit): void {
  const { code, detail, reason } = why;
  lines.write({ level: 'warn', message: 'request failed', tenant, why: code, most: FAILED_REQUESTS }, () => ({
    tenant,
    ...(backend === null ? {} : { backend }),
    request: ids.text(head),
    code,
    reason: reason ?? detail,
  }));
}

function fault(message: string, tenant: string | null): LineKind {
  return { level: 'error', message, tenant, most: FAULTS };
}

function textOf(error: Error): string {
  return error.stack ?? error.message;
}
