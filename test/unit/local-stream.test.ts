// Answers of the gateway itself that are made while they are sent: what the client hears, and when their source is told to stop.
import { describe, expect, test } from 'bun:test';
import { type StreamOwner, StreamSink, streamHead } from '../../src/forward/local-stream.ts';
import { latin1 } from '../../src/message/bytes.ts';
import { fieldValue } from '../../src/message/field-value.ts';
import type { LocalStream, StreamReceiver } from '../../src/message/local-handler.ts';

/** A client, and what sends to it. */
class Scene implements StreamOwner {
  readonly sent: string[] = [];
  finished = 0;
  stopped = 0;
  takes = true;
  readonly sink = new StreamSink(this);

  sendPiece(bytes: Uint8Array): boolean {
    this.sent.push(new TextDecoder().decode(bytes));
    return this.takes;
  }

  finish(): void {
    this.finished++;
  }

  begin(start: (receiver: StreamReceiver) => void = () => undefined): void {
    const stop = (): void => void this.stopped++;
    this.sink.begin({
      headers: [],
      start: (receiver) => {
        start(receiver);
        return stop;
      },
    });
  }
}

test('its head has its fields, and a body whose length nobody knows', () => {
  const stream: LocalStream = { headers: [['Content-Type', 'text/event-stream']], start: () => () => undefined };
  const head = streamHead(stream);
  expect(head.status).toBe(200);
  expect(fieldValue(head, 'content-type')).toBe('text/event-stream');
  expect(fieldValue(head, 'transfer-encoding')).toBe('chunked');
  expect(latin1(head.bytes, 0, 15)).toBe('HTTP/1.1 200 OK');
});

describe('a stream', () => {
  test('passes each text on as UTF-8, and nothing for an empty one, which would be the end of a chunked body', () => {
    const scene = new Scene();
    scene.begin();
    expect(scene.sink.push('é\n')).toBe(true);
    expect(scene.sink.push('')).toBe(true);
    expect(scene.sent).toEqual(['é\n']);
  });

  test('says when the client takes no more, and when it does again', () => {
    const scene = new Scene();
    scene.begin();
    scene.takes = false;
    expect(scene.sink.push('a')).toBe(false);
    expect(scene.sink.hasRoom).toBe(false);
    scene.sink.resume();
    expect(scene.sink.hasRoom).toBe(true);
  });

  test('ends once: its source stops, then the answer is complete, and nothing is sent after that', () => {
    const scene = new Scene();
    scene.begin();
    scene.sink.end();
    scene.sink.end();
    expect(scene.sink.push('late')).toBe(false);
    expect([scene.stopped, scene.finished, scene.sent]).toEqual([1, 1, []]);
  });

  test('whose client has gone stops its source, and is never complete', () => {
    const scene = new Scene();
    scene.begin();
    scene.sink.destroy();
    scene.sink.destroy();
    scene.sink.end();
    expect([scene.stopped, scene.finished]).toEqual([1, 0]);
  });

  test('that is over before its source has begun to listen stops it all the same', () => {
    const scene = new Scene();
    scene.begin((receiver) => {
      receiver.push('all of it');
      receiver.end();
    });
    expect([scene.sent, scene.stopped, scene.finished]).toEqual([['all of it'], 1, 1]);
  });

  test('whose client goes while its source begins stops it', () => {
    const scene = new Scene();
    scene.begin(() => scene.sink.destroy());
    expect([scene.stopped, scene.finished]).toEqual([1, 0]);
  });

  test('takes nothing from a backend', () => {
    const scene = new Scene();
    scene.begin();
    expect(scene.sink.sendBody()).toBe(true);
    scene.sink.sendTrailers();
    expect(scene.sent).toEqual([]);
  });
});
