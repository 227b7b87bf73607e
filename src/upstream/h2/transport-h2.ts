// HTTP/2 to one backend: each connection carries as many requests as the backend allows, and a new one is opened when all
// are full.
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
import { offering } from '../offer.ts';
import { ConnectionH2, type ConnectionHome } from './connection-h2.ts';
import type { CarriedStream } from './contract.ts';
import { StreamH2, type StreamPool } from './stream-h2.ts';
import type { ConnectAddress } from '../../core/connector.ts';
import { ascii } from '../../message/bytes.ts';

export const h2 = {
  create: (target, tools) => new TransportH2(target, tools, OFFER, null),
} as const satisfies TransportKind;

// As ALPN has it on the wire (RFC 7301 3.1).
const OFFER = ascii('\x02h2');

// Until a backend has said how many streams it allows, as many as RFC 9113 6.5.2 wants everybody to allow.
const USUAL_STREAMS = 100;

// After a peak, what it has left beyond this is let go of.
const MOST_FREE = 256;

export class TransportH2 implements Transport, ConnectionHome, StreamPool {
  heardAt = 0;
  mostStreams = USUAL_STREAMS;
  private readonly connections = new Set<ConnectionH2>();
  /** Those that no exchange uses. */
  private readonly kept = new Set<ConnectionH2>();
  /** Streams to be used again. */
  private readonly free: StreamH2[] = [];
  private keepsNothing = false;
  /** Counts the times that a connection was lost; a connection that was opened since is fresh. */
  private age = 0;

  /** `offered`: the protocols for TLS. `refused`: is told when a backend does not take HTTP/2; null: it must. */
  constructor(
    readonly target: TransportTarget,
    readonly tools: TransportTools,
    private readonly offered: Uint8Array,
    readonly refused: (() => void) | null,
  ) {}

  get open(): number {
    return this.connections.size;
  }

  get idle(): number {
    return this.kept.size;
  }

  get waitingSince(): number {
    let oldest = 0;
    for (const { waitingSince } of this.connections) {
      if (waitingSince !== 0 && (oldest === 0 || waitingSince < oldest)) oldest = waitingSince;
    }
    return oldest;
  }

  acquire(events: UpstreamEvents, limits: TransportLimits, want: WantedWay): Upstream {
    const connection = this.find(want === 'fresh' ? this.age : 0, want === 'sound') ?? this.another(limits);
    const stream = this.free.pop() ?? new StreamH2(connection, this.target, limits, this);
    stream.begin(connection, events, limits);
    connection.take(stream, false);
    return stream;
  }

  give(stream: StreamH2): void {
    if (this.free.length < MOST_FREE) this.free.push(stream);
  }

  // The oldest one with room: then those that came with a peak of requests fall idle, and are closed.
  private find(since: number, mustBeSound = false): ConnectionH2 | null {
    let closed: ConnectionH2 | null = null;
    for (const connection of this.connections) {
      if (connection.age < since) continue;
      if (connection.room > 0 && !(mustBeSound && this.hasLeft(connection))) return connection;
      // More connections to a backend that allows no stream for now would allow none either.
      if (connection.mostStreams === 0 && !connection.isLast) closed = connection;
    }
    return closed;
  }

  // Its backend has closed it: it takes nothing more, and is closed here as well where nothing is under way on it.
  private hasLeft(connection: ConnectionH2): boolean {
    if (!connection.hasEnded) return false;
    if (this.kept.has(connection)) connection.close();
    return true;
  }

  // A process that has none opens one in any case: its requests would wait for ever.
  private another(limits: TransportLimits): ConnectionH2 {
    if (this.mayConnect(limits)) return this.connect(limits);
    let best: ConnectionH2 | null = null;
    for (const connection of this.connections)
      if (!connection.isLast && (best === null || connection.room > best.room)) best = connection;
    return best ?? this.connect(limits);
  }

  private mayConnect({ maxConnections }: TransportLimits): boolean {
    return this.target.connections < maxConnections;
  }

  hasElsewhere(limits: TransportLimits): boolean {
    return this.mayConnect(limits) || this.find(0) !== null;
  }

  private connect(limits: TransportLimits): ConnectionH2 {
    const connection = this.made(limits);
    this.tools.dial(this.address, connection);
    return connection;
  }

  /** Takes a connection that was opened elsewhere, and whose handshake has agreed on HTTP/2. */
  adopt(socket: DialledSocket, limits: TransportLimits): void {
    const connection = this.made(limits);
    socket.data = connection;
    connection.opened(socket);
  }

  private made(limits: TransportLimits): ConnectionH2 {
    const connection = new ConnectionH2(this, limits, this.age);
    this.connections.add(connection);
    this.target.connectionBegan();
    return connection;
  }

  private get address(): ConnectAddress {
    return offering(this.target.address, this.offered);
  }

  rehouse(stream: CarriedStream): void {
    const connection = this.find(0, true) ?? this.another(stream.limits);
    stream.moveTo(connection);
    connection.take(stream, true);
  }

  warm(count: number, limits: TransportLimits): void {
    if (count > 0 && this.connections.size === 0) this.connect(limits);
  }

  // A copy of the list: an exchange that is told may ask for another connection at once, which is not in doubt.
  doubt(): void {
    for (const connection of Array.from(this.connections)) connection.doubt();
  }

  cut(why: Failure): void {
    for (const connection of Array.from(this.connections)) connection.cut(why);
  }

  shed(): void {
    for (const connection of Array.from(this.kept)) connection.close();
  }

  dropIdle(): void {
    for (const connection of this.connections) connection.isLast = true;
    this.shed();
  }

  closeIdle(): void {
    this.keepsNothing = true;
    this.shed();
  }

  keepAgain(): void {
    this.keepsNothing = false;
  }

  spoiled(): void {
    this.age++;
  }

  keep(connection: ConnectionH2, limit: number): boolean {
    const { idle } = this.tools;
    if (this.keepsNothing || this.kept.size >= limit || idle.count >= idle.limit) return false;
    idle.count++;
    this.kept.add(connection);
    return true;
  }

  unkeep(connection: ConnectionH2): void {
    if (this.kept.delete(connection)) this.tools.idle.count--;
  }

  closed(connection: ConnectionH2): void {
    if (this.connections.delete(connection)) this.target.connectionEnded();
  }
}
