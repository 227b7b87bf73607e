// Brings a response from its backend to the client: asks the tenant's policies, and sends the body through their
// stages.
import { type Failure, failure } from '../core/failure.ts';
import type { BodyForm, ClientFacts, Downstream, RewrittenTarget } from '../message/contract.ts';
import type { Millis } from '../core/units.ts';
import { type Edits, responseEdit } from '../message/edits.ts';
import { HINT_COOKIE, HINT_LOCATION } from '../message/field-names.ts';
import { BODY_CHUNKED, type Head } from '../message/head.ts';
import type { OwnMarks } from '../message/own-marks.ts';
import type { Affinity } from '../pools/affinity.ts';
import type { Backend } from '../pools/backend.ts';
import type { ResponseReceiver } from './attempt.ts';
import type { Attempts } from './attempts.ts';
import type { GrpcCall } from './grpc-call.ts';
import type { HeldResponse } from './held-response.ts';
import { mapPlaces, wayOf } from './places.ts';
import { type Phase, RESPONDING } from './phases.ts';
import type { RequestJob } from './request-job.ts';
import type { ResponseSink } from './response-sink.ts';
import type { Tenant } from './snapshot.ts';
import { Stages, type StagesOwner } from './stages.ts';
import type { PolicySteps } from './steps.ts';
import type { TenantPlace } from './tenant-place.ts';

/** The exchange as its response sees it. */
export interface ResponseOwner {
  readonly downstream: Downstream | null;
  readonly client: ClientFacts;
  readonly marks: OwnMarks;
  /** Of the request. */
  readonly head: Head;
  readonly strip: number;
  readonly rewritten: RewrittenTarget | null;
  readonly tenant: Tenant | null;
  readonly steps: PolicySteps;
  readonly attempts: Attempts;
  readonly call: GrpcCall;
  readonly phase: Phase;
  readonly job: RequestJob;
  readonly place: TenantPlace;
  resumeRequest(): void;
  /** The client has been handed everything. */
  finish(): void;
  /** The policy of that type keeps the response from the client. */
  refuseInstead(type: string, why: Failure): void;
  reportPolicyFault(type: string, error: Error): void;
}

// RFC 9110 7.6.3: each names the version in which the message came.
const VIA = responseEdit.append('Via', '1.1 keystone');
const VIA_OLD = responseEdit.append('Via', '1.0 keystone');

const HINT_PLACE = HINT_LOCATION | HINT_COOKIE;

export class ResponsePath implements ResponseReceiver, StagesOwner {
  /** Takes the body in place of the client; null, as a rule: the body goes straight to the client. */
  private sink: ResponseSink | null = null;
  private isHeld = false;
  /** The stages pass the body on as they take it. */
  private keepsBody = false;

  constructor(private readonly owner: ResponseOwner) {}

  /** The changes that policies make to the response's head; null: none. */
  get edits(): Edits<'response'> | null {
    const { responseEdits } = this.owner.steps;
    return responseEdits.isEmpty ? null : responseEdits;
  }

  /** The client is to get this answer. Returns the form in which its body is wanted. */
  begin(head: Head): BodyForm {
    const { tenant, steps } = this.owner;
    if (tenant === null || tenant.policies === null) return this.formOf(head);
    steps.beginAnswer();
    if (tenant.mapsBack && (head.hints & HINT_PLACE) !== 0) this.mapBack(head);
    switch (steps.askResponse(head)) {
      case 'passed':
        return this.openStages(head) ? 'payload' : this.formOf(head);
      case 'waits':
        this.sink = steps.held;
        return 'payload';
      case 'over':
        return 'framed';
    }
  }

  /** The gateway itself makes the body, and this one sends it. */
  takeBy(sink: ResponseSink): void {
    this.sink = sink;
  }

  private formOf(head: Head): BodyForm {
    const { downstream } = this.owner;
    return downstream === null || head.framing !== BODY_CHUNKED ? 'framed' : downstream.takes;
  }

  private openStages(head: Head): boolean {
    const { downstream, steps } = this.owner;
    const planned = steps.planStages(head);
    if (planned === null || downstream === null) return false;
    this.keepsBody = planned.every(({ keepsBody }) => keepsBody);
    this.sink = new Stages(planned, downstream, this);
    return true;
  }

  responseStart(head: Head, bodyStart: number, bodyEnd: number): boolean {
    const { sink, owner } = this;
    if (sink === null) owner.job.bytes(bodyEnd - bodyStart);
    owner.place.passed(bodyEnd - bodyStart);
    if (sink === null) return this.went(this.sendHead(head, this.formOf(head), bodyStart, bodyEnd));
    if (sink === owner.steps.held) return this.responseBody(head.bytes, bodyStart, bodyEnd);
    this.sendHead(head, this.stagedForm(head), head.end, head.end);
    return bodyStart === bodyEnd || this.responseBody(head.bytes, bodyStart, bodyEnd);
  }

  private went(hasRoom: boolean): boolean {
    if (!hasRoom) this.rest();
    return hasRoom;
  }

