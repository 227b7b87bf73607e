// Clients that keep the gateway waiting: each is bounded by a clock, or by what it costs.
import * as h2 from '../../../src/http2/frames.ts';
import { join } from '../../../src/message/bytes.ts';
import { frameBytes } from '../../support/http2.ts';
import { type Family, answers, casesOf, ends, goesOn, refused } from '../case.ts';
import type { H2Client } from '../h2-client.ts';

const NO_WINDOW = [0, h2.INITIAL_WINDOW_SIZE, 0, 0, 0, 0];
const LARGE_WINDOW = [0, h2.INITIAL_WINDOW_SIZE, 0, 255, 0, 0];
const SETTING_BYTES = 6;

const isRefused = (client: H2Client): Promise<boolean> =>
  client.until(() => client.isClosed || client.stream(1).reset !== null || client.stream(1).isEnded, 8000);

const stalls = casesOf('RFC 9113 10.5', [
  {
    name: 'no preface',
    isBare: true,
    play: async (client) => void (await client.until(() => client.isClosed)),
    outcome: refused,
  },
  {
    name: 'half a preface',
    isBare: true,
    play: async (client) => {
      client.send(h2.PREFACE.subarray(0, 12));
      await client.until(() => client.isClosed);
    },
    outcome: refused,
  },
  {
    name: 'half the head of a frame',
    play: (client) => client.send(Uint8Array.of(0, 0, 8, h2.PING)),
    outcome: ends(h2.ENHANCE_YOUR_CALM),
  },
  {
    name: 'half a header block',
    play: (client) =>
      client.send(frameBytes(h2.HEADERS, h2.END_HEADERS, 1, client.block(...client.get())).subarray(0, 30)),
    outcome: ends(h2.ENHANCE_YOUR_CALM),
  },
  {
    name: 'a body that does not go on',
    play: async (client) => {
      client.begin(1);
      client.data(1, 1);
      await isRefused(client);
    },
    outcome: refused,
  },
  {
    name: 'a window of 0 that stays so',
    play: async (client) => {
      client.frame(h2.SETTINGS, 0, 0, ...NO_WINDOW);
      client.ask(1, '/large');
      await isRefused(client);
    },
    outcome: refused,
  },
  {
    name: 'a window of the connection that stays so',
    play: async (client) => {
      client.frame(h2.SETTINGS, 0, 0, ...LARGE_WINDOW);
      client.ask(1, '/large');
      await client.until(() => client.isClosed, 8000);
    },
    outcome: refused,
  },
]);

const dribbles = casesOf('CVE-2019-9511', [
  {
    name: 'a window that is opened byte by byte',
    play: async (client) => {
      client.frame(h2.SETTINGS, 0, 0, ...NO_WINDOW);
      client.ask(1, '/large');
      await client.until(() => client.stream(1).statuses.length > 0);
      const one = frameBytes(h2.WINDOW_UPDATE, 0, 1, Uint8Array.of(0, 0, 0, 1));
      for (let n = 0; n < 30; n++) client.send(join(...new Array<Uint8Array>(100).fill(one)));
    },
    outcome: ends(h2.ENHANCE_YOUR_CALM),
  },
  {
    name: 'as many settings as a frame can hold, with streams open',
    play: (client) => {
      for (let id = 1; id < 100; id += 2) client.ask(id, '/never');
      const count = Math.floor(h2.FRAME_LIMIT / SETTING_BYTES);
      client.frame(h2.SETTINGS, 0, 0, ...Array.from({ length: count }, () => LARGE_WINDOW).flat());
    },
    outcome: goesOn,
  },
  {
    name: 'everything byte by byte',
    play: async (client) => {
      const bytes = join(
        frameBytes(h2.HEADERS, h2.END_HEADERS, 1, client.block(...client.post())),
        frameBytes(h2.DATA, h2.PADDED, 1, Uint8Array.of(2, 0x78, 0, 0)),
        frameBytes(h2.DATA, h2.END_STREAM, 1, Uint8Array.of(0x78)),
      );
      for (const byte of bytes) client.send(Uint8Array.of(byte));
      await client.ping();
    },
    outcome: answers(),
    check: (client) => (client.stream(1).body.includes('"body":2') ? null : client.stream(1).body),
  },
]);

export const slow: Family = { name: 'slowness', cases: [...stalls, ...dribbles] };
