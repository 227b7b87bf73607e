// Brings the body of a request from its client to the backend, and before that to a policy that reads it.
import { type Failure, failure } from '../core/failure.ts';
import { join } from '../message/bytes.ts';
import type { Downstream } from '../message/contract.ts';
import { fieldValue } from '../message/field-value.ts';
import { BODY_CHUNKED, BODY_LENGTH, type Head } from '../message/head.ts';
import type { BodyBounds, ReadBody } from '../policies/contract.ts';
import type { Attempts } from './attempts.ts';
import { BodyRead, TOO_LARGE, payloadOf } from './body-read.ts';
import { continueHead } from './own-answers.ts';
import { ANSWERING, ASKING, type Phase, READING } from './phases.ts';
import type { Tenant } from './snapshot.ts';
import type { PolicySteps } from './steps.ts';
import type { TenantPlace } from './tenant-place.ts';
import { NO_LIMIT, Upload } from './upload.ts';

/** The exchange as its request's body sees it. */
export interface RequestOwner {
  readonly downstream: Downstream | null;
  readonly head: Head;
  /** [bodyStart, bodyEnd) of the head's bytes is the beginning of the body. */
  readonly bodyStart: number;
  readonly bodyEnd: number;
  readonly tenant: Tenant | null;
  readonly phase: Phase;
  readonly attempts: Attempts;
  readonly steps: PolicySteps;
  readonly place: TenantPlace;
  giveUp(why: Failure): void;
  /** The request is complete. */
  requestComplete(): void;
}

/** The request may be sent twice: its method allows it (RFC 9110 9.2.2), or the tenant trusts its Idempotency-Key. */
export function isIdempotent(head: Head, tenant: Tenant | null): boolean {
  if (head.methodClass !== 'once') return true;
  return tenant?.retry.trustsKeys === true && fieldValue(head, 'idempotency-key') !== null;
}

export class RequestPath {
  readonly upload = new Upload();
  private readonly read = new BodyRead();
  /** How long the body may be, as policies want it. */
  private most = Number.POSITIVE_INFINITY;
  /** The receiver has no room, or nobody may have the body yet. */
  private isHeld = false;

  constructor(private readonly owner: RequestOwner) {}

  /** A policy reads the body: the client may send it. */
  get isRead(): boolean {
    return this.read.isOn;
  }

  take(bytes: Uint8Array, start: number, end: number): void {
    const { tenant, phase, steps, attempts, place } = this.owner;
    if (phase === ANSWERING) return;
    if (tenant === null) {
      if (this.read.isOn) this.readOn(bytes, start, end);
      return;
    }
    if (this.exceedsLimit(tenant)) return this.owner.giveUp(failure('request-body-too-large'));
    if ((this.read.isOn || phase === READING) && tenant.limits.isFull)
      return place.refuseFor(tenant.limits, 'buffered_bytes');
    if (this.read.isOn) return this.readOn(bytes, start, end);
    if (phase !== ASKING && steps.hearsBody) steps.hearBody(bytes, start, end);
    if (!attempts.sendBody(bytes, start, end, tenant.retry.replayBytes)) this.rest();
  }

  private readOn(bytes: Uint8Array, start: number, end: number): void {
    const { downstream } = this.owner;
    this.upload.take(bytes, start, end, false, NO_LIMIT);
    if (downstream === null || !this.read.exceeds(downstream.requestPayload)) return;
    this.rest();
    this.read.settle(TOO_LARGE);
  }

  ended(): void {
    const { phase, tenant, attempts, steps } = this.owner;
    this.upload.isComplete = true;
    if (phase === ANSWERING) return;
    if (this.read.isOn) return this.read.settle(this.whole);
    this.owner.requestComplete();
    if (phase === READING && tenant !== null) attempts.begin(tenant);
    else attempts.requestEnded();
    if (phase !== ASKING && steps.hearsBody) steps.hearEnd();
  }

  /** The request is about to go on: tells those who hear the body what has come of it while policies were asked. */
  tellBody(): void {
    const { head, bodyStart, bodyEnd, steps } = this.owner;
    const { kept, isComplete } = this.upload;
    steps.hearBody(head.bytes, bodyStart, bodyEnd);
    if (kept.length > 0) steps.hearBody(kept, 0, kept.length);
    if (isComplete) steps.hearEnd();
  }

  /** Reads the body to its end, while the policies are asked about the request. */
  readBody(limit: number): Promise<ReadBody> {
    const { head, downstream } = this.owner;
    if (downstream === null || head.length > limit || downstream.requestPayload > limit)
      return Promise.resolve(TOO_LARGE);
    if (this.upload.isComplete) return Promise.resolve(this.whole);
    const body = this.read.begin(limit);
    if (head.expectsContinue) downstream.sendInterim(continueHead());
    this.resume();
    return body;
  }

  private get whole(): ReadBody {
    const { head, bodyStart, bodyEnd, downstream } = this.owner;
    const bytes = join(head.bytes.subarray(bodyStart, bodyEnd), this.upload.kept);
    const isFramed = head.framing === BODY_CHUNKED && downstream !== null && downstream.gives === 'framed';
    return { kind: 'whole', bytes: isFramed ? payloadOf(bytes) : bytes };
  }

  // While a pool is crowded, a short body is read to its end before a backend is chosen: otherwise a client that sends
  // it slowly would occupy a place at a backend all the while. A request with `Expect: 100-continue` is not read first,
  // because its client sends no body before a backend has answered 100.
  isReadFirst({ pool, limits, requestBuffer }: Tenant): boolean {
    const { head } = this.owner;
    if (this.upload.isComplete || limits.isFull || head.framing !== BODY_LENGTH || head.expectsContinue) return false;
    return head.length <= requestBuffer && pool.isCrowded;
  }

  exceedsLimit({ bodyBytes }: Tenant): boolean {
    const { downstream, head } = this.owner;
    const most = Math.min(bodyBytes, this.most);
    if (downstream === null || most === Number.POSITIVE_INFINITY) return false;
    return head.length > most || downstream.requestPayload > most;
  }

  bound({ most, leastRate }: BodyBounds): void {
    this.most = Math.min(this.most, most);
    if (leastRate > 0) this.owner.downstream?.demandBodyRate(leastRate);
  }

  becomeTunnel(): void {
    this.upload.becomeTunnel();
    this.owner.steps.tunnelBegins();
  }

  rest(): void {
    this.isHeld = true;
    this.pause();
  }

  private pause(): void {
    const { downstream } = this.owner;
    if (!this.upload.isComplete && downstream !== null) downstream.pauseRequest();
  }

  resume(): void {
    const { downstream, place } = this.owner;
    this.isHeld = false;
    if (place.isResting) return;
    if (!this.upload.isComplete && downstream !== null) downstream.resumeRequest();
  }

  /** Bytes may pass again, or may not for a while. */
  paceChanged(): void {
    if (this.owner.place.isResting) this.pause();
    else if (!this.isHeld) this.resume();
  }

  /** Nobody reads the body any more. */
  release(): void {
    this.read.clear();
  }

  clear(): void {
    this.read.clear();
    this.upload.clear();
    this.most = Number.POSITIVE_INFINITY;
    this.isHeld = false;
  }
}
