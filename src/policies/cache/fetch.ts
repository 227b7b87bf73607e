// Follows a request that was passed on: keeps its answer, or gives what is kept in place of an answer that is no better.
import type { FailureCode } from '../../core/failure.ts';
import type { Millis } from '../../core/units.ts';
import { isLeftOut, leavingOut } from '../../http1/write-fields.ts';
import { HOP_BY_HOP } from '../../http1/hop-by-hop.ts';
import { type EditsMark, responseEdit } from '../../message/edits.ts';
import { CONTENT_LENGTH, REQUEST_ID, TRANSFER_ENCODING } from '../../message/field-names.ts';
import { BODY_LENGTH, BODY_UNTIL_CLOSE, type Head } from '../../message/head.ts';
import type { BodyStage, OpenStage } from '../stage.ts';
import { CONTINUE, type Follower, type PolicyRequest, type PolicyResponse, type Verdict } from '../contract.ts';
import type { Asked } from './asked.ts';
import { type Forwarded, type Passed, hitStatus, passedStatus } from './cache-status.ts';
import { Capture } from './capture.ts';
import { type Entry, type Made, loweredFields } from './entry.ts';
import type { KeptAnswers } from './kept-answers.ts';
import type { Flight } from './flight.ts';
import { valueIn } from './freshness.ts';
import type { Stamp } from './invalidation.ts';

/** The cache, as its fetches see it. */
export interface FetchHome {
  readonly answers: KeptAnswers;
  readonly hasStatus: boolean;
  /** `status`: what Cache-Status says. */
  serve(entry: Entry, asked: Asked, status: string): Verdict;
  now(): Millis;
  /** Milliseconds since 1970. */
  wall(): number;
}

export type FetchPlan = {
  readonly asked: Asked;
  readonly stamp: Stamp;
  /** What is kept and too old; null: nothing. */
  readonly entry: Entry | null;
  /** Those that wait for this one; null: it is on its own, and nothing of it is kept. */
  readonly flight: Flight | null;
  readonly forwarded: Forwarded;
  readonly isCollapsed: boolean;
  readonly detail: string | null;
  /** The edits of answers as they were before any policy that comes after. */
  readonly mark: EditsMark<'response'>;
  /** Nobody waits for the answer. */
  readonly isUnheard: boolean;
};

const LEFT_OUT = leavingOut([...HOP_BY_HOP, TRANSFER_ENCODING, CONTENT_LENGTH, REQUEST_ID]);
const NOT_MODIFIED = 304;
const ERRORS: ReadonlySet<number> = new Set([500, 502, 503, 504]);
// Fields of a 304 that would say something else of the body that is kept (RFC 9111 3.2).
const STAY = new Set(['content-length', 'content-encoding', 'content-type', 'content-range']);

export class Fetch implements Follower {
  readonly keepsBody = true;
  private planned: Omit<Made, 'body'> | null = null;

  constructor(
    private readonly home: FetchHome,
    private readonly plan: FetchPlan,
    /** Nothing of the answer is needed any more. */
    private readonly breakOff: () => void = () => undefined,
  ) {}

  response(request: PolicyRequest, response: PolicyResponse): Verdict {
    const { plan } = this;
    const { entry, flight, asked } = plan;
    if (isError(response)) return this.failed(request, response);
    if (response.head === null) {
      // Another policy has answered.
      flight?.land('pass');
      return CONTINUE;
    }
    if (response.status === NOT_MODIFIED && entry !== null && flight !== null)
      return this.confirmed(request, entry, response.head);
    const assessed = flight === null ? null : this.assess(request, response.head);
    this.planned = assessed;
    if (assessed === null && flight !== null) this.isNotKept(asked.key);
    this.tell(request, response.status, assessed !== null);
    return CONTINUE;
  }

  // The origin may have another opinion of the answer that is kept: then it must not be given any more.
  private isNotKept(key: string): void {
    const { home, plan } = this;
    if (plan.entry !== null) home.answers.drop(plan.entry);
    home.answers.isNotKept(key);
    plan.flight?.land('pass');
  }

  private assess(request: PolicyRequest, head: Head): Omit<Made, 'body'> | null {
    const { home } = this;
    if (head.framing === BODY_UNTIL_CLOSE || request.head.isHeadMethod) return null;
    if (head.framing === BODY_LENGTH && head.length > home.answers.largest) return null;
    return this.madeOf(head.status, this.fieldsOf(request, head));
  }