  /** Whoever takes the response has no room for more of it. */
  rest(): void {
    this.isHeld = true;
    this.owner.attempts.restResponse();
  }

  private goOn(): void {
    this.isHeld = false;
    this.paceChanged();
  }

  /** Bytes may pass again, or may not for a while. */
  paceChanged(): void {
    const { attempts, place } = this.owner;
    if (place.isResting) attempts.restResponse();
    else if (!this.isHeld) attempts.resumeResponse();
  }

  /** The response was held until a policy kept its promise, and all policies have let it through. What has come of its
   * body is payload. */
  passed(held: HeldResponse): void {
    const { owner } = this;
    const { head } = held;
    this.sink = null;
    const isStaged = this.openStages(head);
    if (owner.downstream === null || owner.phase !== RESPONDING) return;
    const form = head.framing === BODY_CHUNKED ? 'payload' : 'framed';
    this.sendHead(head, isStaged ? this.stagedForm(head) : form, head.end, head.end);
    const hasRoom = held.passTo(this.sink ?? owner.downstream);
    if (held.hasEnded) this.bodyEnded();
    else if (hasRoom) this.goOn();
  }

  // What comes out of stages is payload, which a body of known length is as well if they leave it as it is.
  private stagedForm(head: Head): BodyForm {
    return this.keepsBody && head.framing !== BODY_CHUNKED ? 'framed' : 'payload';
  }

  private sendHead(head: Head, form: BodyForm, bodyStart: number, bodyEnd: number): boolean {
    const { downstream, tenant, attempts, marks, steps } = this.owner;
    if (downstream === null) return true;
    // With policies it has been done before them: they see, and may keep, what the client gets.
    if (tenant !== null && tenant.policies === null && tenant.mapsBack && (head.hints & HINT_PLACE) !== 0)
      this.mapBack(head);
    if (marks.viaOnResponses) steps.responseEdits.add(head.minor === 0 ? VIA_OLD : VIA);
    const affinity = tenant === null ? null : tenant.pool.affinity;
    if (affinity !== null && attempts.backend !== null) this.bind(affinity, attempts.backend);
    return downstream.sendHead(head, this.edits, form, bodyStart, bodyEnd);
  }

  private mapBack(head: Head): void {
    const { attempts, steps, strip, rewritten } = this.owner;
    const { backend } = attempts;
    const moved = rewritten === null ? null : rewritten.moved;
    if (backend === null || moved?.mapsBack === false) return;
    const isMoved = strip > 0 || moved !== null || !backend.origin.isPlain;
    if (isMoved || (head.hints & HINT_LOCATION) !== 0) mapPlaces(head, wayOf(this.owner, backend), steps.responseEdits);
  }

  // A client keeps its cookie while its own backend is only full: another backend serves this one request, and the
  // client goes back to its own with the next.
  private bind(affinity: Affinity, backend: Backend): void {
    const { attempts, client, steps } = this.owner;
    const { wanted } = attempts.search;
    const isBound = wanted !== null && (wanted === backend || wanted.isServing);
    const cookie = isBound ? null : affinity.cookieFor(backend, client.isTls);
    if (cookie !== null) steps.responseEdits.add(cookie);
  }

  // A sink keeps the bytes even where it has room for more, so that their memory must not be given back.
  responseBody(bytes: Uint8Array, start: number, end: number): boolean {
    const { sink, owner } = this;
    owner.job.piece(end - start);
    owner.place.passed(end - start);
    const receiver = sink ?? owner.downstream;
    return receiver === null || (this.went(receiver.sendBody(bytes, start, end)) && sink === null);
  }

  responseTrailers(trailers: Head): void {
    const { attempts, call } = this.owner;
    const why = call.ended(trailers);
    if (why !== null && attempts.backend !== null) attempts.evidence.spoiled(attempts.backend, why);
    const sink = this.sink ?? this.owner.downstream;
    if (sink !== null) sink.sendTrailers(trailers);
  }

  responseEnd(): void {
    const { backend, evidence } = this.owner.attempts;
    if (backend !== null) evidence.whole(backend);
    this.bodyEnded();
  }

  upstreamDrained(): void {
    this.owner.resumeRequest();
  }

  private bodyEnded(): void {
    if (this.sink === null) this.owner.finish();
    else this.sink.end();
  }

  /** The client takes bytes again. */
  resume(): void {
    if (this.sink === null) this.stagesDrained();
    else this.sink.resume();
  }

  stagesDrained(): void {
    this.goOn();
  }

  stagesDone(): void {
    this.owner.finish();
  }

  get account(): number {
    const { tenant } = this.owner;
    return tenant === null ? 0 : tenant.share.finish;
  }

  stageWorked(time: Millis): void {
    this.owner.job.worked(time);
  }

  stageFailed(type: string, cause: Error): void {
    this.owner.reportPolicyFault(type, cause);
    this.owner.refuseInstead(type, failure('policy-failed'));
  }

  /** The exchange needs the response no more: what takes its body in place of the client is ended. */
  release(): void {
    if (this.sink !== null) this.sink.destroy();
    this.sink = null;
    this.isHeld = false;
  }
}
