import { describe, expect, test } from 'bun:test';
import type { SocketOwner } from '../../src/core/dial.ts';
import { TimerWheel } from '../../src/core/timer-wheel.ts';
import { millis } from '../../src/core/units.ts';
import { trailerHead } from '../../src/http1/trailers.ts';
import { ascii, latin1 } from '../../src/message/bytes.ts';
import type { BodyForm, OutgoingRequest, Upstream, UpstreamEvents } from '../../src/message/contract.ts';
import type { Head } from '../../src/message/head.ts';
import type { Transport, TransportTools } from '../../src/upstream/contract.ts';
import { createTransport } from '../../src/upstream/registry.ts';
import { describeHead, requestHead, wire } from '../support/heads.ts';
import { TRANSPORT_LIMITS, plainRequest, targetOf, transportTools } from '../support/transports.ts';

/** Transports over sockets that the test opens, and that take everything. */
class Stage {
  readonly wheel = new TimerWheel(millis(50));
  readonly dialled: SocketOwner[] = [];
  readonly bugs: Error[] = [];
  /** What the next dials end with at once; null: nothing. */
  refuses: Error | null = null;
  released = 0;
  /** What all sockets took, and `[FIN]`. */
  written = '';
  /** How much they take in all. */
  room = Number.POSITIVE_INFINITY;
  private readonly tools: TransportTools;

  constructor(idleLimit = 100) {
    const dial: TransportTools['dial'] = (_address, owner) => {
      this.dialled.push(owner);
      if (this.refuses !== null) owner.failed(this.refuses, 'connect');
    };
    this.tools = transportTools(this.wheel, { dial, reportBug: (error) => void this.bugs.push(error) }, idleLimit);
  }

  transport(): Transport {
    const target = targetOf(() => {
      this.released++;
    });
    return createTransport('h1', target, this.tools);
  }

  open(at: number): void {
    const owner = this.dialled[at];
    owner?.opened({
      data: owner,
      write: (bytes, offset, length) => {
        const taken = Math.min(length, this.room - this.written.length);
        this.written += latin1(bytes, offset, offset + taken);
        return taken;
      },
      pause: () => undefined,
      resume: () => undefined,
      shutdown: () => {
        this.written += '[FIN]';
      },
      terminate: () => owner.closed(true),
    });
  }

  answer(at: number, ...parts: readonly string[]): void {
    for (const part of parts.length === 0 ? ['HTTP/1.1 204 No Content\r\n\r\n'] : parts)
      this.dialled[at]?.received(wire(part));
  }
}

/** One exchange, as its upstream sees it. */
class Asker implements UpstreamEvents {
  readonly heard: string[] = [];
  /** In which form it wants the body. */
  wants: BodyForm = 'framed';
  /** Whether it has taken what it is given, or keeps it. */
  takes = true;
  request: OutgoingRequest = plainRequest('GET / HTTP/1.1\r\nHost: x\r\n\r\n');

  ask(upstream: Upstream): void {
    upstream.send(this.request);
    upstream.finish();
  }

  connected(): void {
    this.heard.push('connected');
  }
  responseHead(head: { readonly status: number }): BodyForm {
    this.heard.push(String(head.status));
    return this.wants;
  }
  failed(why: { readonly code: string }): void {
    this.heard.push(why.code);
  }
  responseEnd(): void {
    this.heard.push('end');
  }
  interimHead(): void {}
  responseStart(head: Head, start: number, end: number): boolean {
    return this.responseBody(head.bytes, start, end);
  }
  responseBody(bytes: Uint8Array, start: number, end: number): boolean {
    if (end > start) this.heard.push(latin1(bytes, start, end));
    return this.takes;
  }
  responseTrailers(trailers: Head): void {
    this.heard.push(...describeHead(trailers).fields.map(([name, value]) => `${name}=${value}`));
  }
  upgraded(): void {}
  doubted(): void {}
  upstreamDrained(): void {}
}

describe('a tunnel', () => {
  const UPGRADE = 'Connection: upgrade\r\nUpgrade: raw\r\n';
  const opened = (): { stage: Stage; asker: Asker; upstream: Upstream } => {
    const stage = new Stage();
    const asker = new Asker();
    asker.request = { ...asker.request, head: requestHead(`GET / HTTP/1.1\r\nHost: x\r\n${UPGRADE}\r\n`) };
    const upstream = stage.transport().acquire(asker, TRANSPORT_LIMITS, 'any');
    stage.open(0);
    asker.ask(upstream);
    stage.answer(0, `HTTP/1.1 101 Switching Protocols\r\n${UPGRADE}\r\n`);
    stage.written = '';
    return { stage, asker, upstream };
  };

  test('brings the backend everything before the FIN of the client, also where it has no room', () => {
    const { stage, upstream } = opened();
    stage.room = 2;
    upstream.sendBody(ascii('hello'), 0, 5);
    upstream.finish();
    expect(stage.written).toBe('he');
    stage.room = 100;
    stage.dialled[0]?.drained();
    expect(stage.written).toBe('hello[FIN]');
  });

  test.each([
    ['by a FIN', true, 'end'],
    ['by a reset', false, 'tunnel-cut'],
  ])('that its backend ends %s', (_, isClean, heard) => {
    const { stage, asker } = opened();
    stage.dialled[0]?.closed(isClean);
    expect(asker.heard.at(-1)).toBe(heard);
  });
});

