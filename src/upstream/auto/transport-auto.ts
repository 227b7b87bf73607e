// HTTP/2 or HTTP/1.1 to one backend, as its TLS handshake says. The first connection asks; all that follow speak what it
// has found, until none is left.
import type { DialledSocket } from '../../core/dial.ts';
import type { Failure } from '../../core/failure.ts';
import { ascii } from '../../message/bytes.ts';
import type { Upstream, UpstreamEvents } from '../../message/contract.ts';
import type {
  Transport,
  TransportKind,
  TransportLimits,
  TransportTarget,
  TransportTools,
  WantedWay,
} from '../contract.ts';
import { TransportH1, h1 } from '../h1/transport-h1.ts';
import { TransportH2 } from '../h2/transport-h2.ts';
import { offering } from '../offer.ts';
import { FirstConnection } from './first-connection.ts';
import { LateUpstream } from './late-upstream.ts';

export const auto = {
  create: (target, tools) =>
    target.address.tls === null ? h1.create(target, tools) : new TransportAuto(target, tools),
} as const satisfies TransportKind;

// As ALPN has them on the wire (RFC 7301 3.1).
const OFFER = ascii('\x02h2\x08http/1.1');

class TransportAuto implements Transport {
  private readonly h1: TransportH1;
  private readonly h2: TransportH2;
  /** Null: nobody knows yet. */
  private known: TransportH1 | TransportH2 | null = null;
  private first: FirstConnection | null = null;
  private waiting: LateUpstream[] = [];

  constructor(
    private readonly target: TransportTarget,
    private readonly tools: TransportTools,
  ) {
    this.h1 = new TransportH1(target, tools);
    this.h2 = new TransportH2(target, tools, OFFER, () => this.forget());
  }

  // The backend offers HTTP/2 no more: the next request asks again.
  private forget(): void {
    this.known = null;
  }

  get open(): number {
    return this.h1.open + this.h2.open + (this.first === null ? 0 : 1);
  }

  get idle(): number {
    return this.h1.idle + this.h2.idle;
  }

  get heardAt(): number {
    return Math.max(this.h1.heardAt, this.h2.heardAt);
  }

  get waitingSince(): number {
    const since = [this.h1.waitingSince, this.h2.waitingSince, ...this.waiting.map((late) => late.since)];
    return since.reduce((oldest, tick) => (tick !== 0 && (oldest === 0 || tick < oldest) ? tick : oldest), 0);
  }

  acquire(events: UpstreamEvents, limits: TransportLimits, want: WantedWay, changesProtocol = false): Upstream {
    // Only HTTP/1.1 can change the protocol of a connection.
    if (changesProtocol) return this.h1.acquire(events, limits, want);
    const known = this.open === 0 ? null : this.known;
    if (known !== null) return known.acquire(events, limits, want);
    const late = new LateUpstream(this.target, events, limits, this.tools.wheel.now);
    this.waiting.push(late);
    this.ask(limits);
    return late;
  }

  private ask(limits: TransportLimits): void {
    if (this.first !== null) return;
    const { address } = this.target;
    this.first = new FirstConnection(this.tools, limits, this);
    if (address.tls !== null) this.tools.dial(offering(address, OFFER), this.first);
  }

  /** The first connection is open, and its handshake has said what the backend speaks. */
  found(socket: DialledSocket, limits: TransportLimits): void {
    this.first = null;
    this.known = socket.alpnProtocol === 'h2' ? this.h2 : this.h1;
    this.known.adopt(socket, limits);
    for (const late of this.waiting.splice(0)) late.goOn(this.known);
  }

  notFound(why: Failure): void {
    this.first = null;
    this.target.traffic.notOpened();
    for (const late of this.waiting.splice(0)) late.fail(why);
  }

  warm(count: number, limits: TransportLimits): void {
    if (count === 0) return;
    if (this.known === null) this.ask(limits);
    else this.known.warm(count, limits);
  }

  doubt(): void {
    for (const late of Array.from(this.waiting)) late.doubt();
    this.h1.doubt();
    this.h2.doubt();
  }

  cut(why: Failure): void {
    for (const late of this.waiting.splice(0)) late.fail(why);
    this.h1.cut(why);
    this.h2.cut(why);
  }

  shed(): void {
    this.h1.shed();
    this.h2.shed();
  }

  dropIdle(): void {
    this.h1.dropIdle();
    this.h2.dropIdle();
  }

  closeIdle(): void {
    this.h1.closeIdle();
    this.h2.closeIdle();
  }

  keepAgain(): void {
    this.h1.keepAgain();
    this.h2.keepAgain();
  }
}
