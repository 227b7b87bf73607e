// Opens the sockets of traffic to backends. All share one handler object; each socket's `data` is its owner.
import type { Socket } from 'bun';
import type { ConnectAddress } from '../core/connector.ts';
import type { SocketOwner } from '../core/dial.ts';

/** Opens a socket for its owner. */
export function dial(address: ConnectAddress, owner: SocketOwner): void {
  void open(address, owner);
}

async function open({ hostname, port, tls }: ConnectAddress, owner: SocketOwner): Promise<void> {
  const secure = tls === null ? {} : { tls };
  const socket = tls === null ? handlers : tlsHandlers;
  try {
    await Bun.connect<SocketOwner>({ hostname, port, data: owner, socket, ...secure });
  } catch (error) {
    owner.failed(error, 'connect');
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
  connectError(socket: Socket<SocketOwner>, error: Error): void {
    socket.data.failed(error, 'connect');
  },
};

const tlsHandlers = {
  ...handlers,
  // The runtime calls `open` before the handshake.
  open(socket: Socket<SocketOwner>): void {
    socket.data.attached(socket);
  },
  handshake(socket: Socket<SocketOwner>, success: boolean, error: Error | null): void {
    if (success && (error === null || error === undefined)) socket.data.opened(socket);
    else socket.data.failed(error, 'handshake');
  },
};
