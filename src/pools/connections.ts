// Connections to backends: opened, lent to one exchange at a time, kept when idle.
import type { Socket } from 'bun';
import { connectFailure } from '../core/connect-failure.ts';
import { type Failure, failure } from '../core/failure.ts';
import type { TimerWheel } from '../core/timer-wheel.ts';
import type { Upstream, UpstreamEvents } from '../message/contract.ts';
import { type Backend, DEPARTED, type KeptConnection } from './backend.ts';
import type { ConnectionHome, ConnectionSurroundings } from './connection-home.ts';
import { WarmUp } from './nobody.ts';
import type { PoolOptions } from './pool-options.ts';
import { UpstreamH1 } from './upstream-h1.ts';

/** Lends connections to exchanges. */
export class Connections implements ConnectionHome {
  readonly wheel: TimerWheel;
  private idle = 0;

  constructor(readonly around: ConnectionSurroundings) {
    this.wheel = around.wheel;
  }

  /** An idle connection if there is one (isOpen), else a new one, for which `connected` follows. The backend counts the
   * request already. `fresh`: a new one in any case, because an idle one has just turned out to be dead. */
  acquire(backend: Backend, options: PoolOptions, events: UpstreamEvents, fresh: boolean): Upstream {
    const kept = fresh ? undefined : backend.idle.pop();
    if (kept !== undefined) {
      this.idle--;
      kept.lend(events, options);
      return kept;
    }
    const upstream = new UpstreamH1(backend, options, this);
    backend.connections.add(upstream);
    upstream.begin(events);
    this.connect(backend, upstream);
    return upstream;
  }

  /** Opens a connection ahead of the exchange that will want it. The backend counts it as a request meanwhile. */
  openAhead(backend: Backend, options: PoolOptions): void {
    const upstream = new UpstreamH1(backend, options, this);
    backend.connections.add(upstream);
    upstream.begin(new WarmUp(upstream));
    this.connect(backend, upstream);
  }

  /** Opens its socket. A test may put a network of its own in this place. */
  protected connect(backend: Backend, upstream: UpstreamH1): void {
    void connect(backend, upstream);
  }

  /** Keeps a connection for the next exchange; false: there is no room. */
  keep(backend: Backend, connection: KeptConnection, limit: number): boolean {
    if (backend.owner === DEPARTED || backend.idle.length >= limit || this.idle >= this.around.idleLimit) return false;
    this.idle++;
    backend.idle.push(connection);
    return true;
  }

  /** A kept connection is gone. */
  forget(backend: Backend, connection: KeptConnection): void {
    const at = backend.idle.indexOf(connection);
    if (at < 0) return; // taken out already
    backend.idle.splice(at, 1);
    this.idle--;
  }

  /** Closes what is idle; for a backend that is gone from the configuration, and for shutdown. */
  closeIdle(backend: Backend): void {
    for (const kept of backend.idle.splice(0)) {
      this.idle--;
      kept.close();
    }
  }
}

async function connect(backend: Backend, upstream: UpstreamH1): Promise<void> {
  const { hostname, port, tls, serverName } = backend.options.url;
  const secure = tls ? { tls: { serverName, rejectUnauthorized: true } } : {};
  try {
    await Bun.connect<UpstreamH1>({ hostname, port, data: upstream, socket: tls ? tlsHandlers : handlers, ...secure });
  } catch (error) {
    upstream.fail(connectFailure(error));
  }
}

const handlers = {
  binaryType: 'uint8array' as const,
  open(socket: Socket<UpstreamH1>): void {
    socket.data.opened(socket);
  },
  data(socket: Socket<UpstreamH1>, chunk: Uint8Array): void {
    socket.data.received(chunk);
  },
  drain(socket: Socket<UpstreamH1>): void {
    socket.data.drained();
  },
  close(socket: Socket<UpstreamH1>, error?: Error): void {
    socket.data.closed(error === undefined);
  },
  // An exception in a handler is a bug of ours: this request fails, the process goes on.
  error(socket: Socket<UpstreamH1>, error: Error): void {
    socket.data.broken(error);
  },
  connectError(socket: Socket<UpstreamH1>, error: Error): void {
    socket.data.fail(connectFailure(error));
  },
};

const tlsHandlers = {
  ...handlers,
  // `open` comes before the handshake; the connection is ours only after it.
  open(socket: Socket<UpstreamH1>): void {
    socket.data.attach(socket);
  },
  handshake(socket: Socket<UpstreamH1>, success: boolean, error: Error | null): void {
    if (success && (error === null || error === undefined)) socket.data.opened(socket);
    else socket.data.fail(tlsFailure(error));
  },
};

function tlsFailure(error: Error | null): Failure {
  return failure('tls-failed', error === null ? undefined : `TLS with the backend failed: ${error.message}`);
}
