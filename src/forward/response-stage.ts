// What stands between the two ends when a response is compressed: it takes the body from the backend's side and hands
// its own to the client's. Present only where there is something to do.
import { type Failure, failure } from '../core/failure.ts';
import type { Edits } from '../message/edits.ts';
import { type Head, copyHead, releaseHead } from '../message/head.ts';
import type { Downstream } from '../message/contract.ts';
import type { Compression } from './compression.ts';
import { Compressor, type CompressorEvents } from './compressor.ts';

/** The exchange, as its stage sees it. */
export interface StageOwner {
  /** The backend may send on. */
  stageDrained(): void;
  /** The client has been handed everything. */
  stageDone(): void;
  requestFailed(why: Failure): void;
}

/** Sends the planned head. */
export function openStage(
  plan: Compression,
  edits: Edits<'response'> | null,
  downstream: Downstream,
  owner: StageOwner,
): ResponseStage {
  const { head } = plan;
  downstream.sendHead(head, edits, 'payload', head.end, head.end);
  releaseHead(head);
  return new ResponseStage(plan, downstream, owner);
}

/** One body on its way through the compressor. */
export class ResponseStage implements CompressorEvents {
  private readonly compressor: Compressor;
  private trailers: Head | null = null;

  constructor(
    plan: Compression,
    private readonly downstream: Downstream,
    private readonly owner: StageOwner,
  ) {
    this.compressor = new Compressor(plan, this);
  }

  sendBody(bytes: Uint8Array, start: number, end: number): boolean {
    return this.compressor.write(bytes, start, end);
  }

  /** They leave when the body has. */
  sendTrailers(trailers: Head): void {
    this.trailers = copyHead(trailers);
  }

  /** The backend has sent everything. */
  end(): void {
    this.compressor.end();
  }

  /** The client takes bytes again. */
  resume(): void {
    this.compressor.resume();
  }

  destroy(): void {
    this.compressor.destroy();
  }

  compressed(bytes: Uint8Array, start: number, end: number): boolean {
    return this.downstream.sendBody(bytes, start, end);
  }

  compressorDrained(): void {
    this.owner.stageDrained();
  }

  compressorDone(): void {
    if (this.trailers !== null) this.downstream.sendTrailers(this.trailers);
    this.owner.stageDone();
  }

  compressorFailed(): void {
    this.owner.requestFailed(failure('internal'));
  }
}
