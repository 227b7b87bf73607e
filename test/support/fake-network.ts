// A network in this process, one event at a time: connections to backends that a test opens, answers and breaks.
import type { ConnectAddress } from '../../src/core/connector.ts';
import type { Dial, DialledSocket, SocketOwner } from '../../src/core/dial.ts';
import { Shortage } from '../../src/core/shortage.ts';
import type { Backend } from '../../src/pools/backend.ts';
import { wire } from './heads.ts';

/** One request as its backend has received it, in whole or in part. */
export type ReceivedRequest = {
  readonly method: string;
  readonly target: string;
  /** The number that its target begins with. */
  readonly id: string;
  readonly isWhole: boolean;
};

/** A connection from the backend's point of view. */
export class Link {
  state: 'connecting' | 'open' | 'closed' = 'connecting';
  /** What has come since the latest answer. */
  private text = '';
  private isAnswering = false;

  constructor(
    private readonly owner: SocketOwner,
    readonly backend: Backend,
    private readonly seen: (request: ReceivedRequest) => void,
  ) {}

  /** The request that waits for its answer. */
  get request(): ReceivedRequest | null {
    return parsed(this.text);
  }

  accept(): void {
    if (this.state !== 'connecting') return;
    this.state = 'open';
    this.owner.opened(this.socket());
  }

  refuse(): void {
    if (this.state !== 'connecting') return;
    this.state = 'closed';
    this.owner.failed(REFUSED, 'connect');
  }

  /** The gateway has no descriptor for it. */
  lack(): void {
    if (this.state !== 'connecting') return;
    this.state = 'closed';
    this.owner.failed(new Shortage('descriptors'), 'connect');
  }

  /** All that it has received since its latest answer. */
  get received(): string {
    return this.text;
  }

  /** An answer in these pieces. */
  reply(...pieces: readonly string[]): void {
    this.text = '';
    for (const piece of pieces) this.push(piece);
  }

  answer(status: number): void {
    this.send(`HTTP/1.1 ${status} Word\r\nContent-Length: 2\r\n\r\nok`);
  }

  /** The beginning of an answer. */
  begin(status: number): void {
    if (this.isAnswering) return;
    this.isAnswering = true;
    this.push(`HTTP/1.1 ${status} Word\r\nContent-Length: 4\r\n\r\nok`);
  }

  /** Sends the rest of the answer. */
  complete(): void {
    if (!this.isAnswering) return;
    this.isAnswering = false;
    this.text = '';
    this.push('ok');
  }

  switchProtocols(): void {
    this.send('HTTP/1.1 101 Word\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n');
  }

  break(): void {
    if (this.state !== 'open') return;
    this.state = 'closed';
    this.owner.closed(false);
  }

  private send(text: string): void {
    if (this.isAnswering) return;
    this.text = '';
    this.push(text);
  }

  private push(text: string): void {
    if (this.state === 'open') this.owner.received(wire(text));
  }

  private socket(): DialledSocket {
    return {
      data: this.owner,
      write: (chunk: Uint8Array, offset: number, length: number): number => {
        if (this.state !== 'open') return -1;
        this.took(new TextDecoder('latin1').decode(chunk.subarray(offset, offset + length)));
        return length;
      },
      terminate: (): void => {
        if (this.state === 'closed') return;
        this.state = 'closed';
        this.owner.closed(true);
      },
      pause: () => undefined,
      resume: () => undefined,
      shutdown: () => undefined,
    };
  }

  private took(text: string): void {
    const before = this.request;
    this.text += text;
    const { request } = this;
    if (before === null && request !== null) this.seen(request);
  }
}

function parsed(text: string): ReceivedRequest | null {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const [method = '', target = ''] = text.split(' ', 2);
  const id = /^\/(\d+)/.exec(target)?.[1] ?? '';
  const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
  return { method, target, id, isWhole: text.length >= end + 4 + length };
}

const REFUSED = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });

/** The network. `backendAt` gives the backend at an address. */
export class FakeNetwork {
  readonly links: Link[] = [];
  readonly bugs: Error[] = [];
  /** Called for every request that a backend begins to receive. */
  seen: (request: ReceivedRequest, backend: Backend) => void = () => undefined;

  constructor(private readonly backendAt: (address: ConnectAddress) => Backend) {}

  readonly dial: Dial = (address, owner) => {
    const backend = this.backendAt(address);
    this.links.push(new Link(owner, backend, (request) => this.seen(request, backend)));
  };
}
