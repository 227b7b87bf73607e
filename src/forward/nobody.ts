// Stands in the place of a client where nobody waits for the answer: the copy of a request that a policy has sent on.
import { EMPTY } from '../message/bytes.ts';
import type { ClientFacts, Downstream, DownstreamEvents } from '../message/contract.ts';
import type { Head } from '../message/head.ts';
import type { LocalResponse } from '../message/local-response.ts';

const FAILED: LocalResponse = { status: 503, headers: [], body: EMPTY };

/** Takes whatever comes. */
export class Nobody implements Downstream {
  readonly gives = 'framed';
  readonly takes = 'payload';
  readonly requestPayload = 0;
  readonly arrivalCost = 0;
  responseStatus = 0;
  responseBytes = 0;
  private isOver = false;

  constructor(
    private readonly exchange: DownstreamEvents,
    /** Of the request that was copied. */
    readonly client: ClientFacts,
  ) {}

  sendHead(head: Head, ...[, , bodyStart, bodyEnd]: [unknown, unknown, number, number]): boolean {
    this.responseStatus = head.status;
    return this.sendBody(head.bytes, bodyStart, bodyEnd);
  }

  sendBody(_bytes: Uint8Array, start: number, end: number): boolean {
    this.responseBytes += end - start;
    return true;
  }

  sendInterim(): void {}
  sendTrailers(): void {}
  endTunnel(): void {}
  demandBodyRate(): void {}
  sayLast(): void {}
  pauseRequest(): void {}
  resumeRequest(): void {}

  // It has no connection.
  belongsTo(): boolean {
    return true;
  }

  // No copy is made of a request that asks for another protocol.
  sendUpgrade(): boolean {
    return true;
  }

  finish(): void {
    this.isOver = true;
    this.exchange.left();
  }

  answerFor(): LocalResponse {
    return FAILED;
  }

  respond({ status }: LocalResponse): void {
    this.responseStatus = status;
    this.finish();
  }

  abort(): void {
    this.finish();
  }

  /** The answer is of no use any more. */
  leave(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.exchange.downstreamGone();
  }
}
