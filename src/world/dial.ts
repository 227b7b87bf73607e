// Opens the sockets of traffic to backends. All share one handler object; each socket's `data` is its owner.
import type { Socket } from 'bun';
import { type ConnectAddress, type TlsClientOptions, isSocketPath } from '../core/connector.ts';
import { type Descriptors, ceilingsOf } from '../core/descriptors.ts';
import type { Dial, SocketOwner } from '../core/dial.ts';
import { Shortage } from '../core/shortage.ts';
import { isTlsError, refusalOf } from '../core/tls-problem.ts';
import { handshakeProblem } from './handshake.ts';
import { shortageAt } from './shortage.ts';

const MOST_UNASKED = 32;
/** So long after a whole handshake another one is due, in milliseconds. */
const WHOLE_AFTER = 3_600_000;

/** Opens sockets, as long as it leaves enough descriptors to others. */
export function createDial(descriptors: Descriptors): Dial {
  const room = new Room(descriptors);
  const open = async (address: ConnectAddress, owner: SocketOwner): Promise<void> => {
    const { hostname, port, tls } = address;
    const secure = tls === null ? { socket: handlers } : { socket: handlersFor(tls), tls };
    const common = { data: owner, ...secure };
    try {
      if (isSocketPath(hostname)) await Bun.connect<SocketOwner>({ unix: hostname, ...common });
      else await Bun.connect<SocketOwner>({ hostname, port, ...common });
    } catch (error) {
      owner.failed(shortageAt(address, descriptors) ?? error, 'connect');
    }
  };
  return (address, owner) => {
    if (room.hasOne()) void open(address, owner);
    // Later, as any other failure to connect: the owner may try again at once.
    else queueMicrotask(() => owner.failed(new Shortage('descriptors'), 'connect'));
  };
}

/** Whether another connection to a backend leaves enough to others. Asking the system costs some microseconds, so after a
 * good answer a few are let through unasked: not so many that operators and probes would miss them. */
class Room {
  private unasked = 0;

  constructor(private readonly descriptors: Descriptors) {}

  hasOne(): boolean {
    if (this.unasked > 0) {
      this.unasked--;
      return true;
    }
    const next = this.descriptors.next();
    const { backends, operators } = ceilingsOf(this.descriptors.limit);
    const isFree = next !== null && next < backends;
    if (isFree) this.unasked = Math.min(MOST_UNASKED, operators - backends);
    return isFree;
  }
}

const handlers = {
  binaryType: 'uint8array' as const,
  open(socket: Socket<SocketOwner>): void {
    socket.data.opened(socket);
  },
  data(socket: Socket<SocketOwner>, chunk: Uint8Array): void {
    socket.data.received(chunk);
  },
  drain(socket: Socket<SocketOwner>): void {
    socket.data.drained();
  },
  close(socket: Socket<SocketOwner>, error?: Error): void {
    socket.data.closed(error === undefined);
  },
  error(socket: Socket<SocketOwner>, error: Error): void {
    socket.data.broken(error);
  },
};

type TlsHandlers = ReturnType<typeof makeTlsHandlers>;

// Those of one set of options share what they remember of their peer, which may be several programs behind one name.
const tlsHandlers = new WeakMap<TlsClientOptions, TlsHandlers>();

function handlersFor(tls: TlsClientOptions): TlsHandlers {
  const known = tlsHandlers.get(tls);
  if (known !== undefined) return known;
  const made = makeTlsHandlers(tls);
  tlsHandlers.set(tls, made);
  return made;
}

function makeTlsHandlers(tls: TlsClientOptions) {
  // The latest session: with it, the next handshake costs the peer no signature and the gateway no check of a chain. But it does
  // not show the certificate that the peer has now, so that not every handshake goes by one.
  let session: Buffer | null = null;
  let wholeAt = 0;
  return {
    ...handlers,
    // The runtime calls `open` before the handshake.
    open(socket: Socket<SocketOwner>): void {
      if (session !== null && Date.now() - wholeAt < WHOLE_AFTER) socket.setSession(session);
      socket.data.attached(socket);
    },
    session(_socket: Socket<SocketOwner>, latest: Buffer): void {
      session = latest;
    },
    handshake(socket: Socket<SocketOwner>, success: boolean, error: Error | null): void {
      const problem = handshakeProblem(success, error, tls, () => socket.getPeerX509Certificate());
      if (problem === null) {
        if (!socket.isSessionReused()) wholeAt = Date.now();
        return socket.data.opened(socket);
      }
      session = null;
      socket.data.failed(problem, 'handshake');
    },
    error(socket: Socket<SocketOwner>, error: Error): void {
      const refusal = refusalOf(error);
      if (refusal !== null) socket.data.failed(refusal, 'handshake');
      // Otherwise the event that the socket is closed says all.
      else if (!isTlsError(error)) socket.data.broken(error);
    },
  };
}