  private madeOf(status: number, fields: Made['fields']): Omit<Made, 'body'> | null {
    const { home, plan } = this;
    const stored = home.answers.assess(plan.asked, status, loweredFields(fields));
    return stored.kind === 'pass' ? null : home.answers.made(plan.asked, plan.stamp, { status, fields, stored });
  }

  private fieldsOf({ responseEdits }: PolicyRequest, head: Head): Made['fields'] {
    const fields = responseEdits.fieldsSince(this.plan.mark, head, (f) => isLeftOut(head, f, LEFT_OUT));
    return fields.some(([name]) => name.toLowerCase() === 'date')
      ? fields
      : [...fields, ['Date', new Date(this.home.wall()).toUTCString()]];
  }

  // RFC 9111 4.3.4.
  private confirmed(request: PolicyRequest, entry: Entry, head: Head): Verdict {
    const { home, plan } = this;
    const { made } = entry;
    const told = this.fieldsOf(request, head).filter(([name]) => !STAY.has(name.toLowerCase()));
    const names = new Set(told.map(([name]) => name.toLowerCase()));
    const fields = [...made.fields.filter(([name]) => !names.has(name.toLowerCase())), ...told];
    const etag = valueIn(loweredFields(told), 'etag');
    const isSame = etag === null || entry.etag === null || withoutWeakness(etag) === withoutWeakness(entry.etag);
    const fresh = isSame ? this.madeOf(made.status, fields) : null;
    request.responseEdits.backTo(plan.mark);
    const kept = fresh === null ? null : home.answers.renew(entry, fresh);
    if (kept === null) this.isNotKept(plan.asked.key);
    else plan.flight?.land('stored');
    return home.serve(kept ?? entry, plan.asked, passedStatus(this.passed(NOT_MODIFIED, kept !== null)));
  }

  private failed(request: PolicyRequest, { status }: PolicyResponse): Verdict {
    const { plan, home } = this;
    const { entry, flight, asked, mark } = plan;
    if (entry === null || !home.answers.mayStandIn(entry)) {
      flight?.land('pass');
      this.tell(request, status, false);
      return CONTINUE;
    }
    flight?.land('stale');
    request.responseEdits.backTo(mark);
    return home.serve(entry, asked, `${hitStatus(entry, home.now())}; fwd=stale; fwd-status=${status}`);
  }

  private tell({ responseEdits }: PolicyRequest, status: number, isStored: boolean): void {
    if (this.home.hasStatus)
      responseEdits.add(responseEdit.append('Cache-Status', passedStatus(this.passed(status, isStored))));
  }

  private passed(status: number, isStored: boolean): Passed {
    const { forwarded, isCollapsed, detail } = this.plan;
    return { forwarded, status, isStored, isCollapsed, detail };
  }

  stage(): OpenStage | null {
    const { planned, plan, home } = this;
    this.planned = null;
    if (planned === null) return null;
    return (output): BodyStage =>
      new Capture(output, {
        largest: home.answers.largest,
        take: (size) => home.answers.take(size),
        give: (size) => home.answers.give(size),
        whole: (body) => {
          home.answers.give(body.length);
          const kept = home.answers.keep({ ...planned, body }, plan.flight);
          if (kept === null) this.isNotKept(plan.asked.key);
          else plan.flight?.land('stored');
        },
        tooLarge: () => {
          this.isNotKept(plan.asked.key);
          if (plan.isUnheard) this.breakOff();
        },
      });
  }

  end(): void {
    this.plan.flight?.handOver();
  }
}

function withoutWeakness(tag: string): string {
  return tag.startsWith('W/') ? tag.slice(2) : tag;
}

// Reasons of the gateway's own for which no backend has answered. What policies refuse is meant, and what they cannot find out is no
// reason to let anybody in.
const NO_BACKEND: ReadonlySet<string> = new Set<FailureCode>([
  'none-eligible',
  'name-not-resolved',
  'queue-full',
  'queue-timeout',
  'exchange-timeout',
  'gateway-exhausted',
]);

function isError({ status, failure, head }: PolicyResponse): boolean {
  if (head !== null) return ERRORS.has(status);
  return failure !== null && (failure.source === 'upstream' || NO_BACKEND.has(failure.code));
}
