import { describe, expect, test } from 'bun:test';
import { DateLine } from '../../src/core/http-date.ts';
import { SendBatch } from '../../src/core/send-batch.ts';
import { Timed, TimerWheel } from '../../src/core/timer-wheel.ts';
import { millis } from '../../src/core/units.ts';
import { ResponseWriter } from '../../src/listen/response-writer.ts';
import { latin1 } from '../../src/message/bytes.ts';
import type { BodyForm } from '../../src/message/contract.ts';
import { RequestIds } from '../../src/message/request-id.ts';
import { requestHead, responseHead } from '../support/heads.ts';

const WAIT = millis(10_000);
// As nginx answers: no line that is left out has room for the id.
const FIELDS = 'Date: today\r\nConnection: keep-alive\r\nETag: "1"\r\n';
const ID = 'X-Request-Id: 000000000000000000000000\r\n';

class Owner extends Timed {
  override expired(): void {}
}

/** What is sent to the client in one turn, for each system call. */
function callsFor(size: number, isPlain: boolean, form: BodyForm = 'framed'): readonly string[] {
  const calls: string[] = [];
  const tasks: (() => void)[] = [];
  const take = (kind: string, bytes: string): number => {
    calls.push(`${kind} ${bytes.replace('x'.repeat(size), `${size} of body`)}`);
    return bytes.length;
  };
  const kernel = {
    limit: () => undefined,
    writeBeyondLimit: () => 0,
    waiting: () => null,
    writeBoth: (_: object, head: Uint8Array, bytes: Uint8Array, start: number, end: number) =>
      take('both', latin1(head, 0, head.length) + latin1(bytes, start, end)),
  };
  const socket = {
    write: (bytes: Uint8Array, start: number, length: number) => take('one', latin1(bytes, start, start + length)),
  };
  const writer = new ResponseWriter(socket, isPlain, new Owner(), {
    wheel: new TimerWheel(millis(100)),
    timeouts: { handshake: WAIT, header: WAIT, keepAlive: WAIT, idle: WAIT, linger: WAIT },
    date: new DateLine({ wall: () => 0 }),
    isDraining: false,
    sending: { kernel, batch: new SendBatch((task) => tasks.push(task)) },
    minResponseRate: 0,
    ids: new RequestIds(() => 0),
    tellsIds: true,
  });
  const head = responseHead(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n${FIELDS}\r\n${'x'.repeat(size)}`);
  writer.begin(requestHead('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n'), true);
  writer.head(head, null, form, head.end, head.bytes.length);
  for (const task of tasks) task();
  return calls;
}

describe('a response without a place for the id', () => {
  const kept = (size: number): string => `Content-Length: ${size}\r\nDate: today\r\nETag: "1"\r\n`;
  const written = `HTTP/1.1 200 OK\r\n${kept(65_536)}${ID}\r\n`;

  test('leaves in one system call, with a small body and with a large one', () => {
    expect(callsFor(1024, true)).toEqual([`one HTTP/1.1 200 OK\r\n${ID}${kept(1024)}\r\n1024 of body`]);
    expect(callsFor(65_536, true)).toEqual([`both ${written}65536 of body`]);
    expect(callsFor(65_536, true, 'payload')).toHaveLength(1);
  });

  test('leaves in two over TLS, which encrypts it, if its body is large', () => {
    expect(callsFor(1024, false)).toHaveLength(1);
    expect(callsFor(65_536, false)).toEqual([`one ${written}`, 'one 65536 of body']);
  });
});
