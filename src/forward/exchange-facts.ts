// What an exchange is made of, for those who serve it.
import type { Share } from '../admit/share.ts';
import type { Failure, FailureCode } from '../core/failure.ts';
import type { BodyForm, ClientFacts, Downstream, RewrittenTarget, Upstream } from '../message/contract.ts';
import type { Edits } from '../message/edits.ts';
import { BODY_CHUNKED, type Head } from '../message/head.ts';
import type { LocalResponse } from '../message/local-response.ts';
import type { Attempts } from './attempts.ts';
import { NOWHERE } from './decided.ts';
import type { IdentityGuards } from '../policies/identity-guard.ts';
import { NO_CLIENT, NO_HEAD } from './policy-view.ts';
import type { GrpcCall } from './grpc-call.ts';
import { isIdempotent } from './request-path.ts';
import type { Tenant } from './snapshot.ts';
import type { PolicySteps } from './steps.ts';
import { Times } from './times.ts';
import type { Sending, TracePart } from './trace-part.ts';
import type { Upload } from './upload.ts';

export abstract class ExchangeFacts {
  head: Head = NO_HEAD;
  client: ClientFacts = NO_CLIENT;
  /** Bytes of the path that are not passed on. */
  strip = 0;
  /** [bodyStart, bodyEnd) of head.bytes is the beginning of the body; `upload` has what came after it. */
  bodyStart = 0;
  bodyEnd = 0;
  failure: FailureCode | null = null;
  why: Failure | null = null;
  refusedBy: string | null = null;
  startedTick = 0;
  /** Where it goes, from the head alone. */
  protected decision = NOWHERE;
  tenant: Tenant | null = null;
  downstream: Downstream | null = null;
  /** Of the plan by which it is routed. */
  planNumber = 0;
  readonly times = new Times();
  abstract readonly tracePart: TracePart;
  abstract readonly attempts: Attempts;
  abstract readonly upload: Upload;
  /** What the exchange is where it is a call of gRPC. */
  abstract readonly call: GrpcCall;
  /** Asks the tenant's policies, and keeps the edits that they make. */
  abstract readonly steps: PolicySteps;

  sends(attempt: Sending, upstream: Upstream): void {
    if (this.tracePart.tells) this.tracePart.sends(attempt, upstream, this.steps.requestEdits);
  }

  /** The status that an answer of a backend counts as. */
  statusOf(head: Head): number {
    return this.call.statusOf(head);
  }

  get rewritten(): RewrittenTarget | null {
    return this.steps.rewritten;
  }

  get edits(): Edits<'request'> | null {
    const { requestEdits } = this.steps;
    return requestEdits.isEmpty ? null : requestEdits;
  }

  get bodyForm(): BodyForm {
    if (this.upload.isReplaced) return 'payload';
    return this.downstream === null || this.head.framing !== BODY_CHUNKED ? 'framed' : this.downstream.gives;
  }

  get isIdempotent(): boolean {
    return this.call.isRefused || isIdempotent(this.head, this.tenant);
  }

  /** Its tenant's places at the backends are scarce. */
  get isCrowded(): boolean {
    return this.tenant !== null && this.tenant.pool.isCrowded;
  }

  /** Whether the trailers of the request are passed on. */
  get passesTrailers(): boolean {
    const { decision } = this;
    return decision.kind === 'route' && decision.value.kind === 'tenant' && decision.value.site.current.passesTrailers;
  }

  /** Operators are told of this failure: not what a client has done wrong, which it is told itself, and not what a policy has
   * refused on purpose. */
  protected isFault(why: Failure): boolean {
    return why.source !== 'downstream' && (this.refusedBy === null || why.reason !== null);
  }

  /** Names that no trailer of the request may have, since policies tell backends by them who the client is; null: none. */
  get guardedTrailers(): IdentityGuards | null {
    const { decision } = this;
    if (!this.passesTrailers || decision.kind !== 'route' || decision.value.kind !== 'tenant') return null;
    return decision.value.site.current.guards;
  }

  /** Who pays for reading the request's body; null: nobody. */
  get payer(): Share | null {
    const { decision } = this;
    return decision.kind === 'route' && decision.value.kind === 'tenant' ? decision.value.site.current.share : null;
  }

  replaceBody(bytes: Uint8Array): void {
    this.bodyStart = this.bodyEnd;
    this.upload.replace(bytes);
  }

  answerFor(why: Failure): LocalResponse {
    if (this.downstream === null) throw new Error('there is no client to answer');
    return this.downstream.answerFor(why);
  }

  answerReplaced(type: string, why: Failure | null): void {
    this.refusedBy = type;
    this.failure = why === null ? null : why.code;
    this.why = why;
  }
}
