// Asks the policies of a tenant: about the request before a backend is chosen, about the response before anything of it
// goes to the client, and for the stages of its body. While a policy's promise is open, the exchange waits. A policy
// that throws, or whose promise is rejected, counts as one that refuses: a broken policy must not let through what it
// is to keep out.
import { crumbOf } from '../core/crumb.ts';
import { errorOf } from '../core/error-of.ts';
import { type Failure, failure } from '../core/failure.ts';
import { Timed } from '../core/timer-wheel.ts';
import type { ClientFacts } from '../message/contract.ts';
import { Edits, responseEdit } from '../message/edits.ts';
import { fieldValue } from '../message/field-value.ts';
import { Head } from '../message/head.ts';
import type { LocalResponse } from '../message/local-response.ts';
import type { PolicyRequest, PolicyResponse, Verdict } from '../policies/contract.ts';
import type { PolicyLists } from '../policies/lists.ts';
import type { ExchangeTools } from './exchange-tools.ts';
import { HeldResponse } from './held-response.ts';
import type { Tenant } from './snapshot.ts';
import type { PlannedStage } from './stages.ts';

/** The exchange as its policy steps see it. */
export interface StepsOwner {
  readonly head: Head;
  readonly client: ClientFacts;
  /** All policies have let the request through, at least one of them by a promise. */
  requestPassed(): void;
  /** All policies have let the held response through. */
  responsePassed(held: HeldResponse): void;
  /** The policy of that type answers in place of a backend. */
  answerInstead(type: string, response: LocalResponse): void;
  refuseInstead(type: string, why: Failure): void;
  giveUp(why: Failure): void;
  /** A policy of that type has thrown, or its promise was rejected. */
  reportPolicyFault(type: string, error: Error): void;
}

/** `over`: a policy has answered or refused, and the exchange has been told. */
export type StepResult = 'passed' | 'waits' | 'over';

type Step = 'request' | 'response';

const NO_HEAD = new Head();
const NO_CLIENT: ClientFacts = { address: '', isTls: false, tls: null, version: '1.1', claims: null };
const NO_LISTS: PolicyLists = { made: [], request: [], response: [], stage: [] };

/** A response as policies see it. */
class AnsweredHead implements PolicyResponse {
  head: Head = NO_HEAD;

  field(name: string): string | null {
    return fieldValue(this.head, name);
  }
}

/** The policy steps of one exchange, and the edits that its policies make. As a Timed it bounds the wait for a promised
 * verdict. */
export class PolicySteps extends Timed implements PolicyRequest {
  client: ClientFacts = NO_CLIENT;
  readonly requestEdits = new Edits<'request'>();
  readonly responseEdits = new Edits<'response'>();
  /** The response that waits for a promised verdict; null: none waits. */
  held: HeldResponse | null = null;
  private readonly response = new AnsweredHead();
  private tenant: Tenant | null = null;
  /** A policy has promised a verdict, and may use this object until then, even after the end of the exchange. */
  private hasWaited = false;
  private isOver = false;

  constructor(
    private readonly owner: StepsOwner,
    private readonly tools: Pick<ExchangeTools, 'wheel' | 'reportBug' | 'leaveCrumb'>,
  ) {
    super();
  }

  get head(): Head {
    return this.isOver ? NO_HEAD : this.owner.head;
  }

  field(name: string): string | null {
    return fieldValue(this.head, name);
  }

  /** The request step of that tenant's policies. */
  askRequest(tenant: Tenant): StepResult {
    this.tenant = tenant;
    this.client = this.owner.client;
    return this.ask('request', 0);
  }

  /** The response step. */
  askResponse(head: Head): StepResult {
    this.response.head = head;
    return this.ask('response', 0);
  }

