// The side of HTTP/2 that asks, over sockets that the test opens and answers frame by frame.
import { describe, expect, test } from 'bun:test';
import {
  ACK,
  DATA,
  END_HEADERS,
  END_STREAM,
  HEADERS,
  INITIAL_WINDOW_SIZE,
  MAX_CONCURRENT_STREAMS,
  PING,
  REFUSED_STREAM,
} from '../../src/http2/frames.ts';
import { EMPTY, ascii, join } from '../../src/message/bytes.ts';
import { frameBytes } from '../support/http2.ts';
import { uint32, settings, goAway, reset, credit, field, head, data, Stage, Asker } from '../support/h2-stage.ts';

describe('HTTP/2 to a backend', () => {
  test('begins when the backend has said what it allows, and asks over one connection', () => {
    const stage = new Stage();
    const askers = [new Asker(stage).ask(), new Asker(stage).ask()];
    stage.open(0);
    expect(stage.take(0)).toEqual(['settings 0', 'credit 0']);
    stage.answer(0, settings());
    expect(stage.take(0)).toEqual(['settings 0', 'headers 1 end', 'headers 3 end']);
    stage.answer(0, head(3, false), data(3, 'ab', true), head(1, true));
    expect(askers.map(({ heard }) => heard)).toEqual([
      ['200', 'end'],
      ['200', 'ab', 'end'],
    ]);
    expect([stage.dialled.length, stage.transport.open, stage.transport.idle, stage.released]).toEqual([1, 1, 1, 2]);
  });

  test('takes another connection for what one has no room for, also when its limit changes', () => {
    const stage = new Stage();
    for (let n = 0; n < 3; n++) new Asker(stage).ask();
    stage.open(0, settings([MAX_CONCURRENT_STREAMS, 2]));
    expect(stage.take(0).slice(2)).toEqual(['settings 0', 'headers 1 end', 'headers 3 end']);
    stage.open(1, settings([MAX_CONCURRENT_STREAMS, 2]));
    expect(stage.take(1).slice(2)).toEqual(['settings 0', 'headers 1 end']);
    stage.answer(0, settings([MAX_CONCURRENT_STREAMS, 3]));
    new Asker(stage).ask();
    expect(stage.take(0)).toEqual(['settings 0', 'headers 5 end']);
  });

  test('sends of a body what the windows allow, also where they change', () => {
    const stage = new Stage();
    const text = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n';
    const asker = new Asker(stage, text, '0123456789').ask();
    stage.open(0, settings([INITIAL_WINDOW_SIZE, 0]));
    expect(stage.take(0).slice(2)).toEqual(['settings 0', 'headers 1']);
    stage.answer(0, credit(1, 4));
    expect(stage.take(0)).toEqual(['data 1 4']);
    stage.answer(0, settings([INITIAL_WINDOW_SIZE, 3]));
    expect(stage.take(0)).toEqual(['settings 0', 'data 1 3']);
    // Now it is negative.
    stage.answer(0, settings([INITIAL_WINDOW_SIZE, 0]), credit(1, 2));
    expect(stage.take(0)).toEqual(['settings 0']);
    stage.answer(0, credit(1, 4));
    expect(stage.take(0)).toEqual(['data 1 3 end']);
    stage.answer(0, head(1, true));
    expect(asker.heard).toEqual(['200', 'end']);
  });

  test('gives back what a backend has not looked at when it goes away, and waits for the rest', () => {
    const stage = new Stage();
    const [first, second] = [new Asker(stage).ask(), new Asker(stage).ask()];
    stage.open(0, settings());
    stage.answer(0, goAway(1));
    expect([first.heard, second.heard]).toEqual([[], ['stream-refused']]);
    new Asker(stage).ask();
    expect(stage.dialled).toHaveLength(2);
    stage.answer(0, head(1, true));
    expect([first.heard, stage.transport.open]).toEqual([['200', 'end'], 1]);
  });

  test('knows a refused stream from a broken one, and sends less over a connection that refuses', () => {
    const stage = new Stage();
    const [first, second] = [new Asker(stage).ask(), new Asker(stage).ask()];
    stage.open(0, settings());
    stage.answer(0, reset(3, REFUSED_STREAM), reset(1, 2));
    expect([first.heard, second.heard]).toEqual([['reset'], ['stream-refused']]);
    new Asker(stage).ask();
    new Asker(stage).ask();
    expect(stage.dialled).toHaveLength(2);
  });

  test('a storm of resets ends what it is meant for, and nothing else', () => {
    const stage = new Stage();
    const askers = Array.from({ length: 50 }, () => new Asker(stage).ask());
    stage.open(0, settings());
    stage.answer(0, ...askers.slice(1).map((_, at) => reset(3 + at * 2, 2)), head(1, true));
    expect(askers[0]?.heard).toEqual(['200', 'end']);
    expect(stage.released).toBe(50);
  });

  test('asks a silent connection whether it lives, and gives up one that does not', () => {
    const stage = new Stage();
    const asker = new Asker(stage).ask();
    stage.open(0, settings());
    stage.take(0);
    stage.pass(1200);
    expect(stage.take(0)).toEqual(['ping 0']);
    stage.answer(0, frameBytes(PING, ACK, 0, new Uint8Array(8)));
    stage.pass(3000);
    expect([stage.take(0), asker.heard]).toEqual([[], []]);
    new Asker(stage).ask();
    stage.take(0);
    stage.pass(3000);
    expect([stage.transport.open, asker.heard]).toEqual([0, ['reset']]);
  });

  test('gives no more to a response whose client does not read, and goes on when it does', async () => {
    const stage = new Stage();
    const [slow, other] = [new Asker(stage).ask(), new Asker(stage).ask()];
    stage.open(0, settings());
    stage.answer(0, head(1, false), head(3, false));
    slow.upstream?.pauseResponse();
    stage.take(0);
    for (let n = 0; n < 9; n++)
      stage.answer(0, data(1, 'x'.repeat(16_384), n === 8), data(3, 'y'.repeat(16_384), false));
    expect([slow.heard.length, other.heard.length]).toEqual([1, 10]);
    expect(stage.take(0)).toEqual(['credit 3']);
    slow.upstream?.resumeResponse();
    await Promise.resolve();
    expect([slow.heard.length, slow.heard.at(-1)]).toEqual([11, 'end']);
  });

  test.each([
    ['a body that is longer than its length', head(1, false, field('content-length', '1')), data(1, 'ab', true)],
    ['a field that only HTTP/1.1 has', head(1, true, field('connection', 'close')), EMPTY],
    ['a name in upper case', head(1, true, field('X-A', 'b')), EMPTY],
  ])('does not pass on %s', (_, first, second) => {
    const stage = new Stage();
    const asker = new Asker(stage).ask();
    stage.open(0, settings());
    stage.take(0);
    stage.answer(0, first, second);
    expect(asker.heard.at(-1)).toBe('response-malformed');
    expect(stage.take(0)).toEqual(['reset 1 1']);
  });

  test('brings the trailers of a response, without those that would frame it', () => {
    const stage = new Stage();
    const asker = new Asker(stage, 'GET / HTTP/1.1\r\nHost: x\r\nTE: trailers\r\nConnection: TE\r\n\r\n').ask();
    stage.open(0, settings());
    const trailers = join(field('grpc-status', '0'), field('content-length', '7'), field('x-a', 'b'));
    const block = frameBytes(HEADERS, END_HEADERS | END_STREAM, 1, trailers);
    stage.answer(0, head(1, false), data(1, 'ab', false), block);
    expect(asker.heard).toEqual(['200', 'ab', '2 trailers', 'end']);
  });

  test('knows a body that is shorter than its length', () => {
    const stage = new Stage();
    const asker = new Asker(stage).ask();
    stage.open(0, settings());
    stage.answer(0, head(1, false, field('content-length', '3')), data(1, 'ab', true));
    expect(asker.heard).toEqual(['200', 'ab', 'response-cut']);
  });

  test.each([
    ['pushes', frameBytes(5, END_HEADERS, 1, uint32(2))],
    ['answers what nobody has asked', head(5, true)],
    ['sends PINGs without end', join(...Array.from({ length: 1100 }, () => frameBytes(PING, 0, 0, new Uint8Array(8))))],
    ['sends empty frames without end', join(head(1, false), ...Array.from({ length: 1100 }, () => data(1, '', false)))],
    ['opens the window of the connection too far', credit(0, 0x7fff_ffff)],
    ['sends a frame that is too large', Uint8Array.of(1, 0, 0, DATA, 0, 0, 0, 0, 1)],
  ])('leaves a backend that %s', (_, bytes) => {
    const stage = new Stage();
    const asker = new Asker(stage).ask();
    stage.open(0, settings());
    stage.answer(0, bytes);
    expect(asker.heard.at(-1)).toMatch(/^response-(malformed|cut)$/);
    expect([stage.transport.open, stage.released]).toEqual([0, 1]);
  });

  test('knows a backend that speaks another protocol', () => {
    const stage = new Stage();
    const asker = new Asker(stage).ask();
    stage.open(0, ascii('HTTP/1.1 400 Bad Request\r\n\r\n'));
    expect([asker.heard, stage.transport.open]).toEqual([['connect-failed'], 0]);
  });

  test('gives up a backend that does not say what it allows in time', () => {
    const stage = new Stage();
    const asker = new Asker(stage).ask();
    stage.open(0);
    stage.pass(1200);
    expect([asker.heard, stage.transport.open]).toEqual([['connect-timeout'], 0]);
  });

  test('tells the backend of a request that nobody wants any more', () => {
    const stage = new Stage();
    const asker = new Asker(stage).ask();
    stage.open(0, settings());
    stage.take(0);
    asker.upstream?.cancel();
    expect([stage.take(0), stage.transport.idle, stage.released]).toEqual([['reset 1 8'], 1, 1]);
  });

  test('keeps nothing once its backend is gone, and ends what has begun', () => {
    const stage = new Stage();
    const asker = new Asker(stage).ask();
    stage.open(0, settings());
    stage.transport.closeIdle();
    expect(stage.transport.open).toBe(1);
    stage.answer(0, head(1, true));
    expect([asker.heard, stage.transport.open]).toEqual([['200', 'end'], 0]);
  });

  test('uses what it lends again, but not while the bytes at hand are read, nor after a connection was lost', () => {
    const stage = new Stage();
    const first = new Asker(stage).ask();
    stage.open(0, settings());
    const within = new Asker(stage);
    first.responseEnd = () => void within.ask();
    stage.answer(0, head(1, true));
    expect(within.upstream).not.toBe(first.upstream);
    const second = new Asker(stage, 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n', 'ab').ask();
    expect(second.upstream).toBe(first.upstream);
    stage.answer(0, head(3, true), head(5, false), data(5, 'body', true));
    expect([within.heard, second.heard]).toEqual([
      ['200', 'end'],
      ['200', 'body', 'end'],
    ]);
    const last = new Asker(stage).ask();
    stage.dialled[0]?.closed(true);
    const next = new Asker(stage).ask();
    expect([last.heard, next.upstream === last.upstream]).toEqual([['reset'], false]);
  });

  test('opens no more connections than it may, and what finds no room waits until there is some', () => {
    const stage = new Stage({ maxConnections: 2 });
    const askers = Array.from({ length: 6 }, () => new Asker(stage).ask());
    stage.open(0, settings([MAX_CONCURRENT_STREAMS, 1]));
    stage.open(1, settings([MAX_CONCURRENT_STREAMS, 1]));
    expect([stage.transport.open, stage.dialled.length]).toEqual([2, 2]);
    for (const id of [1, 3, 5]) for (const at of [0, 1]) stage.answer(at, head(id, true));
    expect(askers.map(({ heard }) => heard.at(-1))).toEqual(Array.from({ length: 6 }, () => 'end'));
    expect([stage.transport.open, stage.dialled.length]).toEqual([2, 2]);
  });

  test('tells those who have waited too long for room that the site is busy, and opens one where it has none', () => {
    const stage = new Stage({ maxConnections: 1 });
    const askers = [new Asker(stage).ask(), new Asker(stage).ask()];
    stage.open(0, settings([MAX_CONCURRENT_STREAMS, 1]));
    stage.pass(1200);
    expect(askers.map(({ heard }) => heard)).toEqual([[], ['queue-timeout']]);
    stage.answer(0, goAway(1));
    new Asker(stage).ask();
    expect(stage.dialled.length).toBe(2);
  });
});
