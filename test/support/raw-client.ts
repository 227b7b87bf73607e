// A client that sends exactly the bytes it is told to send and keeps every byte that comes back.
import { type Socket, connect } from 'node:net';
import { type Pacing, writePaced } from './pacing.ts';

/** How the other side stands: `ended` after a FIN, `reset` after anything less polite. */
export type PeerState = 'open' | 'ended' | 'reset';

const WHOLE: Pacing = { kind: 'whole' };

/** One TCP connection. Text is latin1: one character for each byte. */
export class RawClient implements Disposable {
  received = '';
  peer: PeerState = 'open';
  private watchers = new Set<() => void>();

  private constructor(private readonly socket: Socket) {
    socket.setNoDelay(true);
    socket.on('data', (bytes: Buffer) => {
      this.received += bytes.toString('latin1');
      this.notify();
    });
    socket.on('end', () => this.leave('ended'));
    socket.on('error', () => this.leave('reset'));
    socket.on('close', () => this.leave('reset'));
  }

  static open(port: number, host = '127.0.0.1'): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host, allowHalfOpen: true });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new RawClient(socket));
      });
    });
  }

  /** The other end: a connection that was accepted. */
  static over(socket: Socket): RawClient {
    return new RawClient(socket);
  }

  /** Resolves when the bytes are with the system, or the connection is gone. */
  send(text: string, pacing: Pacing = WHOLE): Promise<void> {
    return writePaced(this.socket, text, pacing);
  }

  /** Sends a FIN; answers can still come. */
  endSending(): void {
    this.socket.end();
  }

  /** Reads no more. */
  pause(): void {
    this.socket.pause();
  }

  reset(): void {
    this.socket.resetAndDestroy();
  }

  /** Waits for bytes or the end to bring the condition about; false when it does not hold within `bound` ms. */
  until(condition: (client: RawClient) => boolean, bound: number): Promise<boolean> {
    if (condition(this)) return Promise.resolve(true);
    return new Promise((resolve) => {
      const finish = (holds: boolean): void => {
        clearTimeout(timer);
        this.watchers.delete(check);
        resolve(holds);
      };
      const check = (): void => {
        if (condition(this)) finish(true);
      };
      const timer = setTimeout(() => finish(condition(this)), bound);
      this.watchers.add(check);
    });
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  private leave(peer: PeerState): void {
    if (this.peer === 'open') this.peer = peer;
    this.notify();
  }

  private notify(): void {
    for (const watcher of this.watchers) watcher();
  }
}
