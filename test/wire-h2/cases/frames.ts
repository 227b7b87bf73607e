// Frames by themselves: their form, and where they may come (RFC 9113 3.4, 4 and 6).
import * as h2 from '../../../src/http2/frames.ts';
import { ascii, join } from '../../../src/message/bytes.ts';
import { frameBytes } from '../../support/http2.ts';
import { type Family, type H2Case, answers, casesOf, ends, goesOn, resets } from '../case.ts';

const PLAIN = h2.END_HEADERS | h2.END_STREAM;
const SETTINGS = frameBytes(h2.SETTINGS, 0, 0);
const EIGHT = [1, 2, 3, 4, 5, 6, 7, 8];

const setting = (name: number, value: number): number[] => [0, name, ...uint32(value)];
const uint32 = (value: number): number[] => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];

const preface: readonly H2Case[] = [
  {
    name: 'a preface of another protocol',
    source: 'RFC 9113 3.4',
    isBare: true,
    play: (client) => client.send(ascii('PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n'), SETTINGS),
    outcome: ends(h2.PROTOCOL_ERROR),
  },
  ...(
    [
      ['PING', frameBytes(h2.PING, 0, 0, Uint8Array.from(EIGHT))],
      ['HEADERS', frameBytes(h2.HEADERS, PLAIN, 1, Uint8Array.of(0x82))],
      ['an acknowledgement', frameBytes(h2.SETTINGS, h2.ACK, 0)],
    ] as const
  ).map(
    ([name, first]): H2Case => ({
      name: `a preface, and then ${name} instead of SETTINGS`,
      source: 'RFC 9113 3.4',
      isBare: true,
      play: (client) => client.send(h2.PREFACE, first),
      outcome: ends(h2.PROTOCOL_ERROR),
    }),
  ),
  {
    name: 'a preface byte by byte',
    source: 'RFC 9113 3.4',
    isBare: true,
    play: async (client) => {
      for (const byte of join(h2.PREFACE, SETTINGS)) client.send(Uint8Array.of(byte));
      await client.ping();
      client.ask(1);
    },
    outcome: answers(),
  },
];

const settings = casesOf('RFC 9113 6.5', [
  { name: 'SETTINGS on a stream', play: (client) => client.frame(h2.SETTINGS, 0, 1), outcome: ends(h2.PROTOCOL_ERROR) },
  {
    name: 'SETTINGS of five bytes',
    play: (client) => client.frame(h2.SETTINGS, 0, 0, 0, 1, 0, 0, 0),
    outcome: ends(h2.FRAME_SIZE_ERROR),
  },
  {
    name: 'an acknowledgement with content',
    play: (client) => client.frame(h2.SETTINGS, h2.ACK, 0, ...setting(1, 1)),
    outcome: ends(h2.FRAME_SIZE_ERROR),
  },
  {
    name: 'ENABLE_PUSH of 2',
    play: (client) => client.frame(h2.SETTINGS, 0, 0, ...setting(h2.ENABLE_PUSH, 2)),
    outcome: ends(h2.PROTOCOL_ERROR),
  },
  {
    name: 'INITIAL_WINDOW_SIZE beyond 2^31-1',
    play: (client) => client.frame(h2.SETTINGS, 0, 0, ...setting(h2.INITIAL_WINDOW_SIZE, 0x8000_0000)),
    outcome: ends(h2.FLOW_CONTROL_ERROR),
  },
  {
    name: 'MAX_FRAME_SIZE below 16,384',
    play: (client) => client.frame(h2.SETTINGS, 0, 0, ...setting(h2.MAX_FRAME_SIZE, 16_383)),
    outcome: ends(h2.PROTOCOL_ERROR),
  },
  {
    name: 'MAX_FRAME_SIZE beyond 2^24-1',
    play: (client) => client.frame(h2.SETTINGS, 0, 0, ...setting(h2.MAX_FRAME_SIZE, 0x100_0000)),
    outcome: ends(h2.PROTOCOL_ERROR),
  },
  {
    name: 'settings that nobody knows',
    play: (client) => client.frame(h2.SETTINGS, 0, 0, ...setting(99, 1), ...setting(0, 0)),
    outcome: goesOn,
    check: ({ settingsAcks }) => (settingsAcks === 2 ? null : `${settingsAcks} acknowledgements`),
  },
  {
    name: 'a table that is too large to be used, then none',
    play: (client) => {
      client.frame(h2.SETTINGS, 0, 0, ...setting(h2.HEADER_TABLE_SIZE, 0xffff_ffff));
      client.frame(h2.SETTINGS, 0, 0, ...setting(h2.HEADER_TABLE_SIZE, 0));
      client.ask(1);
      client.ask(3);
    },
    outcome: answers(200, 3),
  },
]);

