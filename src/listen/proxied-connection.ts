// An accepted connection whose first bytes must be a PROXY protocol header.
import { Timed } from '../core/timer-wheel.ts';
import { ProxyHeaderParser } from '../http1/proxy-protocol.ts';
import type { AcceptedConnection, ClientSocket, ConnectionTools } from './contract.ts';

/** Owns the socket until the header is complete. Then it calls `become`, once, with the client's address (null: the
 * connection's own) and the bytes after the header; the listener puts another owner in its place. */
export class ProxiedConnection extends Timed implements AcceptedConnection {
  readonly countedFor = null;
  readonly carries = 'nothing';
  private readonly parser = new ProxyHeaderParser();

  constructor(
    private readonly socket: Pick<ClientSocket, 'terminate'>,
    private readonly tools: Pick<ConnectionTools, 'wheel' | 'timeouts' | 'hasUnread'>,
    private readonly become: (address: string | null, rest: Uint8Array) => void,
  ) {
    super();
    tools.wheel.set(this, tools.timeouts.header);
  }

  received(chunk: Uint8Array): void {
    const header = this.parser.feed(chunk);
    if (header === 'more') return;
    this.tools.wheel.remove(this);
    if (header !== 'refused') return this.become(header.address, header.rest);
    this.cut();
  }

  drained(): void {}

  ended(): void {
    this.cut();
  }

  closed(): void {
    this.tools.wheel.remove(this);
  }

  drain(keepsTunnels: boolean): void {
    if (!keepsTunnels && !this.tools.hasUnread(this.socket)) this.cut();
  }

  cut(): void {
    this.socket.terminate();
  }

  override expired(): void {
    this.cut();
  }
}
