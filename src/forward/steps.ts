// Asks the policies of a tenant: about the request before a backend is chosen, about the answer before anything of it goes to
// the client, and for the stages of its body. While a policy's promise is open, the exchange waits. A policy that throws, or
// whose promise is rejected, counts as one that refuses: a broken policy must not let through what it is to keep out.
import { crumbOf } from '../core/crumb.ts';
import { errorOf } from '../core/error-of.ts';
import { type Failure, type FailureCode, failure } from '../core/failure.ts';
import { responseEdit } from '../message/edits.ts';
import type { BodyForm } from '../message/contract.ts';
import type { Head } from '../message/head.ts';
import type { LocalResponse } from '../message/local-response.ts';
import { CONTINUE, type CopyOrder, type PolicyRequest, type Verdict } from '../policies/contract.ts';
import type { PolicyLists } from '../policies/lists.ts';
import { Answered } from './answered.ts';
import type { ExchangeTools } from './exchange-tools.ts';
import { HeldResponse } from './held-response.ts';
import { PolicyView, type ViewedExchange } from './policy-view.ts';
import { type CopiedRequest, sendCopy } from './request-copy.ts';
import { type Tenant, wayTo } from './snapshot.ts';
import type { PlannedStage } from './stages.ts';
import type { TracePart } from './trace-part.ts';

/** The exchange as its policy steps see it. */
export interface StepsOwner extends ViewedExchange {
  readonly bodyForm: BodyForm;
  readonly tracePart: TracePart;
  /** All policies have let the request through, at least one of them by a promise. */
  requestPassed(): void;
  /** All policies have let the held response through. */
  responsePassed(held: HeldResponse): void;
  /** The policy of that type answers the request in place of a backend: the other policies are asked about the answer. */
  answerInstead(type: string, response: LocalResponse): void;
  refuseInstead(type: string, why: Failure): void;
  /** All policies have been asked about this answer of the gateway's. */
  conclude(response: LocalResponse): void;
  /** The policy of that type has put another answer in the place of the one that there was; `why`: a refusal. */
  answerReplaced(type: string, why: Failure | null): void;
  answerFor(why: Failure): LocalResponse;
  giveUp(why: Failure): void;
  /** A policy of that type has thrown, or its promise was rejected. */
  reportPolicyFault(type: string, error: Error): void;
}

/** `over`: the exchange has been told what follows. */
export type StepResult = 'passed' | 'waits' | 'over';

const NO_LISTS: PolicyLists = { made: [], common: 0, request: [], response: [], stage: [], kept: [], guard: null };
const ALL = Number.POSITIVE_INFINITY;
const NO_SLOT = -1;

/** The policy steps of one exchange. As a Timed it bounds the wait for a promised verdict. */
export class PolicySteps extends PolicyView {
  /** The response that waits for a promised verdict; null: none waits. */
  held: HeldResponse | null = null;
  /** A policy has promised a verdict about an answer: another one, of a failure meanwhile, does not wait for it. */
  waitsForAnswer = false;
  private readonly answer = new Answered();
  private tenant: Tenant | null = null;
  /** Its slot, as others know it. */
  private crumbTenant = NO_SLOT;
  /** The policies at the places below have been asked about the request, or would have been, and are asked about the answer. */
  private reached = 0;
  /** Those below have nothing to do with it: the request is a copy that begins here. */
  private first = 0;
  /** Places of policies that are not for this request. */
  private readonly passedBy: number[] = [];
  /** Who is asked about the answer. */
  private asked: PolicyLists['response'] = NO_LISTS.response;
  /** A policy has promised a verdict, and may use this object until then, even after the end of the exchange. */
  private hasWaited = false;
  /** Counts the steps: what was promised in an earlier one changes nothing. */
  private step = 0;

  constructor(
    private readonly owner: StepsOwner,
    private readonly tools: Pick<ExchangeTools, 'wheel' | 'reportBug' | 'leaveCrumb' | 'ids' | 'marks' | 'overload'>,
  ) {
    super(owner);
  }

  get id(): string {
    return this.tools.ids.text(this.head);
  }

  copyTo(order: CopyOrder): void {
    const way = this.isOver || this.owner.tenant === null ? null : wayTo(this.owner.tenant, order.pool);
    if (way === null || this.tools.overload.isSparing) order.ended('unsent');
    else sendCopy(this.copied, way, order, this.tools.wheel);
  }

  private get copied(): CopiedRequest {
    const { owner, head, client, rewritten, requestEdits, tools } = this;
    const { strip, bodyForm, tracePart } = owner;
    return { head, client, strip, bodyForm, rewritten, edits: requestEdits, marks: tools.marks, tracePart };
  }

  private get lists(): PolicyLists {
    return this.tenant?.policies ?? NO_LISTS;
  }

