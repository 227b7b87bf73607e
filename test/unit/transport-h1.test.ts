import { describe, expect, test } from 'bun:test';
import { SendBatch } from '../../src/core/send-batch.ts';
import type { SocketOwner } from '../../src/core/dial.ts';
import { ReadTurns } from '../../src/core/read-turns.ts';
import { TimerWheel } from '../../src/core/timer-wheel.ts';
import { millis } from '../../src/core/units.ts';
import { EMPTY, ascii } from '../../src/message/bytes.ts';
import type { OutgoingRequest, Upstream, UpstreamEvents } from '../../src/message/contract.ts';
import type { Transport, TransportTools } from '../../src/upstream/contract.ts';
import { createTransport } from '../../src/upstream/registry.ts';
import { requestHead, wire } from '../support/heads.ts';

const LIMITS = {
  maxIdle: 2,
  idleTimeout: millis(1000),
  connectTimeout: millis(1000),
  firstByteTimeout: millis(1000),
  streamIdleTimeout: millis(1000),
  tunnelIdleTimeout: millis(1000),
};
const ORIGIN = {
  authority: ascii('b.test'),
  ownHost: false,
  basePath: EMPTY,
  query: EMPTY,
  authorization: EMPTY,
  isPlain: true,
};
const NO_KERNEL = { limit: () => undefined, writeBeyondLimit: () => 0, waiting: () => null };

/** Transports over sockets that the test opens, and that take everything. */
class Stage {
  readonly wheel = new TimerWheel(millis(50));
  readonly dialled: SocketOwner[] = [];
  readonly bugs: Error[] = [];
  /** What the next dials end with at once; null: nothing. */
  refuses: Error | null = null;
  released = 0;
  private readonly tools: TransportTools;

  constructor(idleLimit = 100) {
    this.tools = {
      dial: (_address, owner) => {
        this.dialled.push(owner);
        if (this.refuses !== null) owner.failed(this.refuses, 'connect');
      },
      wheel: this.wheel,
      headLimits: { headerBytes: 32 * 1024, headerCount: 100, targetBytes: 8 * 1024 },
      idle: { count: 0, limit: idleLimit },
      sending: { kernel: NO_KERNEL, batch: new SendBatch((task) => task()) },
      turns: new ReadTurns((task) => task()),
      reportBug: (error) => this.bugs.push(error),
    };
  }

  transport(): Transport {
    const target = {
      address: { hostname: '127.0.0.1', port: 1, tls: null },
      origin: ORIGIN,
      released: () => this.released++,
      tunnelBegan: () => undefined,
      tunnelEnded: () => undefined,
    };
    return createTransport('h1', target, this.tools);
  }

  open(at: number): void {
    const owner = this.dialled[at];
    owner?.opened({
      write: (_bytes, _offset, length) => length,
      pause: () => undefined,
      resume: () => undefined,
      shutdown: () => undefined,
      terminate: () => owner.closed(true),
    });
  }

  answer(at: number): void {
    this.dialled[at]?.received(wire('HTTP/1.1 204 No Content\r\n\r\n'));
  }
}

