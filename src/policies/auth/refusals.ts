// How policies refuse clients that have not shown who they are, or may not do what they ask for.
import { type FailureCode, failure, failureBecause } from '../../core/failure.ts';
import type { Millis } from '../../core/units.ts';
import { responseEdit } from '../../message/edits.ts';
import type { PolicyRequest, Verdict } from '../contract.ts';

/** Refuses, and says how the client can show who it is (RFC 9110 11.6.1). */
export function challenge(request: PolicyRequest, scheme: string, code: FailureCode, detail?: string): Verdict {
  request.responseEdits.add(responseEdit.set('WWW-Authenticate', scheme));
  return { kind: 'refuse', failure: failure(code, detail), retryAfter: null };
}

/** Refuses without an offer. */
export function refusal(code: FailureCode, detail?: string, retryAfter: Millis | null = null): Verdict {
  return { kind: 'refuse', failure: failure(code, detail), retryAfter };
}

/** It cannot be found out who the client is. The reason is for operators. */
export function unavailable(reason: string, retryAfter: Millis | null = null): Verdict {
  return { kind: 'refuse', failure: failureBecause('auth-unavailable', reason), retryAfter };
}

/** A text within quotes (RFC 9110 5.6.4). What a field cannot have is left out. */
export function quoted(text: string): string {
  return `"${text.replaceAll(/[^\x20-\x7e]/g, '').replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}
