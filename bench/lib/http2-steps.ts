// Steps of header blocks over HTTP/2, in both directions.
import { HeadParser } from '../../src/http1/head-parser.ts';
import { HpackDecoder } from '../../src/http2/hpack-decode.ts';
import { HpackEncoder, blockBound } from '../../src/http2/hpack-encode.ts';
import { encodeRequest } from '../../src/http2/request-block.ts';
import { OK, RequestText } from '../../src/http2/request-text.ts';
import { ascii } from '../../src/message/bytes.ts';
import { acquireHead, releaseHead } from '../../src/message/head.ts';

type Step = readonly [name: string, step: () => number];

const LIMITS = { headerBytes: 32_768, headerCount: 100, targetBytes: 8192 };

/** `request`: a head as the gateway writes it for a backend; `response`: one without its body. */
export function http2Steps(request: Uint8Array, response: Uint8Array): readonly Step[] {
  const fields = response.indexOf(0x0a) + 1;
  const out = new Uint8Array(blockBound(request.length + response.length));
  const encoder = new HpackEncoder();
  const encode = (): number => {
    encoder.begin(out, 0);
    encodeRequest(encoder, request, request.length, 'https');
    return encoder.end();
  };
  const answers = new HpackEncoder();
  return [
    ...decoding(request),
    ['encode the block of such a request', encode],
    [
      'encode the block of a response',
      () => {
        answers.begin(out, 0);
        answers.status(200);
        answers.lines(response, fields, response.length - 2);
        return answers.end();
      },
    ],
  ];
}

// As a client does that has sent the same before.
function decoding(request: Uint8Array): readonly Step[] {
  const encoder = new HpackEncoder();
  const decoder = new HpackDecoder();
  const text = new RequestText(LIMITS.headerBytes, ascii('a2V5'));
  const out = new Uint8Array(blockBound(request.length));
  const next = (): number => {
    encoder.begin(out, 0);
    encodeRequest(encoder, request, request.length, 'https');
    return encoder.end();
  };
  const first = next();
  decode(decoder, out, first, text);
  const end = next();
  const parser = new HeadParser(LIMITS);
  return [
    [`decode the block of a browser's request (${end} B) to the text of a head`, () => decode(decoder, out, end, text)],
    [
      'the same, with the text parsed',
      () => {
        const length = decode(decoder, out, end, text);
        const head = acquireHead();
        parser.begin();
        const at = parser.feedRequest(head, text.bytes.slice(0, length), 0);
        releaseHead(head);
        return at;
      },
    ],
  ];
}

function decode(decoder: HpackDecoder, block: Uint8Array, end: number, text: RequestText): number {
  text.begin(false);
  if (!decoder.decode(block, 0, end, text) || text.finish(true) !== OK) throw new Error('not decoded');
  return text.length;
}
