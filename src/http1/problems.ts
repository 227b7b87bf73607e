// Why a parser refuses bytes: small negative numbers on the hot path, of which `explainProblem` makes failures.
import type { FailureCode } from '../core/failure.ts';

/** Not a problem: the rest of the head has not arrived yet. */
export const NEED_MORE = 0;
export const BAD_START_LINE = -1;
export const BAD_FIELD = -2;
export const BAD_LENGTH = -3;
export const BAD_ENCODING = -4;
export const BAD_HOST = -5;
export const BAD_VERSION = -6;
export const HEAD_TOO_LARGE = -7;
export const TOO_MANY_FIELDS = -8;
export const TARGET_TOO_LONG = -9;
export const BAD_TARGET = -10;
export const UNKNOWN_ENCODING = -11;
export const REFUSED_METHOD = -12;
export const BAD_BODY = -13;
export const UNKNOWN_EXPECTATION = -14;
export const TRACE_WITH_BODY = -15;

type Explanation = { readonly code: FailureCode; readonly detail: string };

const EXPLANATIONS: Readonly<Record<number, Explanation>> = {
  [BAD_START_LINE]: { code: 'request-malformed', detail: 'The request line is malformed.' },
  [BAD_FIELD]: { code: 'request-malformed', detail: 'A header field is malformed.' },
  [BAD_LENGTH]: { code: 'request-malformed', detail: 'Content-Length is malformed or repeated.' },
  [BAD_ENCODING]: { code: 'request-malformed', detail: 'The length of the body is ambiguous.' },
  [BAD_HOST]: { code: 'request-malformed', detail: 'The host is missing, repeated, malformed or contradictory.' },
  [BAD_VERSION]: { code: 'request-version', detail: 'The HTTP version is not supported.' },
  [HEAD_TOO_LARGE]: { code: 'request-head-too-large', detail: 'The header fields are too large.' },
  [TOO_MANY_FIELDS]: { code: 'request-head-too-large', detail: 'There are too many header fields.' },
  [TARGET_TOO_LONG]: { code: 'request-target-too-long', detail: 'The request target is too long.' },
  [BAD_TARGET]: { code: 'request-malformed', detail: 'The request target is malformed.' },
  [UNKNOWN_ENCODING]: { code: 'request-encoding', detail: 'The transfer coding is not supported.' },
  [REFUSED_METHOD]: { code: 'method-refused', detail: 'The method is not served here.' },
  [TRACE_WITH_BODY]: { code: 'request-malformed', detail: 'A TRACE request has no body.' },
  [UNKNOWN_EXPECTATION]: { code: 'expectation-unknown', detail: 'Only 100-continue can be expected.' },
  [BAD_BODY]: { code: 'request-malformed', detail: 'The chunked framing of the body is broken.' },
};

/** The failure that a problem is, and the detail that the client is told. */
export function explainProblem(problem: number): Explanation {
  return EXPLANATIONS[problem] ?? { code: 'request-malformed', detail: 'The request is malformed.' };
}
