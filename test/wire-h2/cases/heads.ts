// Heads of requests: HPACK (RFC 7541), malformed ones (RFC 9113 8.2 and 8.3), and what would smuggle a request into HTTP/1.1.
import * as h2 from '../../../src/http2/frames.ts';
import { ascii } from '../../../src/message/bytes.ts';
import { frameBytes } from '../../support/http2.ts';
import { type Field, twinInteger } from '../../support/hpack-twin.ts';
import { type Family, type H2Case, type Outcome, answers, ends, refused, resets } from '../case.ts';
import type { H2Client } from '../h2-client.ts';

const PLAIN = h2.END_HEADERS | h2.END_STREAM;

/** A GET with this pseudo-field in place of its own. */
function swapped(client: H2Client, name: string, value: string): readonly Field[] {
  return client.get().map((field) => (field[0] === name ? [name, value] : field));
}

const without = (client: H2Client, name: string): readonly Field[] => client.get().filter((field) => field[0] !== name);
const asking =
  (make: (client: H2Client) => readonly Field[]) =>
  (client: H2Client): void =>
    client.headers(1, PLAIN, ...make(client));

const broken: readonly (readonly [string, readonly number[]])[] = [
  ['an index of 0', [0x80]],
  ['an index beyond the tables', [0xff, 0x20]],
  ['a name beyond the tables', [0x7f, 0x20, 1, 0x61]],
  ['an integer without an end', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
  ['a string beyond the block', [0x00, 0x05, 0x61]],
  ['a block that ends within a field', [0x00, 0x01, 0x61]],
  ['a table beyond the limit', twinInteger(0x20, 0x1f, 4097)],
  ['another size of the table after a field', [0x82, 0x20]],
  ['Huffman padding of eight bits', [0x00, 0x01, 0x61, 0x82, 0x1f, 0xff]],
  ['Huffman padding of zeros', [0x00, 0x01, 0x61, 0x81, 0x18]],
  ['the end of a Huffman string within it', [0x00, 0x01, 0x61, 0x84, 0xff, 0xff, 0xff, 0xff]],
];

const hpack: readonly H2Case[] = [
  ...broken.map(
    ([name, block]): H2Case => ({
      name,
      source: 'RFC 7541',
      play: (client) => client.frame(h2.HEADERS, PLAIN, 1, ...block),
      outcome: ends(h2.COMPRESSION_ERROR),
    }),
  ),
  {
    name: 'a malformed request whose block fills the table for the next one',
    source: 'RFC 9113 4.3',
    play: (client) => {
      client.send(
        frameBytes(h2.HEADERS, PLAIN, 1, Uint8Array.of(0x82, 0x87, 0x40, 1, 0x41, 1, 0x62, 0x40, 1, 0x78, 1, 0x79)),
      );
      // The latest entry is `x: y`.
      client.send(frameBytes(h2.HEADERS, PLAIN, 3, Uint8Array.of(...client.block(...client.get()), 0xbe)));
    },
    outcome: answers(200, 3),
    check: (client) => (client.stream(3).body.includes('"x","y"') ? null : client.stream(3).body),
  },
  {
    name: 'fields that were never to be kept',
    source: 'RFC 7541 6.2.3',
    play: (client) =>
      client.send(
        frameBytes(
          h2.HEADERS,
          PLAIN,
          1,
          Uint8Array.of(...client.block(...client.get()), 0x1f, 0x08, 3, ...ascii('abc')),
        ),
      ),
    outcome: answers(),
    check: (client) => (client.stream(1).body.includes('abc') ? null : client.stream(1).body),
  },
  {
    name: 'a bomb: one field many times',
    source: 'CVE-2016-6581',
    play: (client) => {
      const field = [0x40, 1, 0x61, ...twinInteger(0, 0x7f, 3000), ...new Uint8Array(3000).fill(0x78)];
      client.send(
        frameBytes(
          h2.HEADERS,
          PLAIN,
          1,
          Uint8Array.of(...client.block(...client.get()), ...field, ...new Uint8Array(10_000).fill(0xbe)),
        ),
      );
    },
    outcome: answers(431),
  },
];

const malformed: readonly (readonly [string, (client: H2Client) => readonly Field[]])[] = [
  ['no method', (client) => without(client, ':method')],
  ['no scheme', (client) => without(client, ':scheme')],
  ['no path', (client) => without(client, ':path')],
  ['no authority and no Host', (client) => without(client, ':authority')],
  ['a method twice', (client) => [...client.get(), [':method', 'GET']]],
  ['a path twice', (client) => [...client.get(), [':path', '/']]],
  ['a scheme twice', (client) => [...client.get(), [':scheme', 'https']]],
  ['an authority twice', (client) => [...client.get(), [':authority', 'a.test']]],
  ['a status', (client) => [...client.get(), [':status', '200']]],
  ['an unknown pseudo-field', (client) => [...client.get(), [':x', 'y']]],
  ['a pseudo-field after a field', (client) => [...without(client, ':path'), ['x', 'y'], [':path', '/']]],
  ['a pseudo-field in upper case', (client) => [...without(client, ':method'), [':METHOD', 'GET']]],
  ['an empty method', (client) => swapped(client, ':method', '')],
  ['an empty path', (client) => swapped(client, ':path', '')],
  ['a path without a slash', (client) => swapped(client, ':path', 'x')],
  ['a path with a fragment', (client) => swapped(client, ':path', '/#x')],
  ['Host of another name', (client) => [...client.get(), ['host', 'b.test']]],
  ['Connection', (client) => [...client.get(), ['connection', 'close']]],
  ['Connection that names a field', (client) => [...client.get(), ['connection', 'x-real-ip']]],
  ['Keep-Alive', (client) => [...client.get(), ['keep-alive', '5']]],
  ['Proxy-Connection', (client) => [...client.get(), ['proxy-connection', 'close']]],
  ['Transfer-Encoding', (client) => [...client.get(), ['transfer-encoding', 'chunked']]],
  ['Upgrade', (client) => [...client.get(), ['upgrade', 'h2c']]],
  ['HTTP2-Settings', (client) => [...client.get(), ['http2-settings', 'AAMAAABk']]],
  ['TE of gzip', (client) => [...client.get(), ['te', 'gzip']]],
  ['a name in upper case', (client) => [...client.get(), ['X-Upper', 'y']]],
  ['an empty name', (client) => [...client.get(), ['', 'y']]],
  ['a name with a space', (client) => [...client.get(), ['x y', 'z']]],
  ['a name that ends with a space', (client) => [...client.get(), ['x ', 'z']]],
  ['a name with a colon', (client) => [...client.get(), ['x:y', 'z']]],
  ['a name with a byte beyond ASCII', (client) => [...client.get(), ['x\xff', 'z']]],
  ['a value with a zero', (client) => [...client.get(), ['x', 'a\0b']]],
  ['a value with a carriage return', (client) => [...client.get(), ['x', 'a\rb']]],
  ['a value with a line feed', (client) => [...client.get(), ['x', 'a\nb']]],
  ['a value that begins with a space', (client) => [...client.get(), ['x', ' a']]],
  ['a value that ends with a tab', (client) => [...client.get(), ['x', 'a\t']]],
  ['a tunnel with a path', (client) => swapped(client, ':method', 'CONNECT')],
  ['a protocol, and no CONNECT', (client) => [...client.get(), [':protocol', 'websocket']]],
];

/** What a request would bring in if it were taken for HTTP/1.1. */
const INNER = 'GET /smuggled HTTP/1.1\r\nHost: a.test\r\n\r\n';

const smuggled: readonly (readonly [string, (client: H2Client) => readonly Field[], Outcome])[] = [
  [
    'a request in the method',
    (client) => swapped(client, ':method', `GET / HTTP/1.1\r\nHost: a\r\n\r\n${INNER}`),
    refused,
  ],
  [
    'a request in the path',
    (client) => swapped(client, ':path', `/ HTTP/1.1\r\nHost: a.test\r\n\r\n${INNER}`),
    refused,
  ],
  ['a space in the path', (client) => swapped(client, ':path', '/smuggled HTTP/1.1'), refused],
  ['a request in the authority', (client) => swapped(client, ':authority', `a.test\r\n\r\n${INNER}`), refused],
  ['a request in the scheme', (client) => swapped(client, ':scheme', `https://a/\r\n\r\n${INNER}`), refused],
  ['a URL in the scheme', (client) => swapped(client, ':scheme', 'https://b.test/smuggled?'), refused],
  ['a request in a value', (client) => [...client.get(), ['x', `y\r\n\r\n${INNER}`]], refused],
  ['a field in a value', (client) => [...client.get(), ['x', 'y\r\ntransfer-encoding: chunked']], refused],
  ['a field in a name', (client) => [...client.get(), ['x: y\r\ntransfer-encoding', 'chunked']], refused],
  ['a path that is a URL', (client) => swapped(client, ':path', 'http://b.test/smuggled'), refused],
  ['a user in the authority', (client) => swapped(client, ':authority', 'b.test@a.test'), refused],
  ['a path in the authority', (client) => swapped(client, ':authority', 'a.test/smuggled'), refused],
  ['a list of hosts', (client) => swapped(client, ':authority', 'a.test, b.test'), refused],
  ['two lengths', (client) => [...client.post(), ['content-length', '0'], ['content-length', '5']], refused],
  ['a list of lengths', (client) => [...client.post(), ['content-length', '0, 5']], refused],
  ['a length with a sign', (client) => [...client.post(), ['content-length', '+0']], refused],
  ['a length in hexadecimal', (client) => [...client.post(), ['content-length', '0x0']], refused],
  ['a length beyond all', (client) => [...client.post(), ['content-length', '99999999999999999999']], refused],
  [
    'two Hosts, and no authority',
    (client) => [...without(client, ':authority'), ['host', 'a.test'], ['host', 'b.test']],
    refused,
  ],
  [
    'CONNECT',
    () => [
      [':method', 'CONNECT'],
      [':authority', 'a.test:80'],
    ],
    refused,
  ],
  ['an asterisk for GET', (client) => swapped(client, ':path', '*'), refused],
  ['a method of few', (client) => swapped(client, ':method', 'PURGE'), answers()],
  ['a lookalike of Transfer-Encoding', (client) => [...client.get(), ['transfer_encoding', 'chunked']], answers()],
  ['Expect of something else', (client) => [...client.get(), ['expect', 'a-miracle']], answers(417)],
];

const accepted: readonly (readonly [string, (client: H2Client) => readonly Field[]])[] = [
  ['Host alone', (client) => [...without(client, ':authority'), ['host', 'a.test']]],
  ['Host as the authority', (client) => [...client.get(), ['host', 'A.test']]],
  ['pseudo-fields in another order', (client) => client.get().toReversed()],
  ['TE of trailers', (client) => [...client.get(), ['te', 'trailers']]],
  ['a scheme of http', (client) => swapped(client, ':scheme', 'http')],
  ['an empty value', (client) => [...client.get(), ['x', '']]],
  ['a value beyond ASCII', (client) => [...client.get(), ['x', '\xe4\xff']]],
];

const requests: readonly H2Case[] = [
  ...malformed.map(
    ([name, fields]): H2Case => ({
      name,
      source: 'RFC 9113 8.2 and 8.3',
      play: asking(fields),
      outcome: resets(h2.PROTOCOL_ERROR),
    }),
  ),
  ...smuggled.map(
    ([name, fields, outcome]): H2Case => ({ name, source: 'RFC 9113 10.3', play: asking(fields), outcome }),
  ),
  ...accepted.map(
    ([name, fields]): H2Case => ({ name, source: 'RFC 9113 8.3.1', play: asking(fields), outcome: answers() }),
  ),
  {
    name: 'crumbs of cookies become one field',
    source: 'RFC 9113 8.2.3',
    play: (client) => client.ask(1, '/', ['cookie', 'a=1'], ['cookie', 'b=2']),
    outcome: answers(),
    check: (client) => (client.stream(1).body.includes('"a=1; b=2"') ? null : client.stream(1).body),
  },
  {
    name: 'claims of who the client is',
    source: 'RFC 9110 7.6.3',
    play: (client) =>
      client.ask(1, '/', ['x-forwarded-for', '6.6.6.6'], ['x-real-ip', '6.6.6.6'], ['forwarded', 'for=6.6.6.6']),
    outcome: answers(),
    check: (client) => (client.stream(1).body.includes('6.6.6.6') ? client.stream(1).body : null),
  },
  {
    name: 'Via names the version',
    source: 'RFC 9110 7.6.3',
    play: (client) => client.ask(1),
    outcome: answers(),
    check: (client) => (client.stream(1).body.includes('2.0 keystone') ? null : client.stream(1).body),
  },
  {
    name: 'a head that is too large',
    source: 'RFC 9113 10.5.1',
    play: (client) => {
      const block = client.block(
        ...client.get(),
        ...Array.from({ length: 8 }, (_, n): Field => [`x-${n}`, 'y'.repeat(4000)]),
      );
      client.frame(h2.HEADERS, h2.END_STREAM, 1, ...block.subarray(0, 16_000));
      client.frame(h2.CONTINUATION, h2.END_HEADERS, 1, ...block.subarray(16_000));
    },
    outcome: answers(431),
  },
  {
    name: 'too many fields',
    source: 'RFC 9113 10.5.1',
    play: (client) => client.ask(1, '/', ...Array.from({ length: 200 }, (_, n): Field => [`x-${n}`, 'y'])),
    outcome: answers(431),
  },
  {
    name: 'a path that is too long',
    source: 'RFC 9110 15.5.15',
    play: (client) => client.ask(1, `/${'x'.repeat(9000)}`),
    outcome: answers(414),
  },
];

export const heads: Family = { name: 'heads', cases: [...hpack, ...requests] };
