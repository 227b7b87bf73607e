// What an exchange sends to a client over HTTP/1.1, as its connection passes it on to the socket.
import { arrivalCost } from '../admit/costs.ts';
import { Timed } from '../core/timer-wheel.ts';
import { type Millis, millis } from '../core/units.ts';
import type { BodyForm, ConnectionCount } from '../message/contract.ts';
import type { Edits } from '../message/edits.ts';
import type { Head } from '../message/head.ts';
import type { ClientSocket, ConnectionTools } from './contract.ts';
import { ResponseWriter } from './response-writer.ts';

/** What a request needs is kept for so long after it: a busy client asks again by then. */
export const FIRST_REST = millis(5000);

/** A socket that is not read does not tell that its client has sent FIN, nor what has come. So the kernel is asked this often. */
export const LOOK = millis(1000);

// For a client that was told before the gateway ends that its connection is kept.
const LAST_CALL = millis(200);

/** The sending half of a client connection. While the client does not take what is sent, it has a deadline. */
export abstract class H1Answers extends Timed {
  readonly gives = 'framed';
  requests = 0;
  countedBy: ConnectionCount | null = null;
  protected readonly writer: ResponseWriter;

  constructor(
    protected readonly socket: ClientSocket,
    protected readonly tools: ConnectionTools,
    private readonly isPlain: boolean,
  ) {
    super();
    this.writer = new ResponseWriter(socket, isPlain, this, tools);
  }

  /** The connection goes on where it was before it lay down. */
  goOn(requests: number, countedBy: ConnectionCount | null): void {
    this.requests = requests;
    this.countedBy = countedBy;
  }

  /** Its first rest is over: it has answered all requests, and may wait longer for the next one. */
  protected get mayLieDown(): boolean {
    const { requests, writer, tools } = this;
    return requests > 0 && writer.isEmpty && tools.timeouts.keepAlive > FIRST_REST && !tools.isEnding;
  }

  get arrivalCost(): number {
    return this.requests > 1 ? 0 : arrivalCost(!this.isPlain);
  }

  belongsTo(tenant: ConnectionCount): boolean {
    if (this.countedBy === tenant) return true;
    this.uncount();
    if (tenant.connectionBegins()) this.countedBy = tenant;
    else this.writer.keepAlive = false;
    return this.countedBy !== null;
  }

  /** The client has gone while its socket was not read. */
  protected get hasLeftUnseen(): boolean {
    return !this.tools.allowsHalfClose && this.tools.peerHasEnded(this.socket);
  }

  /** A request may have come, and is read next. */
  protected get hasUnread(): boolean {
    return this.tools.hasUnread(this.socket);
  }

  /** How long the client may wait before it asks again; where that is longer, before the connection lies down. */
  protected get untilNext(): Millis {
    return this.tools.isEnding ? LAST_CALL : millis(Math.min(this.tools.timeouts.keepAlive, FIRST_REST));
  }

  /** The connection is over. */
  protected uncount(): void {
    this.countedBy?.connectionEnded();
    this.countedBy = null;
  }

  sayLast(): void {
    this.writer.keepAlive = false;
  }

  sendInterim(head: Head): void {
    this.writer.interim(head);
  }

  /** HTTP/1.0 knows no chunks. */
  get takes(): BodyForm {
    return this.writer.isOld ? 'payload' : 'framed';
  }

  sendHead(head: Head, edits: Edits<'response'> | null, form: BodyForm, bodyStart: number, bodyEnd: number): boolean {
    return this.writer.head(head, edits, form, bodyStart, bodyEnd);
  }

  sendTrailers(trailers: Head): void {
    this.writer.trailers(trailers);
  }

  sendBody(bytes: Uint8Array, start: number, end: number): boolean {
    return this.writer.body(bytes, start, end);
  }

  get responseStatus(): number {
    return this.writer.status;
  }

  get responseBytes(): number {
    return this.writer.sent;
  }
}
