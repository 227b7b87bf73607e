// The stages that a response's body goes through, one after the other, on its way to the client.
import type { Millis } from '../core/units.ts';
import type { Downstream } from '../message/contract.ts';
import { type Head, copyHead } from '../message/head.ts';
import type { BodyStage, OpenStage, StageOutput } from '../policies/stage.ts';
import type { ResponseSink } from './response-sink.ts';

/** The stage of one policy, to be opened. */
export type PlannedStage = {
  readonly type: string;
  readonly open: OpenStage;
  /** It passes the body on as it takes it. */
  readonly keepsBody: boolean;
};

/** The exchange as its stages see it. */
export interface StagesOwner {
  /** What the tenant has been given of the event loop. */
  readonly account: number;
  /** The backend may send on. */
  stagesDrained(): void;
  /** The client has been handed everything. */
  stagesDone(): void;
  stageFailed(type: string, cause: Error): void;
  /** A stage has kept the event loop busy for that long. */
  stageWorked(time: Millis): void;
}

export class Stages implements ResponseSink {
  private readonly links: Link[] = [];
  private trailers: Head | null = null;

  /** `planned`: in the order in which the body goes through them. */
  constructor(
    planned: readonly PlannedStage[],
    private readonly downstream: Downstream,
    private readonly owner: StagesOwner,
  ) {
    // The last is opened first, because a stage may give payload to the next one at once.
    for (const { type, open } of planned.toReversed()) {
      const link = new Link(type, this.links[0] ?? null, this);
      this.links.unshift(link);
      link.open(open);
    }
  }

  sendBody(bytes: Uint8Array, start: number, end: number): boolean {
    return this.links[0]?.write(bytes, start, end) ?? true;
  }

  /** Kept until the stages have given all of the body, unless one of them takes them. */
  sendTrailers(trailers: Head): void {
    if (!this.links.some((link) => link.takes(trailers))) this.trailers = copyHead(trailers);
  }

  end(): void {
    this.links[0]?.end();
  }

  resume(): void {
    this.links.at(-1)?.resume();
  }

  destroy(): void {
    for (const link of this.links) link.destroy();
  }

  leave(bytes: Uint8Array, start: number, end: number): boolean {
    return this.downstream.sendBody(bytes, start, end);
  }

  drained(): void {
    this.owner.stagesDrained();
  }

  done(): void {
    if (this.trailers !== null) this.downstream.sendTrailers(this.trailers);
    this.owner.stagesDone();
  }

  failed(type: string, cause: Error): void {
    this.owner.stageFailed(type, cause);
  }

  get account(): number {
    return this.owner.account;
  }

  worked(time: Millis): void {
    this.owner.stageWorked(time);
  }
}

/** One stage between its neighbours. */
class Link implements StageOutput {
  private stage: BodyStage | null = null;
  private previous: Link | null = null;

  constructor(
    private readonly type: string,
    /** Null: the client. */
    private readonly next: Link | null,
    private readonly stages: Stages,
  ) {
    if (next !== null) next.previous = this;
  }

  open(open: OpenStage): void {
    this.stage = open(this);
  }

  write(bytes: Uint8Array, start: number, end: number): boolean {
    return this.stage === null || this.stage.write(bytes, start, end);
  }

  takes(trailers: Head): boolean {
    const takes = this.stage?.trailers !== undefined;
    if (takes) this.stage?.trailers?.(trailers);
    return takes;
  }

  end(): void {
    this.stage?.end();
  }

  resume(): void {
    this.stage?.resume();
  }

  destroy(): void {
    this.stage?.destroy();
  }

  produced(bytes: Uint8Array, start: number, end: number): boolean {
    return this.next === null ? this.stages.leave(bytes, start, end) : this.next.write(bytes, start, end);
  }

  drained(): void {
    if (this.previous === null) this.stages.drained();
    else this.previous.resume();
  }

  ended(): void {
    if (this.next === null) this.stages.done();
    else this.next.end();
  }

  failed(cause: Error): void {
    this.stages.failed(this.type, cause);
  }

  get account(): number {
    return this.stages.account;
  }

  worked(time: Millis): void {
    this.stages.worked(time);
  }
}
