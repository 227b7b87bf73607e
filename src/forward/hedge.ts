// A second attempt beside a slow first one; the first answer wins ("The Tail at Scale", Dean and Barroso 2013).
import type { Failure } from '../core/failure.ts';
import type { OutgoingRequest, Upstream, UpstreamEvents } from '../message/contract.ts';
import type { Head } from '../message/head.ts';
import type { Backend } from '../pools/backend.ts';

/** The exchange that a hedge belongs to. */
export interface HedgeOwner extends UpstreamEvents, OutgoingRequest {
  /** It answers first: from here on its upstream is the exchange's. */
  hedgeWon(hedge: Hedge): void;
  /** Whether its answer is no better than none; then it is over. */
  leavesHedgeAside(hedge: Hedge, status: number): boolean;
  /** It came to nothing while the first attempt still goes on. */
  hedgeLost(hedge: Hedge, why: Failure): void;
}

/** Takes the place of the exchange towards its upstream, and hands on what comes when it has won. */
export class Hedge implements UpstreamEvents {
  upstream: Upstream | null = null;
  private hasWon = false;

  constructor(
    private readonly owner: HedgeOwner,
    readonly backend: Backend,
  ) {}

  begin(upstream: Upstream): void {
    this.upstream = upstream;
    if (upstream.isOpen) this.connected();
  }

  /** The first attempt is gone: this one is the exchange's. */
  promote(): Upstream | null {
    this.hasWon = true;
    return this.upstream;
  }

  cancel(): void {
    const { upstream } = this;
    this.upstream = null;
    if (upstream !== null) upstream.cancel();
  }

  /** Its answer is not wanted, its connection is. */
  discard(): void {
    const { upstream } = this;
    this.upstream = null;
    if (upstream !== null) upstream.discard();
  }

  connected(): void {
    const { upstream, owner } = this;
    if (upstream === null) return;
    upstream.send(owner);
    upstream.finish();
  }

  responseHead(head: Head, bodyStart: number, bodyEnd: number): void {
    if (!this.hasWon && this.owner.leavesHedgeAside(this, head.status)) return;
    if (!this.hasWon) this.owner.hedgeWon(this);
    this.owner.responseHead(head, bodyStart, bodyEnd);
  }

  failed(why: Failure): void {
    this.upstream = null;
    if (this.hasWon) this.owner.failed(why);
    else this.owner.hedgeLost(this, why);
  }

  doubted(): void {
    if (this.hasWon) this.owner.doubted();
  }

  interimHead(head: Head): void {
    if (this.hasWon) this.owner.interimHead(head);
  }

  responseBody(bytes: Uint8Array, start: number, end: number): void {
    this.owner.responseBody(bytes, start, end);
  }

  responseEnd(): void {
    this.owner.responseEnd();
  }

  upgraded(head: Head, start: number, end: number): void {
    this.owner.upgraded(head, start, end);
  }

  upstreamDrained(): void {}
}
