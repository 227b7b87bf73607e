// Heads for tests: text in, parsed facts out as strings.
import { HeadParser } from '../../src/http1/head-parser.ts';
import type { ResponseManner } from '../../src/http1/write-response.ts';
import { EMPTY, latin1 } from '../../src/message/bytes.ts';
import { Head } from '../../src/message/head.ts';

/** How a response is written if the connection stays open and nothing is changed. */
export const PLAIN_MANNER: ResponseManner = {
  word: 'implied',
  framing: 'as_is',
  edits: null,
  dateLine: EMPTY,
  identified: null,
  idPrefix: EMPTY,
};

const LIMITS = { headerBytes: 32 * 1024, headerCount: 100, targetBytes: 8 * 1024 };

/** Bytes of a string whose characters are all below 256. */
export function wire(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** Feeds pieces to a request parser; returns the last result and the head. */
export function parseRequest(
  pieces: readonly Uint8Array[],
  limits = LIMITS,
): { result: number; head: Head; available: number } {
  const parser = new HeadParser(limits);
  const head = new Head();
  parser.begin();
  let result = 0;
  for (const piece of pieces) {
    result = parser.feedRequest(head, piece, 0);
    if (result !== 0) break;
  }
  return { result, head, available: parser.available(head) };
}

/** A whole request head from text; throws if it is refused. */
export function requestHead(text: string): Head {
  const { result, head } = parseRequest([wire(text)]);
  if (result <= 0) throw new Error(`refused with ${result}: ${text}`);
  return head;
}

/** A whole response head from text, to a request that was not HEAD unless it says so; throws if it is refused. */
export function responseHead(text: string, toHead = false): Head {
  const head = new Head();
  const result = new HeadParser(LIMITS).feedResponse(head, wire(text), 0, toHead);
  if (result <= 0) throw new Error(`refused with ${result}: ${text}`);
  return head;
}

/** What a head says, as plain data. */
export function describeHead(head: Head) {
  const text = (start: number, end: number): string => latin1(head.bytes, start, end);
  const going = head.forwardedTarget;
  return {
    method: text(head.start, head.methodEnd),
    path: text(head.pathStart, head.pathEnd),
    target: text(head.pathStart, head.targetEnd),
    forwarded: latin1(going.bytes, going.pathStart, going.targetEnd),
    host: text(head.hostStart, head.hostEnd),
    hostName: text(head.hostStart, head.hostNameEnd),
    framing: head.framing,
    length: head.length,
    minor: head.minor,
    keepAlive: head.keepAlive,
    fields: Array.from({ length: head.count }, (_, f) => [
      text(head.fields[f * 4], head.fields[f * 4 + 1]),
      text(head.fields[f * 4 + 2], head.fields[f * 4 + 3]),
    ]),
  };
}
