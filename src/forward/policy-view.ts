// A request as its policies see it, and what they do with it: the edits, the rewriting, who follows the exchange.
import { Timed } from '../core/timer-wheel.ts';
import { latin1 } from '../message/bytes.ts';
import type { ClientFacts, Downstream, Moved } from '../message/contract.ts';
import { Edits } from '../message/edits.ts';
import { fieldValue } from '../message/field-value.ts';
import { Head } from '../message/head.ts';
import type {
  BodyBounds,
  BreakOff,
  Consumer,
  CopyOrder,
  EndTunnel,
  Follower,
  PolicyRequest,
  ReadBody,
} from '../policies/contract.ts';
import type { Asked } from '../policies/lists.ts';
import { type PoolChooser, choosePool } from './pool-choice.ts';
import { Rewritten, targetText } from './rewritten.ts';
import { poolNameOf } from './snapshot.ts';

export const NO_HEAD = new Head();
export const NO_CLIENT: ClientFacts = { address: '', isTls: false, tls: null, version: '1.1', port: 0, claims: null };
/** No policy is asked about the request at the moment. */
const NOBODY = -1;

/** Somebody who follows an exchange, at the place of the policy that has asked for it. */
type Following = { readonly type: string; readonly place: number; readonly policy: Follower };

/** The exchange as its policies see it. */
export interface ViewedExchange extends PoolChooser {
  /** Bytes of the path that are not passed on. */
  readonly strip: number;
  readBody(limit: number): Promise<ReadBody>;
  replaceBody(bytes: Uint8Array): void;
  boundBody(bounds: BodyBounds): void;
  repeat(begin: (copy: PolicyRequest) => void): BreakOff | null;
  readonly downstream: Pick<Downstream, 'endTunnel'> | null;
  readonly isSparing: boolean;
}

export abstract class PolicyView extends Timed implements PolicyRequest {
  client: ClientFacts = NO_CLIENT;
  consumer: Consumer | null = null;
  readonly requestEdits = new Edits<'request'>();
  protected readonly followers: Following[] = [];
  /** Who is asked about the request, and at which place. */
  protected askedType = '';
  protected askedPlace = NOBODY;
  protected isOver = false;
  private readonly requestStepEdits = new Edits<'response'>();
  private readonly answerEdits = new Edits<'response'>();
  private isAnswering = false;
  /** Null: none has been needed yet. */
  private made: Rewritten | null = null;

  constructor(protected readonly exchange: ViewedExchange) {
    super();
  }

  get head(): Head {
    return this.isOver ? NO_HEAD : this.exchange.head;
  }

  abstract get id(): string;

  get method(): string {
    const { head } = this;
    return latin1(head.bytes, head.start, head.methodEnd);
  }

  get host(): string {
    const { head } = this;
    return latin1(head.bytes, head.hostStart, head.hostNameEnd).toLowerCase();
  }

  get path(): string {
    const { head } = this;
    return latin1(head.bytes, head.pathStart, head.pathEnd);
  }

  get query(): string {
    const { head } = this;
    return latin1(head.bytes, head.pathEnd, head.targetEnd);
  }

  get isUpgrade(): boolean {
    return this.head.isUpgrade;
  }

  get isSparing(): boolean {
    return this.exchange.isSparing;
  }

  field(name: string): string | null {
    return fieldValue(this.head, name);
  }

  /** What is added in the answer's step is taken back when that step begins anew for another answer. */
  get responseEdits(): Edits<'response'> {
    return this.isAnswering ? this.answerEdits : this.requestStepEdits;
  }

  /** Null: it goes where the tenant's rule says. */
  get rewritten(): Rewritten | null {
    return this.made === null || this.made.isEmpty ? null : this.made;
  }

  get target(): string {
    return this.rewritten?.text ?? targetText(this.head, this.exchange.strip);
  }

  get moved(): Moved {
    const { head, exchange } = this;
    const prefix = latin1(head.bytes, head.pathStart, head.pathStart + exchange.strip);
    return this.rewritten?.moved ?? { prefix, base: '', mapsBack: true };
  }

  rewrite(target: string, moved?: Moved): void {
    if (!this.isOver) this.changed.setTarget(target, moved ?? null);
  }

