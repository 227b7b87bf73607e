// Opens the connections of checks. All share their handler objects, and each socket's `data` is its connection: probes of
// backends that are down come by the thousand, and handlers of their own would be most of what each leaves behind.
import type { Socket } from 'bun';
import {
  type ConnectAddress,
  type Connection,
  type ConnectionEvents,
  type Connector,
  isSocketPath,
} from '../core/connector.ts';
import type { Descriptors } from '../core/descriptors.ts';
import { errorOf } from '../core/error-of.ts';
import { refusalOf } from '../core/tls-problem.ts';
import { handshakeProblem } from './handshake.ts';
import { shortageAt } from './shortage.ts';

// No session is kept from one handshake to the next: a check must see what is wrong with a certificate.

/** Opens connections. */
export function createConnector(descriptors: Descriptors): Connector {
  return (address, events) => new CheckConnection(address, events, descriptors);
}

class CheckConnection implements Connection {
  private socket: Socket<CheckConnection> | null = null;
  private isOver = false;
  private unsent: Uint8Array[] = [];

  constructor(
    private readonly address: ConnectAddress,
    private readonly events: ConnectionEvents,
    private readonly descriptors: Descriptors,
  ) {
    void this.open();
  }

  write(bytes: Uint8Array): void {
    this.unsent.push(bytes);
    this.flush();
  }

  destroy(): void {
    this.isOver = true;
    this.socket?.terminate();
    this.socket = null;
  }

  private async open(): Promise<void> {
    const { hostname, port, tls } = this.address;
    const secure = tls === null ? {} : { tls };
    const socket = tls === null ? handlers : tlsHandlers;
    const common = { data: this, socket, ...secure };
    try {
      if (isSocketPath(hostname)) await Bun.connect<CheckConnection>({ unix: hostname, ...common });
      else await Bun.connect<CheckConnection>({ hostname, port, ...common });
    } catch (error) {
      this.failed(shortageAt(this.address, this.descriptors) ?? errorOf(error));
    }
  }

  opened(socket: Socket<CheckConnection>): void {
    if (this.isOver) {
      socket.terminate();
      return;
    }
    this.socket = socket;
    this.events.opened();
    this.flush();
  }

  shook(socket: Socket<CheckConnection>, success: boolean, error: Error | null): void {
    const { tls } = this.address;
    if (tls === null) return;
    const problem = handshakeProblem(success, error, tls, () => socket.getPeerX509Certificate());
    if (problem === null) return this.opened(socket);
    // Report first: `terminate` calls the close event before it returns.
    this.failed(problem);
    socket.terminate();
  }

  received(bytes: Uint8Array): void {
    if (!this.isOver) this.events.received(bytes);
  }

  flush(): void {
    for (let next = this.unsent[0]; next !== undefined && this.socket !== null; next = this.unsent[0]) {
      const taken = Math.max(0, this.socket.write(next));
      this.unsent.shift();
      if (taken === next.length) continue;
      this.unsent.unshift(next.subarray(taken));
      return;
    }
  }

  closed(error: Error | null): void {
    if (this.isOver) return;
    this.isOver = true;
    this.events.closed(error);
  }

  failed(error: Error): void {
    if (this.isOver) return;
    this.isOver = true;
    this.events.failed(error);
  }
}

type CheckSocket = Socket<CheckConnection>;

const handlers = {
  binaryType: 'uint8array' as const,
  open(socket: CheckSocket): void {
    socket.data.opened(socket);
  },
  data(socket: CheckSocket, bytes: Uint8Array): void {
    socket.data.received(bytes);
  },
  drain(socket: CheckSocket): void {
    socket.data.flush();
  },
  close(socket: CheckSocket, error?: Error): void {
    socket.data.closed(error ?? null);
  },
  error(socket: CheckSocket, error: Error): void {
    socket.data.failed(refusalOf(error) ?? error);
  },
};

const tlsHandlers = {
  ...handlers,
  // The runtime calls `open` before the handshake.
  open(): void {},
  handshake(socket: CheckSocket, success: boolean, error: Error | null): void {
    socket.data.shook(socket, success, error);
  },
};