  /** The request step of that tenant's policies. */
  askRequest(tenant: Tenant): StepResult {
    this.belongsTo(tenant);
    this.client = this.owner.client;
    this.step++;
    const { guard } = this.lists;
    if (guard !== null) guard.remove(this.head, this.requestEdits);
    return this.askRequestFrom(0);
  }

  private belongsTo(tenant: Tenant): void {
    this.tenant = tenant;
    this.crumbTenant = tenant.pools[0].pool.numbers.place;
  }

  /** The copy of a request goes on from the place of the policy that has made it. */
  askOn(tenant: Tenant, original: PolicySteps, begin: (copy: PolicyRequest) => void): StepResult {
    this.belongsTo(tenant);
    this.client = this.owner.client;
    this.step++;
    this.takeOver(original);
    const place = this.askedPlace;
    this.first = place;
    begin(this);
    const next = this.lists.request.findIndex((one) => one.place > place);
    return this.askRequestFrom(next < 0 ? this.lists.request.length : next);
  }

  private askRequestFrom(from: number): StepResult {
    const list = this.lists.request;
    for (let at = from; at < list.length; at++) {
      const asked = list[at];
      const { type, place } = asked;
      this.reached = place + 1;
      this.askedType = type;
      this.askedPlace = place;
      const verdict = this.requestVerdict(asked);
      if (verdict === CONTINUE) continue;
      this.tools.leaveCrumb(0);
      if (verdict instanceof Promise) return this.waitForRequest(type, verdict, at);
      if (verdict.kind !== 'continue') return this.settle(type, verdict);
    }
    this.tools.leaveCrumb(0);
    this.reached = ALL;
    this.requestStepEnds();
    return 'passed';
  }

  // Apart from the loop, which would make a scope for the closure in each of its rounds.
  private waitForRequest(type: string, verdict: Promise<Verdict>, at: number): StepResult {
    return this.wait(type, verdict, (heard) => this.requestHeard(at, heard));
  }

  private requestVerdict({ type, place, when, policy }: PolicyLists['request'][number]): Verdict | Promise<Verdict> {
    try {
      if (when !== null && !when(this)) {
        this.passedBy.push(place);
        return CONTINUE;
      }
      if (policy.request === undefined) return CONTINUE;
      this.asks(place);
      return policy.request(this);
    } catch (error) {
      return this.faultOf(type, error);
    }
  }

  private requestHeard(at: number, verdict: Verdict): void {
    const { type } = this.lists.request[at];
    const result = verdict.kind === 'continue' ? this.askRequestFrom(at + 1) : this.settle(type, verdict);
    if (result === 'passed') this.owner.requestPassed();
  }

  private settle(type: string, verdict: Exclude<Verdict, { kind: 'continue' }>): 'over' {
    this.requestStepEnds();
    if (verdict.kind === 'respond') this.owner.answerInstead(type, verdict.response);
    else {
      this.addRetryAfter(verdict.retryAfter);
      this.owner.refuseInstead(type, verdict.failure);
    }
    return 'over';
  }

  /** A backend has answered with that head, and `beginAnswer` has been called. */
  askResponse(head: Head): StepResult {
    this.answer.isOf(head);
    return this.askAboutAnswer();
  }

  /** The gateway itself answers; `why`: with a failure. The exchange is told what it answers in the end. */
  askLocal(local: LocalResponse, why: Failure | null): StepResult {
    this.held = null;
    this.answer.becomes(local, why);
    this.beginAnswer();
    return this.askAboutAnswer();
  }

  private askAboutAnswer(): StepResult {
    this.step++;
    this.waitsForAnswer = false;
    this.asked = this.withFollowers('response', this.lists.response);
    return this.askAnswerFrom(0);
  }

  private askAnswerFrom(from: number): StepResult {
    const { asked, answer } = this;
    for (let at = from; at < asked.length; at++) {
      const { type, place } = asked[at];
      if (!this.wasReached(place)) continue;
      const verdict = this.answerVerdict(asked[at]);
      if (verdict === CONTINUE) continue;
      this.tools.leaveCrumb(0);
      if (verdict instanceof Promise) return this.waitForAnswer(type, verdict, at);
      if (verdict.kind !== 'continue') this.replaceAnswer(type, verdict);
    }
    this.tools.leaveCrumb(0);
    if (answer.local === null) return 'passed';
    this.owner.conclude(answer.local.coded === undefined ? answer.local : this.inCoding(answer.local));
    return 'over';
  }

  private inCoding(local: LocalResponse): LocalResponse {
    let given = local;
    for (const { type, policy, place } of this.lists.kept) {
      if (!this.wasReached(place)) continue;
      try {
        given = policy.kept?.(this, given) ?? given;
      } catch (error) {
        this.owner.reportPolicyFault(type, errorOf(error));
      }
    }
    return given;
  }

  private answerVerdict({ type, place, policy }: PolicyLists['response'][number]): Verdict | Promise<Verdict> {
    this.asks(place);
    try {
      return policy.response(this, this.answer);
    } catch (error) {
      return this.faultOf(type, error);
    }
  }