  /** The stages for the body of this response; null: there are none, or a policy has failed and the exchange has been
   * told. */
  planStages(): readonly PlannedStage[] | null {
    let planned: PlannedStage[] | null = null;
    for (const { type, policy, place } of this.lists.stage) {
      try {
        this.asks(place);
        const open = policy.stage(this, this.response);
        if (open !== null) (planned ??= []).push({ type, open });
      } catch (error) {
        this.settle(type, this.faultOf(type, error));
        return null;
      } finally {
        this.tools.leaveCrumb(0);
      }
    }
    this.response.head = NO_HEAD;
    return planned;
  }

  /** The exchange has its answer: a verdict that comes from here on changes nothing. */
  stop(): void {
    this.deadlineTick = 0;
    if (this.hasWaited) this.isOver = true;
  }

  /** The exchange is over. Returns the steps for its next request: a new object if a policy may still use this one. */
  end(): PolicySteps {
    this.stop();
    this.tenant = null;
    this.held = null;
    this.response.head = NO_HEAD;
    this.requestEdits.clear();
    this.responseEdits.clear();
    return this.hasWaited ? new PolicySteps(this.owner, this.tools) : this;
  }

  /** The time of the whole exchange has passed without the promised verdict. */
  override expired(): void {
    this.owner.giveUp(failure('exchange-timeout'));
  }

  private get lists(): PolicyLists {
    return this.tenant?.policies ?? NO_LISTS;
  }

  private ask(step: Step, from: number): StepResult {
    const list = this.lists[step];
    for (let at = from; at < list.length; at++) {
      const { type } = list[at];
      const verdict = this.verdictOf(step, at);
      if (verdict instanceof Promise) return this.wait(step, at, verdict);
      if (verdict.kind !== 'continue') return this.settle(type, verdict);
    }
    return 'passed';
  }

  private verdictOf(step: Step, at: number): Verdict | Promise<Verdict> {
    const { request, response } = this.lists;
    this.asks(this.lists[step][at].place);
    try {
      return step === 'request' ? request[at].policy.request(this) : response[at].policy.response(this, this.response);
    } catch (error) {
      return this.faultOf(this.lists[step][at].type, error);
    } finally {
      this.tools.leaveCrumb(0);
    }
  }

  // If the policy never returns, whoever ends this process can say which it was.
  private asks(place: number): void {
    if (this.tenant !== null) this.tools.leaveCrumb(crumbOf(this.tenant.pool.numbers.place, place));
  }

  private wait(step: Step, at: number, verdict: Promise<Verdict>): StepResult {
    this.hasWaited = true;
    if (step === 'response') {
      this.held ??= new HeldResponse(this.response.head);
      this.response.head = this.held.head;
    }
    if (this.tenant !== null) this.tools.wheel.set(this, this.tenant.exchangeTimeout);
    const { type } = this.lists[step][at];
    verdict
      .catch((error: unknown) => this.faultOf(type, error))
      .then((heard) => this.heard(step, at, heard))
      .catch((error: unknown) => this.broken(error));
    return 'waits';
  }

  private heard(step: Step, at: number, verdict: Verdict): void {
    if (this.isOver) return;
    this.deadlineTick = 0;
    const { type } = this.lists[step][at];
    const result = verdict.kind === 'continue' ? this.ask(step, at + 1) : this.settle(type, verdict);
    if (result !== 'passed') return;
    if (step === 'request') this.owner.requestPassed();
    else if (this.held !== null) this.owner.responsePassed(this.held);
  }

  private settle(type: string, verdict: Exclude<Verdict, { kind: 'continue' }>): 'over' {
    if (verdict.kind === 'respond') this.owner.answerInstead(type, verdict.response);
    else {
      const seconds = verdict.retryAfter === null ? null : Math.max(1, Math.ceil(verdict.retryAfter / 1000));
      if (seconds !== null) this.responseEdits.add(responseEdit.set('Retry-After', String(seconds)));
      this.owner.refuseInstead(type, verdict.failure);
    }
    return 'over';
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