const pings = casesOf('RFC 9113 6.7', [
  { name: 'PING', play: (client) => client.frame(h2.PING, 0, 0, ...EIGHT), outcome: goesOn },
  {
    name: 'PING on a stream',
    play: (client) => client.frame(h2.PING, 0, 1, ...EIGHT),
    outcome: ends(h2.PROTOCOL_ERROR),
  },
  {
    name: 'PING of six bytes',
    play: (client) => client.frame(h2.PING, 0, 0, ...EIGHT.slice(2)),
    outcome: ends(h2.FRAME_SIZE_ERROR),
  },
  {
    name: 'an answer to a PING that was not sent',
    play: (client) => client.frame(h2.PING, h2.ACK, 0, ...EIGHT),
    outcome: goesOn,
    check: ({ pongs }) => (pongs === 1 ? null : `${pongs} answers`),
  },
  {
    name: 'PING with unknown flags',
    play: (client) => client.frame(h2.PING, 0x16, 0, ...EIGHT),
    outcome: goesOn,
  },
]);

const data = casesOf('RFC 9113 6.1', [
  { name: 'DATA on stream 0', play: (client) => client.data(0, 1), outcome: ends(h2.PROTOCOL_ERROR) },
  {
    name: 'DATA with more padding than content',
    play: (client) => {
      client.begin(1);
      client.frame(h2.DATA, h2.PADDED, 1, 5, 0, 0);
    },
    outcome: ends(h2.PROTOCOL_ERROR),
  },
  {
    name: 'DATA with as much padding as its payload',
    play: (client) => {
      client.begin(1);
      client.frame(h2.DATA, h2.PADDED, 1, 3, 0, 0);
    },
    outcome: ends(h2.PROTOCOL_ERROR),
  },
  {
    name: 'padded DATA without a byte',
    play: (client) => {
      client.begin(1);
      client.frame(h2.DATA, h2.PADDED, 1);
    },
    outcome: ends(h2.FRAME_SIZE_ERROR),
  },
  {
    name: 'padded DATA',
    play: (client) => {
      client.begin(1);
      client.frame(h2.DATA, h2.PADDED | h2.END_STREAM, 1, 2, 0x61, 0x62, 0, 0);
    },
    outcome: answers(),
    check: (client) => (client.stream(1).body.includes('"body":2') ? null : client.stream(1).body),
  },
  {
    name: 'DATA beyond the largest frame',
    play: (client) => {
      client.begin(1);
      client.data(1, h2.FRAME_LIMIT + 1);
    },
    outcome: ends(h2.FRAME_SIZE_ERROR),
  },
]);

