// HTTP/1.1 to one backend: each connection serves one exchange at a time, and is kept between two.
import type { DialledSocket } from '../../core/dial.ts';
import type { Failure } from '../../core/failure.ts';
import type { Upstream, UpstreamEvents } from '../../message/contract.ts';
import type {
  Transport,
  TransportKind,
  TransportLimits,
  TransportTarget,
  TransportTools,
  WantedWay,
} from '../contract.ts';
import { type Millis, millis } from '../../core/units.ts';
import { type ConnectionHome, NOT_KEPT } from './contract.ts';
import { UpstreamH1 } from './upstream-h1.ts';

const NO_LIMIT = millis(Number.POSITIVE_INFINITY);

export const h1 = {
  create: (target, tools) => new TransportH1(target, tools),
} as const satisfies TransportKind;

export class TransportH1 implements Transport, ConnectionHome<UpstreamH1> {
  heardAt = 0;
  private readonly connections = new Set<UpstreamH1>();
  /** Idle connections, the one used latest at the end. */
  private readonly kept: UpstreamH1[] = [];
  /** Connections that are being opened ahead, and that no exchange has taken yet. */
  private readonly ahead: UpstreamH1[] = [];
  private keepsNothing = false;

  constructor(
    readonly target: TransportTarget,
    readonly tools: TransportTools,
  ) {}

  get open(): number {
    return this.connections.size;
  }

  get idle(): number {
    return this.kept.length + this.ahead.length;
  }

  get waitingSince(): number {
    let oldest = 0;
    for (const { waitsSince } of this.connections) {
      if (waitsSince !== 0 && (oldest === 0 || waitsSince < oldest)) oldest = waitsSince;
    }
    return oldest;
  }

  acquire(events: UpstreamEvents, limits: TransportLimits, want: WantedWay): Upstream {
    const kept = want === 'fresh' ? undefined : this.takeKept(want === 'sound');
    if (kept !== undefined) {
      kept.lend(events, limits);
      return kept;
    }
    const ahead = this.ahead.shift();
    if (ahead !== undefined) {
      ahead.begin(events, limits);
      return ahead;
    }
    const upstream = new UpstreamH1(this, limits);
    this.connect(upstream, events, limits);
    return upstream;
  }

  private takeKept(mustBeSound: boolean): UpstreamH1 | undefined {
    for (let kept = this.kept.pop(); kept !== undefined; kept = this.kept.pop()) {
      this.tools.idle.count--;
      if (!mustBeSound || !kept.hasEnded) return kept;
      kept.close();
    }
    return undefined;
  }

  warm(count: number, limits: TransportLimits): void {
    for (let missing = count - this.open; missing > 0; missing--) {
      const upstream = new UpstreamH1(this, limits);
      this.ahead.push(upstream);
      this.connect(upstream, null, limits);
    }
  }

  /** Takes a connection that was opened elsewhere, and that no exchange uses. */
  adopt(socket: DialledSocket, limits: TransportLimits): void {
    const upstream = new UpstreamH1(this, limits);
    this.connections.add(upstream);
    this.ahead.push(upstream);
    upstream.begin(null, limits);
    socket.data = upstream;
    upstream.opened(socket);
  }

  private connect(upstream: UpstreamH1, events: UpstreamEvents | null, limits: TransportLimits): void {
    this.connections.add(upstream);
    upstream.begin(events, limits);
    this.tools.dial(this.target.address, upstream);
  }

  // A copy of the list: an exchange that is told may ask for another connection at once, which is not in doubt.
  doubt(): void {
    for (const connection of Array.from(this.connections)) connection.doubt();
  }

  cut(why: Failure): void {
    for (const connection of Array.from(this.connections)) connection.fail(why);
  }

  shed(): void {
    for (const connection of Array.from(this.kept)) connection.close();
  }

  dropIdle(): void {
    for (const connection of this.connections) connection.isLast = true;
    for (const connection of Array.from(this.kept)) connection.close();
  }

  closeIdle(): void {
    this.keepsNothing = true;
    for (const connection of [...this.kept, ...this.ahead]) connection.close();
  }

  keepAgain(): void {
    this.keepsNothing = false;
  }

  // Where more than the limits allow have just been in use at once, they will soon be again: closing them at once would open
  // one for every request of a peak. They wait for a short time only.
  keep(connection: UpstreamH1, { maxIdle, surplusTimeout }: TransportLimits): Millis {
    const { idle } = this.tools;
    if (this.keepsNothing || connection.isLast || maxIdle === 0 || idle.limit === 0) return NOT_KEPT;
    const isSurplus = this.kept.length >= maxIdle || idle.count >= idle.limit;
    idle.count++;
    this.kept.push(connection);
    return isSurplus ? surplusTimeout : NO_LIMIT;
  }

  forget(connection: UpstreamH1): void {
    if (remove(this.kept, connection)) this.tools.idle.count--;
    else remove(this.ahead, connection);
  }

  closed(connection: UpstreamH1): void {
    this.connections.delete(connection);
  }
}

function remove(list: UpstreamH1[], connection: UpstreamH1): boolean {
  const at = list.indexOf(connection);
  if (at >= 0) list.splice(at, 1);
  return at >= 0;
}