/** One exchange, as its upstream sees it. */
class Asker implements UpstreamEvents {
  readonly heard: string[] = [];
  private readonly request: OutgoingRequest = {
    head: requestHead('GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
    bodyStart: 0,
    bodyEnd: 0,
    strip: 0,
    client: { address: '', isTls: false, tls: null, version: '1.1', claims: null },
    edits: null,
    idPrefix: EMPTY,
  };

  ask(upstream: Upstream): void {
    upstream.send(this.request);
    upstream.finish();
  }

  connected(): void {
    this.heard.push('connected');
  }
  responseHead(head: { readonly status: number }): void {
    this.heard.push(String(head.status));
  }
  failed(why: { readonly code: string }): void {
    this.heard.push(why.code);
  }
  responseEnd(): void {
    this.heard.push('end');
  }
  interimHead(): void {}
  responseBody(): void {}
  upgraded(): void {}
  doubted(): void {}
  upstreamDrained(): void {}
}

describe('an HTTP/1.1 transport', () => {
  test('lends a kept connection before it opens another, unless a fresh one is wanted', () => {
    const stage = new Stage();
    const transport = stage.transport();
    const asker = new Asker();
    const first = transport.acquire(asker, LIMITS, 'any');
    stage.open(0);
    asker.ask(first);
    expect([transport.open, transport.idle, stage.released]).toEqual([1, 0, 0]);
    stage.answer(0);
    expect(asker.heard).toEqual(['connected', '204', 'end']);
    expect([transport.open, transport.idle, stage.released]).toEqual([1, 1, 1]);
    expect(transport.acquire(asker, LIMITS, 'fresh').isOpen).toBe(false);
    const again = transport.acquire(asker, LIMITS, 'any');
    expect([again.isOpen, again.isReused, stage.dialled.length]).toEqual([true, true, 2]);
  });

  test('opens connections ahead that are no requests, and gives one of them to the first exchange that comes', () => {
    const stage = new Stage();
    const transport = stage.transport();
    transport.warm(2, LIMITS);
    transport.warm(2, LIMITS);
    expect([transport.open, transport.idle, stage.dialled.length]).toEqual([2, 2, 2]);
    const asker = new Asker();
    const upstream = transport.acquire(asker, LIMITS, 'any');
    expect([upstream.isOpen, transport.open, transport.idle]).toEqual([false, 2, 1]);
    stage.open(0);
    stage.open(1);
    expect(asker.heard).toEqual(['connected']);
    asker.ask(upstream);
    stage.answer(0);
    expect([transport.open, transport.idle, stage.released]).toEqual([2, 2, 1]);
  });

  test('forgets a connection that cannot be opened ahead, and tells nobody', () => {
    const stage = new Stage();
    const transport = stage.transport();
    transport.warm(2, LIMITS);
    stage.dialled[0]?.failed(Object.assign(new Error('no'), { code: 'ECONNREFUSED' }), 'connect');
    for (let tick = 0; tick < 40; tick++) stage.wheel.advance();
    expect([transport.open, transport.idle, stage.released]).toEqual([0, 0, 0]);
    stage.refuses = Object.assign(new Error('no'), { code: 'ECONNREFUSED' });
    transport.warm(2, LIMITS);
    expect([transport.open, transport.idle, stage.dialled.length]).toEqual([0, 0, 4]);
  });

  test('a dial that fails within the call fails its exchange, and leaves nothing', () => {
    const stage = new Stage();
    stage.refuses = Object.assign(new Error('no'), { code: 'ECONNREFUSED' });
    const transport = stage.transport();
    const asker = new Asker();
    expect(transport.acquire(asker, LIMITS, 'any').isOpen).toBe(false);
    expect(asker.heard).toEqual(['connect-refused']);
    expect([transport.open, stage.released]).toEqual([0, 1]);
  });

  test('keeps as many as its tenant wants, and all transports together as many as the gateway wants', () => {
    const stage = new Stage(3);
    const [one, two] = [stage.transport(), stage.transport()];
    const askers = [one, one, one, two, two].map((transport) => {
      const asker = new Asker();
      return { asker, upstream: transport.acquire(asker, LIMITS, 'any') };
    });
    for (const [at, { asker, upstream }] of askers.entries()) {
      stage.open(at);
      asker.ask(upstream);
    }
    for (const at of askers.keys()) stage.answer(at);
    expect([one.idle, two.idle]).toEqual([2, 1]);
    one.closeIdle();
    const asker = new Asker();
    for (const transport of [two, two]) transport.acquire(asker, LIMITS, 'any');
    expect([one.open, two.open, two.idle]).toEqual([0, 2, 0]);
  });

  test('once its backend is gone ends what has begun and keeps nothing', () => {
    const stage = new Stage();
    const transport = stage.transport();
    const asker = new Asker();
    const upstream = transport.acquire(asker, LIMITS, 'any');
    stage.open(0);
    asker.ask(upstream);
    transport.warm(2, LIMITS);
    transport.closeIdle();
    expect([transport.open, transport.idle]).toEqual([1, 0]);
    stage.open(1); // given up while it was connecting
    stage.answer(0);
    expect(asker.heard).toEqual(['connected', '204', 'end']);
    expect([transport.open, transport.idle, stage.released]).toEqual([0, 0, 1]);
  });
});