const headers = casesOf('RFC 9113 6.2', [
  { name: 'HEADERS on stream 0', play: (client) => client.ask(0), outcome: ends(h2.PROTOCOL_ERROR) },
  { name: 'HEADERS on an even stream', play: (client) => client.ask(2), outcome: ends(h2.PROTOCOL_ERROR) },
  {
    name: 'HEADERS with more padding than content',
    play: (client) => client.frame(h2.HEADERS, PLAIN | h2.PADDED, 1, 9, 0x82),
    outcome: ends(h2.PROTOCOL_ERROR),
  },
  {
    name: 'padded HEADERS without a byte',
    play: (client) => client.frame(h2.HEADERS, PLAIN | h2.PADDED, 1),
    outcome: ends(h2.FRAME_SIZE_ERROR, h2.PROTOCOL_ERROR),
  },
  {
    name: 'HEADERS too short for their priority',
    play: (client) => client.frame(h2.HEADERS, PLAIN | h2.PRIORITIZED, 1, 0, 0),
    outcome: ends(h2.FRAME_SIZE_ERROR, h2.PROTOCOL_ERROR),
  },
  {
    name: 'HEADERS beyond the largest frame',
    play: (client) => client.send(frameBytes(h2.HEADERS, PLAIN, 1, new Uint8Array(h2.FRAME_LIMIT + 1))),
    outcome: ends(h2.FRAME_SIZE_ERROR),
  },
  {
    name: 'HEADERS with padding and priority',
    play: (client) => {
      const block = client.block(...client.get());
      client.frame(h2.HEADERS, PLAIN | h2.PADDED | h2.PRIORITIZED, 1, 2, 0, 0, 0, 0, 9, ...block, 0, 0);
    },
    outcome: answers(),
  },
  {
    name: 'HEADERS that depend on themselves',
    play: (client) => {
      const block = client.block(...client.get());
      client.frame(h2.HEADERS, PLAIN | h2.PRIORITIZED, 1, 0, 0, 0, 1, 9, ...block);
    },
    outcome: ends(h2.PROTOCOL_ERROR),
  },
]);

const continuations = casesOf('RFC 9113 6.10', [
  {
    name: 'CONTINUATION without HEADERS',
    play: (client) => client.frame(h2.CONTINUATION, h2.END_HEADERS, 1, 0x82),
    outcome: ends(h2.PROTOCOL_ERROR),
  },
  {
    name: 'CONTINUATION on stream 0',
    play: (client) => client.frame(h2.CONTINUATION, h2.END_HEADERS, 0, 0x82),
    outcome: ends(h2.PROTOCOL_ERROR),
  },
  {
    name: 'CONTINUATION after the end of its block',
    play: (client) => {
      client.headers(1, h2.END_HEADERS, ...client.post());
      client.frame(h2.CONTINUATION, h2.END_HEADERS, 1);
    },
    outcome: ends(h2.PROTOCOL_ERROR),
  },
  {
    name: 'CONTINUATION of another stream',
    play: (client) => {
      client.headers(1, h2.END_STREAM, ...client.get());
      client.frame(h2.CONTINUATION, h2.END_HEADERS, 3);
    },
    outcome: ends(h2.PROTOCOL_ERROR),
  },
  ...(
    [
      ['DATA', h2.DATA, 1, []],
      ['HEADERS', h2.HEADERS, 3, [0x82]],
      ['PRIORITY', h2.PRIORITY, 1, [0, 0, 0, 0, 1]],
      ['PING', h2.PING, 0, EIGHT],
      ['SETTINGS', h2.SETTINGS, 0, []],
      ['WINDOW_UPDATE', h2.WINDOW_UPDATE, 0, [0, 0, 0, 1]],
      ['a frame that nobody knows', 99, 0, []],
    ] as const
  ).map(([name, type, id, payload]) => ({
    name: `${name} within a header block`,
    play: (client: Parameters<H2Case['play']>[0]) => {
      client.headers(1, h2.END_STREAM, ...client.get());
      client.frame(type, 0, id, ...payload);
    },
    outcome: ends(h2.PROTOCOL_ERROR),
  })),
  {
    name: 'a block in three frames, the last one empty',
    play: (client: Parameters<H2Case['play']>[0]) => {
      const block = client.block(...client.get());
      client.frame(h2.HEADERS, h2.END_STREAM, 1, ...block.subarray(0, 5));
      client.frame(h2.CONTINUATION, 0, 1, ...block.subarray(5));
      client.frame(h2.CONTINUATION, h2.END_HEADERS, 1);
    },
    outcome: answers(),
  },
]);

