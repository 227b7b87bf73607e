// Clients that send more than makes sense: each ends with ENHANCE_YOUR_CALM, and the gateway goes on for all others.
import * as h2 from '../../../src/http2/frames.ts';
import { join } from '../../../src/message/bytes.ts';
import { frameBytes } from '../../support/http2.ts';
import { type Family, type H2Case, answers, ends } from '../case.ts';
import type { H2Client } from '../h2-client.ts';

const PLAIN = h2.END_HEADERS | h2.END_STREAM;
const CALM = ends(h2.ENHANCE_YOUR_CALM);
const MANY = 3000;

/** So many frames in few writes. */
function pour(client: H2Client, count: number, frame: (n: number) => Uint8Array): void {
  for (let n = 0; n < count; n += 100) client.send(join(...Array.from({ length: 100 }, (_, at) => frame(n + at))));
}

const cancelled = (id: number): Uint8Array => frameBytes(h2.RST_STREAM, 0, id, Uint8Array.of(0, 0, 0, h2.CANCEL));
const widened = (id: number, by: number): Uint8Array => frameBytes(h2.WINDOW_UPDATE, 0, id, Uint8Array.of(0, 0, 0, by));
const idOf = (n: number): number => n * 2 + 1;

export const floods: Family = {
  name: 'floods',
  cases: [
    {
      name: 'PING',
      source: 'CVE-2019-9512',
      play: (client: H2Client) => pour(client, MANY, () => frameBytes(h2.PING, 0, 0, new Uint8Array(8))),
    },
    {
      name: 'answers to PINGs',
      source: 'CVE-2019-9512',
      play: (client: H2Client) => pour(client, MANY, () => frameBytes(h2.PING, h2.ACK, 0, new Uint8Array(8))),
    },
    {
      name: 'SETTINGS',
      source: 'CVE-2019-9515',
      play: (client: H2Client) => pour(client, MANY, () => frameBytes(h2.SETTINGS, 0, 0)),
    },
    {
      name: 'SETTINGS that move the windows',
      source: 'CVE-2019-9515',
      play: (client: H2Client) =>
        pour(client, MANY, (n) =>
          frameBytes(h2.SETTINGS, 0, 0, Uint8Array.of(0, h2.INITIAL_WINDOW_SIZE, 0, 0, n & 255, 0)),
        ),
    },
    {
      name: 'PRIORITY',
      source: 'CVE-2019-9513',
      play: (client: H2Client) =>
        pour(client, MANY, (n) => frameBytes(h2.PRIORITY, 0, idOf(n), Uint8Array.of(0, 0, 0, 0, n & 255))),
    },
    {
      name: 'PRIORITY_UPDATE',
      source: 'RFC 9218 13',
      play: (client: H2Client) =>
        pour(client, MANY, () => frameBytes(h2.PRIORITY_UPDATE, 0, 0, Uint8Array.of(0, 0, 0, 1, 0x75, 0x3d, 0x31))),
    },
    {
      name: 'rapid reset',
      source: 'CVE-2023-44487',
      play: (client: H2Client) => {
        const block = client.block(...client.get('/never'));
        pour(client, MANY, (n) => join(frameBytes(h2.HEADERS, PLAIN, idOf(n), block), cancelled(idOf(n))));
      },
    },
    {
      name: 'resets that the gateway is made to send, by a window of 0',
      source: 'CVE-2025-8671',
      play: (client: H2Client) => {
        const block = client.block(...client.get('/never'));
        pour(client, MANY, (n) => join(frameBytes(h2.HEADERS, PLAIN, idOf(n), block), widened(idOf(n), 0)));
      },
    },
    {
      name: 'resets that the gateway is made to send, by DATA on half-closed streams',
      source: 'CVE-2025-8671',
      play: (client: H2Client) => {
        const block = client.block(...client.get('/never'));
        pour(client, MANY, (n) =>
          join(frameBytes(h2.HEADERS, PLAIN, idOf(n), block), frameBytes(h2.DATA, 0, idOf(n), Uint8Array.of(1))),
        );
      },
    },
    {
      name: 'resets that the gateway is made to send, by PRIORITY of a wrong size',
      source: 'CVE-2025-8671',
      play: (client: H2Client) => {
        const block = client.block(...client.get('/never'));
        pour(client, MANY, (n) =>
          join(frameBytes(h2.HEADERS, PLAIN, idOf(n), block), frameBytes(h2.PRIORITY, 0, idOf(n), Uint8Array.of(1))),
        );
      },
    },
    {
      name: 'malformed requests',
      source: 'CVE-2019-9514',
      play: (client: H2Client) => {
        const block = client.block(...client.get('/never'), ['connection', 'close']);
        pour(client, MANY, (n) => frameBytes(h2.HEADERS, PLAIN, idOf(n), block));
      },
    },
    {
      name: 'RST_STREAM of one stream',
      source: 'CVE-2019-9514',
      play: (client: H2Client) => {
        client.ask(1);
        pour(client, MANY, () => cancelled(1));
      },
    },
    {
      name: 'empty DATA',
      source: 'CVE-2019-9518',
      play: (client: H2Client) => {
        client.begin(1);
        pour(client, MANY, () => frameBytes(h2.DATA, 0, 1));
      },
    },
    {
      name: 'empty DATA with padding',
      source: 'CVE-2019-9518',
      play: (client: H2Client) => {
        client.begin(1);
        pour(client, MANY, () => frameBytes(h2.DATA, h2.PADDED, 1, Uint8Array.of(3, 0, 0, 0)));
      },
    },
    {
      name: 'CONTINUATION',
      source: 'CVE-2024-27316',
      play: (client: H2Client) => {
        client.headers(1, h2.END_STREAM, ...client.get());
        pour(client, 100, () => frameBytes(h2.CONTINUATION, 0, 1, client.block(['x', 'y'])));
      },
    },
    {
      name: 'empty CONTINUATION',
      source: 'CVE-2019-9518',
      play: (client: H2Client) => {
        client.headers(1, h2.END_STREAM, ...client.get());
        pour(client, 100, () => frameBytes(h2.CONTINUATION, 0, 1));
      },
    },
    {
      name: 'a header block beyond its limit',
      source: 'CVE-2024-27316',
      play: (client: H2Client) => {
        // Made before: a client that is silent for as long while it encodes is told goodbye (NO_ERROR), since it has asked for nothing.
        const more = frameBytes(h2.CONTINUATION, 0, 1, client.block(['x', 'y'.repeat(8000)]));
        client.headers(1, h2.END_STREAM, ...client.get());
        pour(client, 100, () => more);
      },
    },
    {
      name: 'a header block without an end',
      source: 'RFC 9113 10.5',
      play: (client: H2Client) => client.headers(1, h2.END_STREAM, ...client.get()),
    },
    {
      name: 'WINDOW_UPDATE of the connection',
      source: 'RFC 9113 10.5',
      play: (client: H2Client) => pour(client, MANY, () => widened(0, 1)),
    },
    {
      name: 'WINDOW_UPDATE of a stream',
      source: 'RFC 9113 10.5',
      play: (client: H2Client) => {
        client.ask(1, '/never');
        pour(client, MANY, () => widened(1, 1));
      },
    },
    {
      name: 'WINDOW_UPDATE of a stream that is closed',
      source: 'RFC 9113 10.5',
      play: async (client: H2Client) => {
        client.ask(1);
        await client.until(() => client.stream(1).isEnded);
        pour(client, MANY, () => widened(1, 1));
      },
    },
    {
      name: 'frames that nobody knows',
      source: 'RFC 9113 10.5',
      play: (client: H2Client) => pour(client, MANY, () => frameBytes(0x42, 0, 0)),
    },
    {
      name: 'GOAWAY',
      source: 'RFC 9113 10.5',
      play: (client: H2Client) => pour(client, MANY, () => frameBytes(h2.GOAWAY, 0, 0, new Uint8Array(8))),
    },
  ]
    .map((one): H2Case => ({ ...one, outcome: CALM }))
    .concat([
      {
        name: 'streams beyond the limit are refused, and the others served',
        source: 'RFC 9113 5.1.2',
        play: async (client) => {
          for (let n = 0; n < 150; n++) client.ask(idOf(n), '/never');
          await client.until(() => client.stream(idOf(149)).reset !== null);
          for (let n = 0; n < 100; n++) client.send(cancelled(idOf(n)));
          client.ask(idOf(150));
        },
        outcome: answers(200, idOf(150)),
        check: (client) => {
          const refused = Array.from({ length: 50 }, (_, n) => client.stream(idOf(n + 100)).reset);
          return refused.every((code) => code === h2.REFUSED_STREAM) ? null : refused.join(' ');
        },
      },
    ]),
};
