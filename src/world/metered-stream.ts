// The bytes of a socket, as a stream for a protocol of the runtime's: so many of them, and no more.
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

type Done = (error?: Error | null) => void;

/** Passes on what the socket brings and takes, and ends with an error once it has brought more than `limit` bytes. */
export class MeteredStream extends Duplex {
  /** The socket is connected, with TLS after its handshake. */
  isOpen = false;
  isTooLong = false;
  /** What the socket has ended with; null: with nothing so far, or well. */
  problem: Error | null = null;
  private bytes = 0;
  /** What is sent once the socket is open: before that, a failed write would hide why it did not open. */
  private first: (() => void) | null = null;

  constructor(
    private readonly socket: Socket,
    private readonly limit: number,
  ) {
    super();
    socket.once('encrypted' in socket ? 'secureConnect' : 'connect', () => {
      this.isOpen = !socket.destroyed;
      if (this.isOpen) this.first?.();
    });
    socket.on('data', (chunk: Uint8Array) => this.receive(chunk));
    socket.once('end', () => this.push(null));
    socket.on('error', (error) => {
      this.problem ??= error;
      this.destroy(error);
    });
    socket.once('close', () => this.destroy());
  }

  private receive(chunk: Uint8Array): void {
    this.bytes += chunk.length;
    if (this.bytes > this.limit) {
      this.isTooLong = true;
      this.destroy(new Error('more bytes than are wanted'));
    } else if (!this.push(chunk)) this.socket.pause();
  }

  override _read(): void {
    this.socket.resume();
  }

  override _write(chunk: Uint8Array, _encoding: string, done: Done): void {
    const send = (): void => void this.socket.write(chunk, done);
    if (this.isOpen) send();
    else this.first = send;
  }

  override _final(done: () => void): void {
    this.socket.end(done);
  }

  override _destroy(error: Error | null, done: Done): void {
    this.socket.destroy();
    done(error);
  }
}
