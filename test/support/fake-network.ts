// A network in this process, one event at a time: connections to backends that a test opens, answers and breaks.
import { Departures } from '../../src/core/departures.ts';
import { failure } from '../../src/core/failure.ts';
import { ReadTurns } from '../../src/core/read-turns.ts';
import type { TimerWheel } from '../../src/core/timer-wheel.ts';
import type { Backend } from '../../src/pools/backend.ts';
import { Connections } from '../../src/pools/connections.ts';
import type { UpstreamH1 } from '../../src/pools/upstream-h1.ts';
import { wire } from './heads.ts';

// What is sent arrives at once.
const NO_KERNEL = { limit: () => undefined, press: () => 0, waiting: () => null };
const SENDING = { kernel: NO_KERNEL, departures: new Departures((task) => task()) };
const TURNS = new ReadTurns((task) => task());
const HEAD_LIMITS = { headerBytes: 32 * 1024, headerCount: 100, targetBytes: 8 * 1024 };

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
  /** Since the latest answer. */
  private text = '';
  private isAnswering = false;

  constructor(
    private readonly upstream: UpstreamH1,
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
    this.upstream.opened(this.socket());
  }

  refuse(): void {
    if (this.state !== 'connecting') return;
    this.state = 'closed';
    this.upstream.fail(failure('connect-refused'));
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

  /** The rest of it. */
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
    this.upstream.closed(false);
  }

  private send(text: string): void {
    if (this.isAnswering) return;
    this.text = '';
    this.push(text);
  }

  private push(text: string): void {
    if (this.state === 'open') this.upstream.received(wire(text));
  }

  private socket(): Parameters<UpstreamH1['opened']>[0] {
    return {
      write: (chunk: Uint8Array, offset: number, length: number): number => {
        if (this.state !== 'open') return -1;
        this.took(new TextDecoder('latin1').decode(chunk.subarray(offset, offset + length)));
        return length;
      },
      terminate: (): void => {
        if (this.state === 'closed') return;
        this.state = 'closed';
        this.upstream.closed(true);
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

/** Connections over such a network. */
export class FakeNetwork extends Connections {
  readonly links: Link[] = [];
  readonly bugs: Error[] = [];
  /** Told of every request that a backend begins to receive. */
  seen: (request: ReceivedRequest, backend: Backend) => void = () => undefined;

  constructor(wheel: TimerWheel) {
    const reportBug = (error: Error): unknown => this.bugs.push(error);
    super({ wheel, headLimits: HEAD_LIMITS, idleLimit: 1000, sending: SENDING, turns: TURNS, reportBug });
  }

  protected override connect(backend: Backend, upstream: UpstreamH1): void {
    this.links.push(new Link(upstream, backend, (request) => this.seen(request, backend)));
  }
}
