// WebSockets to a backend of HTTP/2 (RFC 8441), over sockets that the test opens and answers frame by frame.
import { describe, expect, test } from 'bun:test';
import { ENABLE_CONNECT_PROTOCOL, END_HEADERS, END_STREAM, HEADERS } from '../../src/http2/frames.ts';
import { ascii } from '../../src/message/bytes.ts';
import { frameBytes } from '../support/http2.ts';
import { LIMITS, settings, reset, field, head, data, Stage, Asker } from '../support/h2-stage.ts';

// The example of RFC 6455 1.3.
const KEY_LINES = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n';
const UPGRADE = 'Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n';
const OPEN = `GET /chat HTTP/1.1\r\n${UPGRADE}${KEY_LINES}\r\n`;
const OPENED = '101 s3pPLMBiTxaQ9kYGzzhZRbK+xOo= 3';
const ALLOWED = settings([ENABLE_CONNECT_PROTOCOL, 1]);

describe('a WebSocket over HTTP/2 to a backend', () => {
  test('is opened by a 2xx, carries bytes both ways, and ends on both sides with the stream', () => {
    const stage = new Stage();
    const asker = new Asker(stage, OPEN).ask();
    stage.open(0, ALLOWED);
    expect(stage.take(0)).toEqual(['settings 0', 'credit 0', 'settings 0', 'headers 1']);
    stage.answer(
      0,
      head(1, false, field('content-length', '0'), field('sec-websocket-accept', 'x')),
      data(1, 'hi', false),
    );
    asker.upstream?.sendBody(ascii('ho'), 0, 2);
    expect([asker.heard, stage.take(0)]).toEqual([[OPENED, 'hi'], ['data 1 2']]);
    stage.answer(0, data(1, '', true));
    expect([asker.heard.at(-1), stage.take(0), stage.transport.idle]).toEqual(['end', ['data 1 0 end'], 1]);
  });

  test('that the backend declines is answered as any other request', () => {
    const stage = new Stage();
    const asker = new Asker(stage, OPEN).ask();
    stage.open(0, ALLOWED);
    stage.take(0);
    stage.answer(0, frameBytes(HEADERS, END_HEADERS | END_STREAM, 1, Uint8Array.of(0x8d)));
    expect([asker.heard, stage.take(0), stage.transport.idle]).toEqual([['404', 'end'], ['data 1 0 end'], 1]);
  });

  test('is cut where the backend resets its stream, or its connection is lost', () => {
    const stage = new Stage();
    const askers = [new Asker(stage, OPEN).ask(), new Asker(stage, OPEN).ask()];
    stage.open(0, ALLOWED);
    stage.answer(0, head(1, false), head(3, false), reset(1, 8));
    stage.dialled[0]?.closed(true);
    expect(askers.map(({ heard }) => heard)).toEqual([
      [OPENED, 'tunnel-cut'],
      [OPENED, 'tunnel-cut'],
    ]);
  });

  test('is an ordinary request where the backend has not said that it takes one, or it is none', () => {
    for (const [allowed, text] of [
      [settings(), OPEN],
      [ALLOWED, `GET / HTTP/1.1\r\n${UPGRADE}\r\n`],
      [ALLOWED, `POST / HTTP/1.1\r\n${UPGRADE}${KEY_LINES}\r\n`],
      [ALLOWED, OPEN.replace('websocket', 'tcp')],
    ] as const) {
      const stage = new Stage();
      const asker = new Asker(stage, text).ask();
      stage.open(0, allowed);
      expect(stage.take(0).at(-1)).toBe('headers 1 end');
      stage.answer(0, head(1, true));
      expect(asker.heard).toEqual(['200', 'end']);
    }
  });

  test('is not taken back by a backend that has allowed it', () => {
    const stage = new Stage();
    stage.transport.warm(1, LIMITS);
    stage.open(0, ALLOWED, settings([ENABLE_CONNECT_PROTOCOL, 0]));
    expect([stage.take(0).at(-1), stage.transport.open]).toEqual(['goaway 0', 0]);
  });
});
