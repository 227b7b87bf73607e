import { describe, expect, test } from 'bun:test';
import { bytes } from '../../src/core/units.ts';
import { trailerHead } from '../../src/http1/trailers.ts';
import { latin1 } from '../../src/message/bytes.ts';
import type { Upstream } from '../../src/message/contract.ts';
import { type Head, releaseHead } from '../../src/message/head.ts';
import { Upload } from '../../src/forward/upload.ts';
import { describeHead, wire } from '../support/heads.ts';

/** An upstream that writes down what it is sent. */
function upstream(isOpen: boolean): Upstream & { readonly sent: string[] } {
  const sent: string[] = [];
  return {
    isOpen,
    isReused: false,
    version: '1.1',
    sent,
    send: () => true,
    sendBody: (piece, start, end) => sent.push(latin1(piece, start, end)) > 0,
    sendTrailers: (head) => void sent.push(JSON.stringify(describeHead(head).fields)),
    finish: () => undefined,
    cancel: () => undefined,
    discard: () => undefined,
    pauseResponse: () => undefined,
    resumeResponse: () => undefined,
  };
}

function trailers(): Head {
  return trailerHead(wire('X-Sum: 1\r\nY:2 \r\n'));
}

const TRAILERS = '[["X-Sum","1"],["Y","2"]]';

describe('the trailers of a request', () => {
  test('that come before a connection is open follow the body, as often as it is sent', () => {
    const upload = new Upload();
    upload.begin(false);
    upload.take(wire('hello'), 0, 5, false, bytes(100));
    const given = trailers();
    upload.sendTrailers(given, upstream(false));
    releaseHead(given); // it was the caller's
    for (let attempt = 0; attempt < 2; attempt++) {
      const backend = upstream(true);
      upload.sendTo(backend, true);
      expect(backend.sent).toEqual(['hello', TRAILERS]);
    }
    expect(upload.isRepeatable).toBe(true);
    upload.clear();
    const other = upstream(true);
    upload.sendTo(other, true);
    expect(other.sent).toEqual([]);
  });

  test('that come later are sent on, and the request cannot be sent again', () => {
    const upload = new Upload();
    upload.begin(false);
    const backend = upstream(true);
    upload.sendTrailers(trailers(), backend);
    expect(backend.sent).toEqual([TRAILERS]);
    expect(upload.isRepeatable).toBe(false);
  });
});
