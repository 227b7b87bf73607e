// Judges the response to an HTTP probe: a pure decision over its status, fields and body.
import { parseHttpDate } from '../core/http-date.ts';
import { type Millis, type Share, millis, parseShare } from '../core/units.ts';
import type { ProbeAdvice, ProbeResult } from './contract.ts';
import { excerptWithoutSecrets } from './excerpt.ts';
import type { HttpCheckOptions } from './http-check-options.ts';
import { isMatch } from './text-match.ts';

/** The head of a response. */
export type Answer = {
  readonly status: number;
  /** The value of a field (its name in lower case), or null. */
  field(name: string): string | null;
};

type Expectations = Pick<HttpCheckOptions, 'expect_status' | 'expect_header' | 'expect_body' | 'drain_on_404'>;

/** Judges responses by what one check expects. */
export class HttpVerdict {
  constructor(
    private readonly options: Expectations,
    /** What the probe sends and a backend may echo; masked in excerpts. */
    private readonly secrets: readonly string[],
    private readonly wall: () => number,
  ) {}

  /** Whether the head alone is as expected. */
  isWell(answer: Answer): boolean {
    return this.isLeaving(answer) || this.explainHead(answer) === null;
  }

  /** Whether the verdict depends on the body. */
  needsBody(answer: Answer): boolean {
    return this.options.expect_body !== undefined && !this.isLeaving(answer) && this.isWell(answer);
  }

  /** The result. `flaw`: why the body is not whole; null: it is, or `max_body` of it has come. */
  of(answer: Answer, body: string, flaw: string | null): ProbeResult {
    const problem = this.isLeaving(answer)
      ? null
      : (this.explainHead(answer) ?? (this.needsBody(answer) ? this.explainBody(body, flaw) : null));
    const weight = readWeight(answer);
    const detail = [`status ${answer.status}`];
    if (problem !== null && problem !== '') detail.push(problem);
    if (weight === 'malformed') detail.push('X-Keystone-Weight is not a share from 0% to 100%, and is ignored');
    return {
      passed: problem === null,
      detail: detail.join('; '),
      status: answer.status,
      excerpt: excerptWithoutSecrets(body, this.secrets),
      advice: this.adviceOf(answer, weight === 'malformed' ? null : weight),
    };
  }

  private isLeaving({ status }: Answer): boolean {
    return status === 404 && this.options.drain_on_404;
  }

  // Null: the head is as expected. Empty: the status is wrong, and nothing need be added to it. The text never names the
  // value that was expected: it may be a secret from the environment.
  private explainHead(answer: Answer): string | null {
    const { expect_status, expect_header } = this.options;
    if (!expect_status.some(({ from, to }) => answer.status >= from && answer.status <= to)) return '';
    for (const { name, ...wanted } of expect_header) {
      const value = answer.field(name.toLowerCase());
      if (value === null) return `there is no field ${name}`;
      if (!isMatch(value, wanted)) return `the field ${name} is not as expected`;
    }
    return null;
  }

  private explainBody(body: string, flaw: string | null): string | null {
    if (flaw !== null) return `the body ${flaw}`;
    return isMatch(body, this.options.expect_body ?? {}) ? null : 'the body is not as expected';
  }

  private adviceOf(answer: Answer, weight: Share | null): ProbeAdvice | null {
    const retryAfter = answer.status === 503 ? readRetryAfter(answer.field('retry-after'), this.wall) : null;
    const drain = weight === 0 || this.isLeaving(answer);
    return weight === null && retryAfter === null && !drain ? null : { weight, drain, retryAfter };
  }
}

function readWeight(answer: Answer): Share | 'malformed' | null {
  const text = answer.field('x-keystone-weight');
  if (text === null) return null;
  const weight = /^\d{1,3}(\.\d{1,6})?%$/.test(text) ? parseShare(text) : null;
  return weight ?? 'malformed';
}

// RFC 9110 10.2.3: seconds or a date. Anything else is ignored.
function readRetryAfter(text: string | null, wall: () => number): Millis | null {
  if (text === null) return null;
  if (/^\d{1,9}$/.test(text)) return millis(Number(text) * 1000);
  const now = wall();
  const date = parseHttpDate(text, now);
  return date === null ? null : millis(Math.max(0, date - now));
}
