import { describe, expect, test } from 'bun:test';
import { HpackEncoder } from '../../src/http2/hpack-encode.ts';
import { NO_REQUEST, RequestReader } from '../../src/listen/h2/request-reader.ts';
import { ascii, latin1 } from '../../src/message/bytes.ts';
import { type Head, acquireHead } from '../../src/message/head.ts';

const LIMITS = { headerBytes: 32 * 1024, headerCount: 100, targetBytes: 8 * 1024 };
const HOST = ascii('example.com');

/** The block of a GET of this path, with this field. */
function blockOf(encoder: HpackEncoder, path: string, name: string, value: string): Uint8Array {
  const out = new Uint8Array(64 * 1024);
  const line = ascii(`${name}: ${value}`);
  encoder.begin(out, 0);
  encoder.method(ascii('GET'), 0, 3);
  encoder.scheme('https');
  encoder.path(ascii(path), 0, path.length);
  encoder.authority(HOST, 0, HOST.length);
  encoder.field(line, 0, name.length, name.length + 2, line.length);
  return out.slice(0, encoder.end());
}

function read(reader: RequestReader, block: Uint8Array): { readonly head: Head; readonly at: number } {
  const head = acquireHead();
  expect(reader.decode(block, 0, block.length, false)).toBe(true);
  return { head, at: reader.head(head, true) };
}

const pathOf = ({ bytes, pathStart, pathEnd }: Head): string => latin1(bytes, pathStart, pathEnd);

describe('the heads of requests', () => {
  test('stay as they were while others are read, of any size', () => {
    const [reader, encoder] = [new RequestReader(LIMITS), new HpackEncoder()];
    const wanted = Array.from({ length: 300 }, (_, n) => ({
      path: `/${n}`,
      filling: String.fromCharCode(97 + (n % 26)).repeat((n * 37) % 700),
    }));
    const kept = wanted.map(({ path, filling }) => read(reader, blockOf(encoder, path, 'x-filling', filling)));
    for (const [n, { head, at }] of kept.entries()) {
      const { path, filling } = wanted[n];
      expect(at).toBe(head.end);
      expect(latin1(head.bytes, head.start, head.end)).toBe(
        `GET ${path} HTTP/1.1\r\nhost: example.com\r\nx-filling: ${filling}\r\n\r\n`,
      );
    }
  });

  test('that are put into their normal form, or refused, leave those of others alone', () => {
    const [reader, encoder] = [new RequestReader(LIMITS), new HpackEncoder()];
    const one = read(reader, blockOf(encoder, '/first', 'a', 'b'));
    const moved = read(reader, blockOf(encoder, '/a/../%41/./b', 'a', 'b'));
    const refused = read(reader, blockOf(encoder, '/none', 'content-length', 'many'));
    const last = read(reader, blockOf(encoder, '/last', 'a', 'b'));
    expect(pathOf(moved.head)).toBe('/A/b');
    expect(refused.at).toBeLessThan(NO_REQUEST);
    expect([pathOf(one.head), pathOf(last.head)]).toEqual(['/first', '/last']);
    expect([one.at, last.at]).toEqual([one.head.end, last.head.end]);
  });
});
