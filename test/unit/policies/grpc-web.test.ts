import { describe, expect, test } from 'bun:test';
import { array, assert, property, uint8Array, integer, boolean } from 'fast-check';
import { trailerHead } from '../../../src/http1/trailers.ts';
import { ascii, join } from '../../../src/message/bytes.ts';
import { fromBase64, toBase64, trailerFrame } from '../../../src/message/grpc-web.ts';
import type { StageOutput } from '../../../src/policies/stage.ts';
import { WebAnswer } from '../../../src/policies/grpc-web/web-answer.ts';

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

/** Keeps what a stage gives. */
class Kept implements StageOutput {
  readonly account = 0;
  readonly pieces: Uint8Array[] = [];
  hasEnded = false;

  produced(bytes: Uint8Array, start: number, end: number): boolean {
    this.pieces.push(bytes.slice(start, end));
    return true;
  }

  drained(): void {}

  ended(): void {
    this.hasEnded = true;
  }

  failed(cause: Error): void {
    throw cause;
  }

  worked(): void {}

  get all(): Uint8Array {
    return join(...this.pieces);
  }
}

function frame(message: Uint8Array): Uint8Array {
  const head = new Uint8Array(5);
  new DataView(head.buffer).setUint32(1, message.length);
  return join(head, message);
}

const STATUS = 'grpc-status: 0\r\nX-Name: n\r\n';
const LAST = join(Uint8Array.of(0x80, 0, 0, 0, 27), ascii('grpc-status: 0\r\nx-name: n\r\n'));

describe('an answer for a browser', () => {
  test('ends with the trailers as a frame of their own, in lower case', () => {
    const kept = new Kept();
    const answer = new WebAnswer(false, [], kept);
    const message = frame(ascii('hello'));
    answer.write(message, 0, message.length);
    answer.trailers(trailerHead(ascii(STATUS)));
    answer.end();
    expect(text(kept.all)).toBe(text(join(message, LAST)));
    expect(kept.hasEnded).toBe(true);
  });

  test('that is nothing but a status in its head has it in the body', () => {
    const kept = new Kept();
    const fields = [{ name: 'grpc-status', value: ascii('5') }];
    new WebAnswer(false, fields, kept).end();
    expect(text(kept.all)).toBe(text(trailerFrame(fields)));
  });

  test('that breaks off without a status gets none from here', () => {
    const kept = new Kept();
    new WebAnswer(true, [], kept).end();
    expect([kept.pieces.length, kept.hasEnded]).toEqual([0, true]);
  });

  test('in Base64 is the same however it was cut, and nothing of a whole message waits for the next', () => {
    const messages = array(uint8Array({ maxLength: 40 }), { maxLength: 6 });
    const cuts = array(integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 20 });
    assert(
      property(messages, cuts, boolean(), (sent, sizes, hasTrailers) => {
        const body = join(...sent.map(frame));
        const kept = new Kept();
        const answer = new WebAnswer(true, [], kept);
        let at = 0;
        for (let n = 0; at < body.length; n++) {
          const end = Math.min(body.length, at + (sizes[n % sizes.length] ?? 1));
          answer.write(body, at, end);
          at = end;
        }
        const before = fromBase64(kept.all);
        if (hasTrailers) answer.trailers(trailerHead(ascii(STATUS)));
        answer.end();
        const whole = fromBase64(kept.all);
        expect(before === null ? null : text(before)).toBe(text(body));
        expect(whole === null ? null : text(whole)).toBe(text(hasTrailers ? join(body, LAST) : body));
      }),
    );
  });
});

describe('Base64', () => {
  test('may be made of several texts', () => {
    const parts = ['a', 'bcd', 'ef'].map((part) => toBase64(ascii(part), 0, part.length));
    expect(text(fromBase64(join(...parts)) ?? ascii('none'))).toBe('abcdef');
  });

  test.each(['a', 'ab', 'abc', '=', '====', 'ab=c', 'ab%=', 'YQ==Y', 'Y Q='])('is not %p', (wrong) => {
    expect(fromBase64(ascii(wrong))).toBeNull();
  });
});
