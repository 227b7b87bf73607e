import { describe, expect, test } from 'bun:test';
import { HpackDecoder } from '../../src/http2/hpack-decode.ts';
import { HpackEncoder } from '../../src/http2/hpack-encode.ts';
import { ascii, latin1 } from '../../src/message/bytes.ts';
import { TwinTable, twinDecode, twinEncode, twinInteger } from '../support/hpack-twin.ts';

function decoded(decoder: HpackDecoder, block: Uint8Array): string[] | 'out of step' {
  const lines: string[] = [];
  const text = { add: (line: Uint8Array, _: number, size: number) => void lines.push(latin1(line, 0, size - 2)) };
  return decoder.decode(block, 0, block.length, text) ? lines : 'out of step';
}

const hex = (text: string): Uint8Array => Uint8Array.fromHex(text.replaceAll(' ', ''));

describe('the examples of RFC 7541', () => {
  test('C.4: requests in Huffman code', () => {
    const decoder = new HpackDecoder();
    expect(decoded(decoder, hex('8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff'))).toEqual([
      ':method: GET',
      ':scheme: http',
      ':path: /',
      ':authority: www.example.com',
    ]);
    expect(decoded(decoder, hex('8286 84be 5886 a8eb 1064 9cbf'))).toEqual([
      ':method: GET',
      ':scheme: http',
      ':path: /',
      ':authority: www.example.com',
      'cache-control: no-cache',
    ]);
    expect(decoded(decoder, hex('8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf'))).toEqual([
      ':method: GET',
      ':scheme: https',
      ':path: /index.html',
      ':authority: www.example.com',
      'custom-key: custom-value',
    ]);
  });

  test('C.6: responses in Huffman code, with a table of 256 bytes', () => {
    const decoder = new HpackDecoder();
    expect(
      decoded(
        decoder,
        hex(
          '3fe101 4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3',
        ),
      ),
    ).toEqual([
      ':status: 302',
      'cache-control: private',
      'date: Mon, 21 Oct 2013 20:13:21 GMT',
      'location: https://www.example.com',
    ]);
    expect(decoded(decoder, hex('4883 640e ffc1 c0bf'))).toEqual([
      ':status: 307',
      'cache-control: private',
      'date: Mon, 21 Oct 2013 20:13:21 GMT',
      'location: https://www.example.com',
    ]);
    expect(
      decoded(
        decoder,
        hex(
          '88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07',
        ),
      ),
    ).toEqual([
      ':status: 200',
      'cache-control: private',
      'date: Mon, 21 Oct 2013 20:13:22 GMT',
      'location: https://www.example.com',
      'content-encoding: gzip',
      'set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1',
    ]);
  });
});

describe('a block that is out of step', () => {
  test.each([
    ['an index of nothing', '80'],
    ['an index beyond the tables', 'be'],
    ['a name beyond the tables', '7e 00'],
    ['an index that does not end', 'ff'],
    ['an index without bounds', 'ff ffffffff 0f'],
    ['a string longer than the block', '00 05 61'],
    ['a block that ends before a value', '00 01 61'],
    ['a table larger than is allowed', '3f e2 1f'],
    ['another size of the table after a field', '82 20'],
    ['padding of eight bits', '00 01 61 82 1fff'],
    ['padding that is not ones', '00 01 61 81 18'],
    ['the end of a string within it', '00 01 61 84 ffffffff'],
  ])('is noticed: %s', (_, block) => {
    expect(decoded(new HpackDecoder(), hex(block))).toBe('out of step');
  });

  test('is not one with the largest table, or with several sizes', () => {
    expect(decoded(new HpackDecoder(), hex('3f e1 1f 82'))).toEqual([':method: GET']);
    expect(decoded(new HpackDecoder(), hex('20 3f e1 1f 82'))).toEqual([':method: GET']);
  });
});

test('a field larger than any before is decoded', () => {
  const value = 'x'.repeat(60_000);
  const block = Uint8Array.from(twinEncode(new TwinTable(), ['a', value], 'plain'));
  expect(decoded(new HpackDecoder(), block)).toEqual([`a: ${value}`]);
});

describe('the encoder', () => {
  const encoded = (encoder: HpackEncoder, lines: string): Uint8Array => {
    const out = new Uint8Array(4096);
    encoder.begin(out, 0);
    encoder.lines(ascii(lines), 0, lines.length);
    return out.slice(0, encoder.end());
  };

  test('writes a field that it has written before as one byte', () => {
    const encoder = new HpackEncoder();
    const line = 'Server: nginx/1.22.1\r\n';
    expect(encoded(encoder, line).length).toBeGreaterThan(10);
    expect(encoded(encoder, line)).toEqual(Uint8Array.of(0xbe));
  });

  test('never lets a secret be kept', () => {
    const encoder = new HpackEncoder([ascii('x-api-key')]);
    const lines = ['Authorization: Bearer a', 'Cookie: a=b', 'Set-Cookie: a=b', 'X-Api-Key: a', 'X-Other: a'];
    const forms = twinDecode(new TwinTable(), encoded(encoder, lines.map((line) => `${line}\r\n`).join('')));
    expect(forms.map(([name, , form]) => [name, form])).toEqual([
      ['authorization', 'never'],
      ['cookie', 'never'],
      ['set-cookie', 'never'],
      ['x-api-key', 'never'],
      ['x-other', 'plain'],
    ]);
  });

  test('keeps nothing once the peer keeps nothing', () => {
    const encoder = new HpackEncoder();
    const line = 'Server: nginx\r\n';
    encoded(encoder, line);
    encoder.setLimit(0);
    const table = new TwinTable();
    const block = encoded(encoder, line);
    expect(block[0]).toBe(0x20);
    expect(twinDecode(table, block)).toEqual([['server', 'nginx', 'plain']]);
    expect(encoded(encoder, line)[0]).toBe(0x0f);
  });

  test('does not fill the table with a field that is always another one', () => {
    const encoder = new HpackEncoder();
    const table = new TwinTable();
    const forms = Array.from(
      { length: 100 },
      (_, n) => twinDecode(table, encoded(encoder, `ETag: "${n}"\r\n`))[0]?.[2],
    );
    expect(forms.filter((form) => form === 'kept').length).toBeLessThan(15);
    expect(forms.at(-1)).toBe('plain');
  });

  test('writes integers as the RFC has them', () => {
    expect(twinInteger(0, 0x1f, 1337)).toEqual([31, 154, 10]); // C.1.2
  });
});
