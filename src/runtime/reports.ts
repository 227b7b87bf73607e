// What the parts of a gateway report to people: lines of the log, and those that clients can cause within limits.
import type { LogSettings } from '../core/log-settings.ts';
import type { Shortage } from '../core/shortage.ts';
import type { Warn } from '../core/warn.ts';
import type { ExchangeTools, FailedRequest } from '../forward/exchange-tools.ts';
import type { RequestIds } from '../message/request-id.ts';
import { type LineKind, LineLimit } from '../observe/line-limit.ts';
import { type Log, createLog } from '../observe/log.ts';
import type { World } from '../world.ts';

// Of a kind of fault in the log at a time: enough to see whether the cases differ.
const FAULTS = 5;
// Of each tenant at a time: enough to see what is wrong.
const FAILED_REQUESTS = 3;

export type Reports = {
  readonly log: Log;
  readonly reportBug: (error: Error) => void;
  readonly reportPolicyFault: ExchangeTools['reportPolicyFault'];
  readonly reportFailure: (failed: FailedRequest, ids: RequestIds) => void;
  readonly reportLack: (shortage: Shortage) => void;
  readonly warn: Warn;
  /** How lines are written from here on. */
  readonly writeAs: (settings: LogSettings) => void;
  /** For lines that clients can cause. */
  readonly limited: LineLimit;
};

export function createReports({ clock, writeLog, descriptors }: World, atStart: LogSettings): Reports {
  let settings = atStart;
  const log = createLog(writeLog, clock.wall, () => settings);
  const limited = new LineLimit(log, clock);
  const warn: Reports['warn'] = (message, fieldsOf) =>
    limited.write({ level: 'warn', message, tenant: null, most: 1 }, fieldsOf);
  return {
    log,
    writeAs: (next) => {
      settings = next;
    },
    warn,
    reportBug: (error) => limited.write(fault('exception in a handler', null), () => ({ error: textOf(error) })),
    reportPolicyFault: (tenant, policy, error) =>
      limited.write(fault('a policy has failed', tenant), () => ({ tenant, policy, error: textOf(error) })),
    reportFailure: (failed, ids) => reportFailure(failed, ids, limited),
    reportLack: (shortage) =>
      warn(shortage.message, () => (shortage.of === 'descriptors' ? { limit: descriptors.limit } : {})),
    limited,
  };
}

function reportFailure({ tenant, backend, head, why }: FailedRequest, ids: RequestIds, lines: LineLimit): void {
  const { code, detail, reason } = why;
  lines.write({ level: 'warn', message: 'request failed', tenant, most: FAILED_REQUESTS }, () => ({
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
