// Stands for the way of a request that came before it was known what the backend speaks.
import type { Failure } from '../../core/failure.ts';
import type { OutgoingRequest, Upstream, UpstreamEvents, UpstreamVersion } from '../../message/contract.ts';
import type { Head } from '../../message/head.ts';
import type { Transport, TransportLimits, TransportTarget } from '../contract.ts';

export class LateUpstream implements Upstream {
  private way: Upstream | null = null;
  private isOver = false;

  constructor(
    private readonly target: TransportTarget,
    private readonly events: UpstreamEvents,
    private readonly limits: TransportLimits,
    /** When it began to wait, in ticks. */
    readonly since: number,
  ) {}

  get isOpen(): boolean {
    return this.way !== null && this.way.isOpen;
  }

  get isReused(): boolean {
    return this.way !== null && this.way.isReused;
  }

  get version(): UpstreamVersion {
    return this.way === null ? '1.1' : this.way.version;
  }

  /** It is known what the backend speaks. */
  goOn(transport: Transport): void {
    if (this.isOver) return;
    this.way = transport.acquire(this.events, this.limits, 'any');
    if (this.way.isOpen) this.events.connected();
  }

  fail(why: Failure): void {
    if (this.isOver) return;
    this.leave();
    this.events.failed(why);
  }

  doubt(): void {
    if (!this.isOver) this.events.doubted();
  }

  private leave(): void {
    this.isOver = true;
    this.target.released(this.target.takeTrial());
  }

  send(request: OutgoingRequest): boolean {
    return this.way === null || this.way.send(request);
  }

  sendBody(bytes: Uint8Array, start: number, end: number): boolean {
    return this.way === null || this.way.sendBody(bytes, start, end);
  }

  sendTrailers(trailers: Head): void {
    this.way?.sendTrailers(trailers);
  }

  finish(): void {
    this.way?.finish();
  }

  cancel(): void {
    if (this.way !== null) this.way.cancel();
    else if (!this.isOver) this.leave();
  }

  discard(): void {
    this.way?.discard();
  }

  pauseResponse(): void {
    this.way?.pauseResponse();
  }

  resumeResponse(): void {
    this.way?.resumeResponse();
  }
}
