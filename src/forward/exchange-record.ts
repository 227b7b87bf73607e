// The record of an exchange, for observers: each value is made when somebody asks for it, so that a request that nobody looks
// at pays for nothing.
import { NO_TENANT } from '../core/series-layout.ts';
import { latin1 } from '../message/bytes.ts';
import type { Edits } from '../message/edits.ts';
import { isText } from '../message/field-value.ts';
import { type Head, copyHead } from '../message/head.ts';
import type {
  ExchangeRecord,
  RecordedBackend,
  RecordedTrace,
  RequestProtocol,
  TriedBackend,
} from '../message/record.ts';
import { traceIdOf } from '../message/trace-context.ts';
import { ExchangeFacts } from './exchange-facts.ts';
import type { ExchangeTools } from './exchange-tools.ts';
import { NO_HEAD } from './policy-view.ts';
import { poolNameOf } from './snapshot.ts';
import { TracePart } from './trace-part.ts';

export abstract class RecordedExchange extends ExchangeFacts implements ExchangeRecord {
  response: Head | null = null;

  /** What it has to do with traces. */
  readonly tracePart: TracePart;

  constructor(protected readonly tools: ExchangeTools) {
    super();
    this.tracePart = new TracePart(tools);
  }

  /** The client gets this response of a backend's. */
  protected noteResponse(head: Head): void {
    this.tracePart.status = head.status;
    if (this.tools.observer.wantsResponses === true) this.response = copyHead(head);
  }

  get listener(): string {
    return this.tools.store.listener;
  }

  get protocol(): RequestProtocol {
    if (this.client.version === '2.0') return 'HTTP/2.0';
    return this.head.minor === 0 ? 'HTTP/1.0' : 'HTTP/1.1';
  }

  get requestId(): string {
    return this.tools.ids.text(this.head);
  }

  get requestIdBytes(): Uint8Array {
    return this.tools.ids.bytes(this.head);
  }

  get traceId(): string | null {
    return this.tracePart.tells ? this.tracePart.traceId : traceIdOf(this.head);
  }

  get trace(): RecordedTrace | null {
    return this.tracePart.isSampled ? this.tracePart : null;
  }

  get tenantName(): string | null {
    return this.tenant === null ? null : this.tenant.name;
  }

  get tenantSeries(): number {
    return this.tenant === null ? NO_TENANT : this.tenant.pools[0].pool.numbers.series;
  }

  get routeName(): string | null {
    return this.tenant === null ? null : this.tenant.routeName;
  }

  get poolName(): string | null {
    return this.tenant === null ? null : poolNameOf(this.tenant);
  }

  get backend(): RecordedBackend | null {
    return this.attempts.backend;
  }

  get request(): Head | null {
    return this.head === NO_HEAD ? null : this.head;
  }

  get encoding(): string | null {
    return this.status === 0 ? null : addedCoding(this.steps.responseEdits);
  }

  get status(): number {
    return this.downstream === null ? 0 : this.downstream.responseStatus;
  }

  get grpcStatus(): number | null {
    return this.call.status;
  }

  get consumer(): string | null {
    return this.steps.consumer === null ? null : this.steps.consumer.id;
  }

  get attemptCount(): number {
    return this.attempts.count;
  }

  get tried(): readonly TriedBackend[] {
    return this.attempts.past.tried;
  }

  get bytesIn(): number {
    const { head, downstream } = this;
    return head.end - head.start + (downstream === null || this.request === null ? 0 : downstream.requestPayload);
  }

  get bytesOut(): number {
    return this.downstream === null ? 0 : this.downstream.responseBytes;
  }
}

function addedCoding(edits: Edits<'response'>): string | null {
  for (let at = 0; at < edits.additions; at++) {
    const { loweredName, value } = edits.addition(at);
    if (isText(loweredName, 0, loweredName.length, 'content-encoding')) return latin1(value, 0, value.length);
  }
  return null;
}