const CHUNKED_HEAD = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';

describe('a response in chunks', () => {
  const answered = (wants: BodyForm, fields: string, ...parts: readonly string[]): readonly string[] => {
    const stage = new Stage();
    const asker = new Asker();
    asker.wants = wants;
    asker.request = { ...asker.request, head: requestHead(`GET / HTTP/1.1\r\nHost: x\r\n${fields}\r\n`) };
    const upstream = stage.transport().acquire(asker, TRANSPORT_LIMITS, 'any');
    stage.open(0);
    asker.ask(upstream);
    stage.answer(0, ...parts);
    return asker.heard.slice(1);
  };
  const TAKES_TRAILERS = 'Connection: TE\r\nTE: trailers\r\n';
  const BODY = '5;x\r\nhello\r\n0\r\nX-Sum: 1\r\nHost: y\r\n\r\n';

  test('comes as chunks that are validated, or as payload, as the exchange wants it', () => {
    expect(answered('framed', '', CHUNKED_HEAD + BODY)).toEqual(['200', '5\r\nhello\r\n0\r\n\r\n', 'end']);
    expect(answered('payload', '', CHUNKED_HEAD + BODY)).toEqual(['200', 'hello', 'end']);
  });

  test('has its trailers in the chunks or beside the payload, for a client that takes them', () => {
    expect(answered('framed', TAKES_TRAILERS, CHUNKED_HEAD + BODY)).toEqual([
      '200',
      '5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n',
      'end',
    ]);
    const beside = ['200', 'hello', 'X-Sum=1', 'end'];
    expect(answered('payload', TAKES_TRAILERS, CHUNKED_HEAD + BODY)).toEqual(beside);
    const byBytes = ['200', ...'hello'.split(''), 'X-Sum=1', 'end'];
    expect(answered('payload', TAKES_TRAILERS, CHUNKED_HEAD, ...BODY.split(''))).toEqual(byBytes);
    expect(answered('payload', TAKES_TRAILERS, CHUNKED_HEAD, '5\r\nhello\r\n0\r\nX-S', 'um: 1\r\n\r', '\n')).toEqual(
      beside,
    );
  });

  test('that is broken at once is malformed before its head is told, so that the request may go elsewhere', () => {
    expect(answered('framed', '', `${CHUNKED_HEAD}zz\r\n`)).toEqual(['response-malformed']);
  });

  test('that breaks later is malformed, before anything of its body is handed over', () => {
    expect(answered('framed', '', `${CHUNKED_HEAD}1\r\nabc`)).toEqual(['200', 'response-malformed']);
  });
});

describe('the memory of a read', () => {
  /** Whether two reads with so many bytes of the body each are there still when they have been handed over. */
  const areThere = (takes: boolean, size: number): readonly boolean[] => {
    const stage = new Stage();
    const asker = new Asker();
    asker.takes = takes;
    asker.ask(stage.transport().acquire(asker, TRANSPORT_LIMITS, 'any'));
    stage.open(0);
    const body = 'x'.repeat(size);
    const reads = [wire(`HTTP/1.1 200 OK\r\nContent-Length: ${2 * size}\r\n\r\n${body}`), wire(body)];
    for (const bytes of reads) stage.dialled[0]?.received(bytes);
    expect(asker.heard.slice(1)).toEqual(['200', body, body, 'end']);
    return reads.map(({ length }) => length > 0);
  };

  test('that was large is given back once its bytes have been taken', () => {
    expect(areThere(true, 20_000)).toEqual([false, false]);
  });

  test('stays while its bytes are kept, or if it is small', () => {
    expect(areThere(false, 20_000)).toEqual([true, true]);
    expect(areThere(true, 10_000)).toEqual([true, true]);
  });
});

describe('a request whose body comes as payload', () => {
  const POST = 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n';
  const sent = (beginning: string, rest: (upstream: Upstream) => void): string => {
    const stage = new Stage();
    const asker = new Asker();
    const head = requestHead(POST + beginning);
    const body = { bodyStart: POST.length, bodyEnd: POST.length + beginning.length, bodyForm: 'payload' } as const;
    asker.request = { ...asker.request, ...body, head };
    const upstream = stage.transport().acquire(asker, TRANSPORT_LIMITS, 'any');
    stage.open(0);
    upstream.send(asker.request);
    rest(upstream);
    upstream.finish();
    expect(stage.written.match(/Transfer-Encoding: chunked/g)).toHaveLength(1);
    return stage.written.slice(stage.written.indexOf('\r\n\r\n') + 4);
  };

  test('is sent in chunks, with its trailers in the last one', () => {
    expect(sent('', () => undefined)).toBe('0\r\n\r\n');
    expect(sent('hello', (upstream) => upstream.sendBody(wire('x'.repeat(17)), 1, 17))).toBe(
      `5\r\nhello\r\n10\r\n${'x'.repeat(16)}\r\n0\r\n\r\n`,
    );
    const large = 'y'.repeat(20_000);
    expect(sent(large, (upstream) => upstream.sendTrailers(trailerHead(wire('X-Sum: 1\r\n'))))).toBe(
      `4e20\r\n${large}\r\n0\r\nX-Sum: 1\r\n\r\n`,
    );
  });
});