  private waitForAnswer(type: string, verdict: Promise<Verdict>, at: number): StepResult {
    const { answer } = this;
    if (answer.head !== null) {
      this.held ??= new HeldResponse(answer.head);
      answer.isOf(this.held.head);
    }
    this.waitsForAnswer = true;
    return this.wait(type, verdict, (heard) => this.answerHeard(type, at, heard));
  }

  private answerHeard(type: string, at: number, verdict: Verdict): void {
    this.waitsForAnswer = false;
    if (verdict.kind !== 'continue') this.replaceAnswer(type, verdict);
    if (this.askAnswerFrom(at + 1) === 'passed' && this.held !== null) this.owner.responsePassed(this.held);
  }

  private replaceAnswer(type: string, verdict: Exclude<Verdict, { kind: 'continue' }>): void {
    const { owner, answer } = this;
    if (verdict.kind === 'respond') {
      // The same answer in other words still tells of the failure.
      const isSame = verdict.response.status === answer.status;
      answer.becomes(verdict.response, isSame ? answer.failure : null);
      return isSame ? undefined : owner.answerReplaced(type, null);
    }
    this.addRetryAfter(verdict.retryAfter);
    answer.becomes(owner.answerFor(verdict.failure), verdict.failure);
    owner.answerReplaced(type, verdict.failure);
  }

  private wasReached(place: number): boolean {
    return (
      place >= this.first && place < this.reached && (this.passedBy.length === 0 || !this.passedBy.includes(place))
    );
  }

  /** The stages for the body of this response; null: there are none, or a policy has failed and the exchange has been
   * told. */
  planStages(head: Head): readonly PlannedStage[] | null {
    let planned: PlannedStage[] | null = null;
    for (const { type, policy, place } of this.withFollowers('stage', this.lists.stage)) {
      if (!this.wasReached(place)) continue;
      this.asks(place);
      try {
        const open = policy.stage(this, head);
        if (open !== null) (planned ??= []).push({ type, open, keepsBody: policy.keepsBody === true });
      } catch (error) {
        this.owner.refuseInstead(type, this.faultOf(type, error).failure);
        return null;
      } finally {
        this.tools.leaveCrumb(0);
      }
    }
    this.answer.clear();
    return planned;
  }

  /** The exchange has its answer: a verdict that comes from here on changes nothing. */
  stop(): void {
    this.deadlineTick = 0;
    this.step++;
    this.waitsForAnswer = false;
    if (this.hasWaited) this.isOver = true;
  }

  /** The exchange is over. Returns the steps for its next request: a new object if a policy may still use this one. */
  end(status: number, why: FailureCode | null): PolicySteps {
    this.stop();
    for (const { type, policy } of this.followers) {
      try {
        policy.end?.({ status, failure: why });
      } catch (error) {
        this.owner.reportPolicyFault(type, errorOf(error));
      }
    }
    this.tenant = null;
    this.crumbTenant = NO_SLOT;
    this.held = null;
    this.reached = 0;
    this.first = 0;
    if (this.passedBy.length > 0) this.passedBy.length = 0; // the runtime has no quick way for it
    this.asked = NO_LISTS.response;
    this.answer.clear();
    this.clearView();
    return this.hasWaited ? new PolicySteps(this.owner, this.tools) : this;
  }

  /** The time of the whole exchange has passed without the promised verdict. */
  override expired(): void {
    this.owner.giveUp(failure('exchange-timeout'));
  }

  // If the policy never returns, whoever ends this process can say which it was.
  private asks(place: number): void {
    this.tools.leaveCrumb(crumbOf(this.crumbTenant, place));
  }

  private wait(type: string, verdict: Promise<Verdict>, goOn: (verdict: Verdict) => void): StepResult {
    const { step } = this;
    this.hasWaited = true;
    if (this.tenant !== null) this.tools.wheel.set(this, this.tenant.exchangeTimeout);
    verdict
      .catch((error: unknown) => this.faultOf(type, error))
      .then((heard) => {
        if (this.isOver || this.step !== step) return;
        this.deadlineTick = 0;
        goOn(heard);
      })
      .catch((error: unknown) => this.broken(error));
    return 'waits';
  }

  private addRetryAfter(after: number | null): void {
    const seconds = after === null ? null : Math.max(1, Math.ceil(after / 1000));
    if (seconds !== null) this.responseEdits.add(responseEdit.set('Retry-After', String(seconds)));
  }

  private faultOf(type: string, error: unknown): Verdict & { readonly kind: 'refuse' } {
    this.owner.reportPolicyFault(type, errorOf(error));
    return { kind: 'refuse', failure: failure('policy-failed'), retryAfter: null };
  }

  // The gateway has failed to carry out a verdict: that is a bug of its own, not of the policy.
  private broken(error: unknown): void {
    this.tools.reportBug(errorOf(error));
    if (!this.isOver) this.owner.giveUp(failure('internal'));
  }
}
