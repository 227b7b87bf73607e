// What of requests to the admin API is told the audit log.
import type { Operator } from '../core/observer.ts';
import type { LocalAnswer } from '../message/local-handler.ts';
import type { AuditLog } from './audit-log.ts';
import type { AdminCall } from './contract.ts';

/** Tells the log of one request, as soon as there is an answer, which it returns. */
export type Tell = <Answer extends LocalAnswer>(answer: Answer) => Answer;

/** `by`: who has asked, as it is known when there is an answer. */
export function auditTrail({ request, path: segments, query }: AdminCall, by: () => Operator, audit: AuditLog): Tell {
  // The request is read now: its bytes may be another one's later.
  const { method, path } = request;
  const tenant = segments['tenant'] ?? segments['name'] ?? null;
  return (answer) => {
    audit.add({ by: by(), method, path, query: query.toString(), tenant, ...outcomeOf(answer) });
    return answer;
  };
}

/** Nothing is told. */
export function noTrail<Answer extends LocalAnswer>(answer: Answer): Answer {
  return answer;
}

type Outcome = Pick<Parameters<AuditLog['add']>[0], 'status' | 'outcome' | 'error'>;

const REFUSALS_FROM = 400;
const FAILURES_FROM = 500;
// Of a configuration: it was wrong, or could not be put in force.
const BAD_KINDS = ['refused', 'failed', 'dropped'];

function outcomeOf(answer: LocalAnswer): Outcome {
  if ('start' in answer) return { status: 200, outcome: 'done', error: null };
  const { status } = answer;
  const told = toldIn(answer.body);
  if (status >= REFUSALS_FROM)
    return {
      status,
      outcome: status >= FAILURES_FROM ? 'failed' : 'refused',
      error: told.error ?? 'no reason is known',
    };
  const isBad = told.kind !== null && BAD_KINDS.includes(told.kind);
  return { status, outcome: isBad ? 'failed' : 'done', error: isBad ? (told.reason ?? told.kind) : null };
}

type Told = { readonly kind: string | null; readonly error: string | null; readonly reason: string | null };

const NOTHING: Told = { kind: null, error: null, reason: null };
// What is longer is a list of what has been done.
const LONGEST = 256 * 1024;

function toldIn(body: Uint8Array): Told {
  if (body.length > LONGEST) return NOTHING;
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(body));
    return { kind: textIn(value, 'kind'), error: textIn(value, 'error'), reason: textIn(value, 'reason') };
  } catch {
    return NOTHING;
  }
}

function textIn(value: unknown, name: string): string | null {
  const found: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, name) : null;
  return typeof found === 'string' ? found : null;
}
