// A client that sends exactly the bytes that a test gives it, and keeps every byte that comes back.
import { type Socket, connect } from 'node:net';
import { type Pacing, writePaced } from './pacing.ts';

/** The state of the other side: `ended` after a FIN, `reset` after any other end. */
export type PeerState = 'open' | 'ended' | 'reset';

const WHOLE: Pacing = { kind: 'whole' };

/** One TCP connection. Text is latin1: one character for each byte. */
export class RawClient implements Disposable {
  received = '';
  peer: PeerState = 'open';
  private watchers = new Set<() => void>();
  private readonly since = performance.now();
  /** When it sent last, and how often it has. */
  private sentAt = 0;
  private sendings = 0;

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

  /** `from`: the address of the client, where the system is to choose none. */
  static open(port: number, host = '127.0.0.1', from?: string): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const source = from === undefined ? {} : { localAddress: from };
      const socket = connect({ port, host, allowHalfOpen: true, ...source });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new RawClient(socket));
      });
    });
  }

  /** A client over a connection that a server has accepted. */
  static over(socket: Socket): RawClient {
    return new RawClient(socket);
  }

  /** Resolves when the system has taken the bytes, or the connection is gone. */
  send(text: string, pacing: Pacing = WHOLE): Promise<void> {
    this.sentAt = performance.now();
    this.sendings++;
    return writePaced(this.socket, text, pacing);
  }

  /** What has become of it, for an error: a log of the other side is found by it. */
  get story(): string {
    const [age, silence] = [this.since, this.sentAt].map((from) => Math.round(performance.now() - from));
    return `${this.peer}, port ${this.socket.localPort}, open for ${age} ms, sent ${this.sendings} times, last ${silence} ms ago`;
  }

  /** Sends a FIN; the client can still receive. */
  endSending(): void {
    this.socket.end();
  }

  /** Stops reading. */
  pause(): void {
    this.socket.pause();
  }

  /** Reads again. */
  resume(): void {
    this.socket.resume();
  }

  reset(): void {
    this.socket.resetAndDestroy();
  }

  /** Waits until received bytes or the end make the condition true; false if it is not true within `bound` ms. */
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