  rewriteHost(host: string): void {
    if (!this.isOver) this.changed.setHost(host);
  }

  private get changed(): Rewritten {
    this.made ??= new Rewritten();
    return this.made;
  }

  get sentHost(): string | null {
    const host = this.rewritten?.host ?? null;
    return host === null ? null : latin1(host, 0, host.length);
  }

  get pool(): string | null {
    const { tenant } = this.exchange;
    return this.isOver || tenant === null ? null : poolNameOf(tenant);
  }

  usePool(name: string, orElse?: string): boolean {
    return !this.isOver && choosePool(this.exchange, name, orElse ?? null);
  }

  readBody(limit: number): Promise<ReadBody> {
    if (this.isOver || this.askedPlace === NOBODY)
      return Promise.reject(new Error('a body is read within the request step only'));
    return this.exchange.readBody(limit);
  }

  replaceBody(bytes: Uint8Array): void {
    if (this.isOver) return;
    if (this.askedPlace === NOBODY) throw new Error('a body is replaced within the request step only');
    this.exchange.replaceBody(bytes);
  }

  askForTrailers(): void {
    if (!this.isOver) this.exchange.head.takesTrailers = true;
  }

  boundBody(bounds: BodyBounds): void {
    if (!this.isOver) this.exchange.boundBody(bounds);
  }

  follow(follower: Follower): EndTunnel {
    if (this.askedPlace === NOBODY) throw new Error('an exchange is followed from the request step on only');
    const following = { type: this.askedType, place: this.askedPlace, policy: follower };
    this.followers.push(following);
    return () => {
      if (this.followers.includes(following)) this.exchange.downstream?.endTunnel();
    };
  }

  repeat(begin: (copy: PolicyRequest) => void): BreakOff | null {
    return this.isOver || this.askedPlace === NOBODY ? null : this.exchange.repeat(begin);
  }

  /** Takes over what policies have made of the request of another exchange so far, and the place of the one that is asked. */
  protected takeOver(other: PolicyView): void {
    this.consumer = other.consumer;
    this.requestEdits.copyFrom(other.requestEdits);
    this.askedType = other.askedType;
    this.askedPlace = other.askedPlace;
    if (other.made !== null && other.rewritten !== null) this.changed.copyFrom(other.made);
  }

  abstract copyTo(order: CopyOrder): void;

  /** Somebody wants the request's body, or to know when it has ended. */
  get hearsBody(): boolean {
    return this.followers.length > 0 && this.followers.some(({ policy }) => hearsBody(policy));
  }

  hearBody(bytes: Uint8Array, start: number, end: number): void {
    for (const { policy } of this.followers) policy.requestBody?.(bytes, start, end);
  }

  hearEnd(): void {
    for (const { policy } of this.followers) policy.requestEnd?.();
  }

  tunnelBegins(): void {
    for (const { policy } of this.followers) policy.tunnelBegins?.();
  }

  /** From here on edits are made to an answer. */
  beginAnswer(): void {
    this.answerEdits.copyFrom(this.requestStepEdits);
    this.isAnswering = true;
    this.requestStepEnds();
  }

  protected requestStepEnds(): void {
    this.askedPlace = NOBODY;
  }

  /** Those of a step with the followers that take part in it, in the order in which answers are asked about. */
  protected withFollowers<Step extends 'response' | 'stage'>(
    step: Step,
    list: readonly Asked<Step>[],
  ): readonly Asked<Step>[] {
    if (this.followers.length === 0) return list;
    const own = this.followers.filter((one): one is Following & Asked<Step> => one.policy[step] !== undefined);
    return [...own.toReversed(), ...list].toSorted((one, other) => other.place - one.place);
  }

  protected clearView(): void {
    this.client = NO_CLIENT;
    this.consumer = null;
    this.requestEdits.clear();
    this.requestStepEdits.clear();
    this.answerEdits.clear();
    this.isAnswering = false;
    if (this.followers.length > 0) this.followers.length = 0;
    this.made?.clear();
    this.requestStepEnds();
  }
}

function hearsBody(follower: Follower): boolean {
  return follower.requestBody !== undefined || follower.requestEnd !== undefined;
}