const others: readonly H2Case[] = [
  {
    name: 'PRIORITY on stream 0',
    source: 'RFC 9113 6.3',
    play: (client) => client.frame(h2.PRIORITY, 0, 0, 0, 0, 0, 1, 1),
    outcome: ends(h2.PROTOCOL_ERROR),
  },
  {
    name: 'PRIORITY of four bytes',
    source: 'RFC 9113 6.3',
    play: (client) => client.frame(h2.PRIORITY, 0, 1, 0, 0, 0, 1),
    outcome: resets(h2.FRAME_SIZE_ERROR),
  },
  {
    name: 'PRIORITY before and after a request',
    source: 'RFC 9113 6.3',
    play: async (client) => {
      client.frame(h2.PRIORITY, 0, 1, 0, 0, 0, 3, 1);
      client.ask(1);
      await client.until(() => client.stream(1).isEnded);
      client.frame(h2.PRIORITY, 0, 1, 0, 0, 0, 3, 1);
    },
    outcome: answers(),
  },
  {
    name: 'RST_STREAM on stream 0',
    source: 'RFC 9113 6.4',
    play: (client) => client.frame(h2.RST_STREAM, 0, 0, 0, 0, 0, 8),
    outcome: ends(h2.PROTOCOL_ERROR),
  },
  {
    name: 'RST_STREAM of three bytes',
    source: 'RFC 9113 6.4',
    play: (client) => {
      client.begin(1);
      client.frame(h2.RST_STREAM, 0, 1, 0, 0, 8);
    },
    outcome: ends(h2.FRAME_SIZE_ERROR),
  },
  {
    name: 'PUSH_PROMISE',
    source: 'RFC 9113 8.4',
    play: (client) => {
      client.begin(1);
      client.frame(h2.PUSH_PROMISE, h2.END_HEADERS, 1, 0, 0, 0, 2, 0x82);
    },
    outcome: ends(h2.PROTOCOL_ERROR),
  },
  {
    name: 'GOAWAY on a stream',
    source: 'RFC 9113 6.8',
    play: (client) => client.frame(h2.GOAWAY, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0),
    outcome: ends(h2.PROTOCOL_ERROR),
  },
  {
    name: 'GOAWAY while an answer is on its way',
    source: 'RFC 9113 6.8',
    play: (client) => {
      client.ask(1);
      client.frame(h2.GOAWAY, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    },
    outcome: answers(),
  },
  {
    name: 'frames that nobody knows, on streams of all states',
    source: 'RFC 9113 4.1 and 5.5',
    play: (client) => {
      client.frame(0x42, 0xff, 0, ...EIGHT);
      client.frame(0x42, 0xff, 1, ...EIGHT);
      client.ask(1);
      client.frame(0x42, 0xff, 1, ...EIGHT);
    },
    outcome: answers(),
  },
  {
    name: 'a stream id with its reserved bit set',
    source: 'RFC 9113 4.1',
    play: (client) => client.send(frameBytes(h2.HEADERS, PLAIN, 0x8000_0001, client.block(...client.get()))),
    outcome: answers(),
  },
  {
    name: 'PRIORITY_UPDATE on a stream',
    source: 'RFC 9218 7.1',
    play: (client) => client.frame(h2.PRIORITY_UPDATE, 0, 1, 0, 0, 0, 1),
    outcome: ends(h2.PROTOCOL_ERROR),
  },
  {
    name: 'PRIORITY_UPDATE that is too short',
    source: 'RFC 9218 7.1',
    play: (client) => client.frame(h2.PRIORITY_UPDATE, 0, 0, 0, 0, 0),
    outcome: ends(h2.FRAME_SIZE_ERROR, h2.PROTOCOL_ERROR),
  },
  {
    name: 'PRIORITY_UPDATE with a value that is none',
    source: 'RFC 9218 7.1',
    play: (client) => {
      client.frame(h2.PRIORITY_UPDATE, 0, 0, 0, 0, 0, 1, ...ascii('u=99,,;='));
      client.ask(1, '/', ['priority', 'u=-1, i=2']);
    },
    outcome: answers(),
  },
];

export const frames: Family = {
  name: 'frames',
  cases: [...preface, ...settings, ...pings, ...data, ...headers, ...continuations, ...others],
};
