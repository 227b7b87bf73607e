// A copy of a request that goes to another pool as well. Nobody waits for it: it takes a backend that is free or none at all, its
// answer is read and thrown away, and it ends in time.
import { BYTE_COST, REQUEST_COST } from '../admit/costs.ts';
import type { Failure } from '../core/failure.ts';
import { Timed, type TimerWheel } from '../core/timer-wheel.ts';
import type {
  BodyForm,
  ClientFacts,
  OutgoingRequest,
  RewrittenTarget,
  Upstream,
  UpstreamEvents,
} from '../message/contract.ts';
import { Edits } from '../message/edits.ts';
import { type Head, type TargetPlace, copyHead } from '../message/head.ts';
import type { OwnMarks } from '../message/own-marks.ts';
import type { CopyOrder, CopyOutcome } from '../policies/contract.ts';
import type { Backend } from '../pools/backend.ts';
import { balanceKey } from '../pools/balance-key.ts';
import { NONE_TRIED } from '../pools/waiting-line.ts';
import type { Tenant } from './snapshot.ts';
import type { TracePart } from './trace-part.ts';

/** What a copy is made of. */
export type CopiedRequest = Pick<OutgoingRequest, 'head' | 'client' | 'strip' | 'bodyForm' | 'rewritten' | 'marks'> & {
  readonly edits: Edits<'request'>;
  readonly tracePart: TracePart;
};

/** Of an answer; a longer one ends its connection. */
const MOST_READ = 1024 * 1024;

/** Sends a copy to the pool of that tenant, after what goes on in this turn: the request itself comes first. */
export function sendCopy(request: CopiedRequest, way: Tenant, order: CopyOrder, wheel: TimerWheel): void {
  if (isBusy(way)) return order.ended('unsent');
  const copy = new RequestCopy(request, order, wheel);
  queueMicrotask(() => copy.begin(way));
}

// Those whom somebody waits for come first.
function isBusy({ share, pool }: Tenant): boolean {
  return share.isLoopWanted || pool.isCrowded;
}

class RequestCopy extends Timed implements OutgoingRequest, UpstreamEvents {
  readonly head: Head;
  readonly bodyStart = 0;
  readonly bodyEnd = 0;
  readonly bodyForm: BodyForm;
  readonly strip: number;
  readonly rewritten: RewrittenTarget | null;
  readonly client: ClientFacts;
  readonly edits = new Edits<'request'>();
  readonly marks: OwnMarks;
  /** Where it goes; null: nowhere yet. */
  private goal: { readonly backend: Backend; readonly way: Tenant } | null = null;
  private upstream: Upstream | null = null;
  private isFresh = false;
  private isOver = false;
  private left = MOST_READ;

  constructor(
    request: CopiedRequest,
    private readonly order: CopyOrder,
    private readonly wheel: TimerWheel,
  ) {
    super();
    // The request may be over before this is sent, and what it is made of belongs to the next one.
    this.head = copyHead(request.head);
    this.bodyForm = request.bodyForm;
    this.strip = request.strip;
    this.rewritten = request.rewritten === null ? null : copyOf(request.rewritten);
    this.client = request.client;
    this.marks = request.marks;
    this.edits.copyFrom(request.edits);
    request.tracePart.tellCopy(this.edits);
    for (const edit of order.edits) this.edits.add(edit);
  }

  begin(way: Tenant): void {
    const { keySource } = way.pool;
    const backend = way.pool.take(NONE_TRIED, keySource === null ? 0 : balanceKey(keySource, this.head, this.client));
    if (backend === null) return this.end('unsent');
    way.share.charge(REQUEST_COST + this.order.body.length * BYTE_COST);
    this.goal = { backend, way };
    this.wheel.set(this, this.order.timeout);
    this.ask(backend, way);
  }

  private ask(backend: Backend, way: Tenant): void {
    const upstream = backend.transport.acquire(this, way.pool.options, this.isFresh ? 'fresh' : 'any');
    if (this.isOver) return;
    this.upstream = upstream;
    if (upstream.isOpen) this.connected();
  }

  connected(): void {
    const { upstream } = this;
    const { body } = this.order;
    if (upstream === null) return;
    upstream.send(this);
    if (body.length > 0) upstream.sendBody(body, 0, body.length);
    upstream.finish();
  }

  interimHead(): void {
    // Its end is waited for.
  }

  responseHead(): BodyForm {
    return 'framed';
  }

  responseStart(head: Head, bodyStart: number, bodyEnd: number): boolean {
    return this.responseBody(head.bytes, bodyStart, bodyEnd);
  }

  responseBody(_bytes: Uint8Array, start: number, end: number): boolean {
    this.left -= end - start;
    if (this.left < 0) this.drop('answered');
    return true;
  }

  responseTrailers(): void {
    // As with the body.
  }

  responseEnd(): void {
    this.end('answered');
  }

  upgraded(): void {
    this.drop('failed');
  }

  upstreamDrained(): void {
    // All has been sent.
  }

  // A connection that was kept may have ended just now, which says nothing of the backend.
  failed(why: Failure): void {
    const { goal, upstream, isFresh } = this;
    const isStale = why.code === 'reset' && upstream?.isReused === true;
    this.upstream = null;
    if (goal === null || isFresh || !isStale || !goal.way.pool.takeThis(goal.backend)) return this.end('failed');
    this.isFresh = true;
    this.ask(goal.backend, goal.way);
  }

  doubted(): void {
    this.drop('failed');
  }

  override expired(): void {
    this.drop('failed');
  }

  private drop(outcome: CopyOutcome): void {
    this.upstream?.cancel();
    this.end(outcome);
  }

  private end(outcome: CopyOutcome): void {
    if (this.isOver) return;
    this.isOver = true;
    this.upstream = null;
    this.deadlineTick = 0;
    this.order.ended(outcome);
  }
}

function copyOf({ target, moved, prefix, host }: RewrittenTarget): RewrittenTarget {
  return { target: target === null ? null : placeOf(target), moved, prefix, host };
}

function placeOf({ bytes, pathStart, pathEnd, targetEnd }: TargetPlace): TargetPlace {
  return { bytes, pathStart, pathEnd, targetEnd };
}