describe('an HTTP/1.1 transport', () => {
  test('lends a kept connection before it opens another, unless a fresh one is wanted', () => {
    const stage = new Stage();
    const transport = stage.transport();
    const asker = new Asker();
    const first = transport.acquire(asker, TRANSPORT_LIMITS, 'any');
    stage.open(0);
    asker.ask(first);
    expect([transport.open, transport.idle, stage.released]).toEqual([1, 0, 0]);
    stage.answer(0);
    expect(asker.heard).toEqual(['connected', '204', 'end']);
    expect([transport.open, transport.idle, stage.released]).toEqual([1, 1, 1]);
    expect(transport.acquire(asker, TRANSPORT_LIMITS, 'fresh').isOpen).toBe(false);
    const again = transport.acquire(asker, TRANSPORT_LIMITS, 'any');
    expect([again.isOpen, again.isReused, stage.dialled.length]).toEqual([true, true, 2]);
  });

  test('opens connections ahead that are no requests, and gives one of them to the first exchange that comes', () => {
    const stage = new Stage();
    const transport = stage.transport();
    transport.warm(2, TRANSPORT_LIMITS);
    transport.warm(2, TRANSPORT_LIMITS);
    expect([transport.open, transport.idle, stage.dialled.length]).toEqual([2, 2, 2]);
    const asker = new Asker();
    const upstream = transport.acquire(asker, TRANSPORT_LIMITS, 'any');
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
    transport.warm(2, TRANSPORT_LIMITS);
    stage.dialled[0]?.failed(Object.assign(new Error('no'), { code: 'ECONNREFUSED' }), 'connect');
    for (let tick = 0; tick < 40; tick++) stage.wheel.advance();
    expect([transport.open, transport.idle, stage.released]).toEqual([0, 0, 0]);
    stage.refuses = Object.assign(new Error('no'), { code: 'ECONNREFUSED' });
    transport.warm(2, TRANSPORT_LIMITS);
    expect([transport.open, transport.idle, stage.dialled.length]).toEqual([0, 0, 4]);
  });

  test('a dial that fails within the call fails its exchange, and leaves nothing', () => {
    const stage = new Stage();
    stage.refuses = Object.assign(new Error('no'), { code: 'ECONNREFUSED' });
    const transport = stage.transport();
    const asker = new Asker();
    expect(transport.acquire(asker, TRANSPORT_LIMITS, 'any').isOpen).toBe(false);
    expect(asker.heard).toEqual(['connect-refused']);
    expect([transport.open, stage.released]).toEqual([0, 1]);
  });

  test('keeps as many as its tenant wants, and all transports together as many as the gateway wants; more for a short time', () => {
    const stage = new Stage(3);
    const [one, two] = [stage.transport(), stage.transport()];
    const askers = [one, one, one, two, two].map((transport) => {
      const asker = new Asker();
      return { asker, upstream: transport.acquire(asker, { ...TRANSPORT_LIMITS, idleTimeout: millis(60_000) }, 'any') };
    });
    for (const [at, { asker, upstream }] of askers.entries()) {
      stage.open(at);
      asker.ask(upstream);
    }
    for (const at of askers.keys()) stage.answer(at);
    // More than that have just been in use at once.
    expect([one.idle, two.idle]).toEqual([3, 2]);
    for (let ticks = 0; ticks < 45; ticks++) stage.wheel.advance();
    expect([one.idle, two.idle]).toEqual([2, 0]);
    one.closeIdle();
    const asker = new Asker();
    for (const transport of [two, two]) transport.acquire(asker, TRANSPORT_LIMITS, 'any');
    expect([one.open, two.open, two.idle]).toEqual([0, 2, 0]);
  });

  test('keeps none where its tenant wants none', () => {
    const stage = new Stage();
    const transport = stage.transport();
    const asker = new Asker();
    const upstream = transport.acquire(asker, { ...TRANSPORT_LIMITS, maxIdle: 0 }, 'any');
    stage.open(0);
    asker.ask(upstream);
    stage.answer(0);
    expect([transport.open, transport.idle]).toEqual([0, 0]);
  });

  test('once its backend is gone ends what has begun and keeps nothing', () => {
    const stage = new Stage();
    const transport = stage.transport();
    const asker = new Asker();
    const upstream = transport.acquire(asker, TRANSPORT_LIMITS, 'any');
    stage.open(0);
    asker.ask(upstream);
    transport.warm(2, TRANSPORT_LIMITS);
    transport.closeIdle();
    expect([transport.open, transport.idle]).toEqual([1, 0]);
    stage.open(1); // given up while it was connecting
    stage.answer(0);
    expect(asker.heard).toEqual(['connected', '204', 'end']);
    expect([transport.open, transport.idle, stage.released]).toEqual([0, 0, 1]);
  });
});
