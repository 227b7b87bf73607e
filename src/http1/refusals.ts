// The failures of messages that a parser refuses, with what a person needs to find the cause.
import { type Failure, failure, failureBecause } from '../core/failure.ts';
import { bytes, formatSize } from '../core/units.ts';
import type { Head } from '../message/head.ts';
import { diagnose } from './diagnosis.ts';
import type { HeadLimits, HeadParser } from './head-parser.ts';
import {
  BAD_BODY,
  HEAD_TOO_LARGE,
  TOO_MANY_FIELDS,
  UNKNOWN_ENCODING,
  BAD_VERSION,
  explainProblem,
} from './problems.ts';

/** What has read the head, as far as it could. */
type Reading = Pick<HeadParser, 'available'>;

/** The failure of a request whose head cannot be read. The client is told what is wrong with its own bytes. */
export function requestRefusal(problem: number, head: Head, parser: Reading): Failure {
  const { code, detail } = explainProblem(problem);
  const more = diagnose(head, parser.available(head), problem);
  return failure(code, more === null ? detail : `${detail.slice(0, -1)}: ${more}.`);
}

/** The failure of a request whose body cannot be read. */
export function bodyRefusal(): Failure {
  const { code, detail } = explainProblem(BAD_BODY);
  return failure(code, detail);
}

/** The failure of a response. Its client is told of what kind it is, operators what exactly. */
export function responseRefusal(problem: number, head: Head, parser: Reading, limits: HeadLimits): Failure {
  switch (problem) {
    case HEAD_TOO_LARGE: {
      const limit = formatSize(bytes(limits.headerBytes));
      const why = failure('response-head-too-large', 'The header fields of the response are too large.');
      return { ...why, reason: `the head of the response has more than limits.header_bytes (${limit})` };
    }
    case TOO_MANY_FIELDS: {
      const why = failure('response-head-too-large', 'The response has too many header fields.');
      return { ...why, reason: `the response has more fields than limits.header_count (${limits.headerCount})` };
    }
    default:
      return malformedResponse(
        diagnose(head, parser.available(head), problem) ?? KINDS[problem] ?? 'its head is malformed',
      );
  }
}

const KINDS: Readonly<Record<number, string>> = {
  [BAD_VERSION]: 'it does not begin with HTTP/1.',
  [UNKNOWN_ENCODING]: 'its Transfer-Encoding is unknown',
  [BAD_BODY]: 'its first chunk is malformed',
};

/** A response that is not HTTP, for that reason. */
export function malformedResponse(reason: string): Failure {
  return failureBecause('response-malformed', reason);
}
