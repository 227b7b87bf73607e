// The states of a stream (RFC 9113 5.1), bodies against their lengths (8.1.1), and flow control (5.2 and 6.9).
import * as h2 from '../../../src/http2/frames.ts';
import type { Field } from '../../support/hpack-twin.ts';
import { type Family, type H2Case, answers, casesOf, ends, goesOn, refused, resets } from '../case.ts';
import type { H2Client } from '../h2-client.ts';
import { LARGE } from '../origin.ts';

const PLAIN = h2.END_HEADERS | h2.END_STREAM;
const LARGEST_INCREMENT = [0x7f, 0xff, 0xff, 0xff];

const isOver = (client: H2Client, id = 1): Promise<boolean> =>
  client.until(() => client.stream(id).isEnded || client.stream(id).reset !== null);

const window = (client: H2Client, id: number, ...by: number[]): void => client.frame(h2.WINDOW_UPDATE, 0, id, ...by);
const cancel = (client: H2Client, id: number): void => client.frame(h2.RST_STREAM, 0, id, 0, 0, 0, h2.CANCEL);

const states = casesOf('RFC 9113 5.1', [
  { name: 'idle: DATA', play: (client) => client.data(1, 1), outcome: ends(h2.PROTOCOL_ERROR) },
  { name: 'idle: RST_STREAM', play: (client) => cancel(client, 1), outcome: ends(h2.PROTOCOL_ERROR) },
  { name: 'idle: WINDOW_UPDATE', play: (client) => window(client, 1, 0, 0, 0, 1), outcome: ends(h2.PROTOCOL_ERROR) },
  {
    name: 'idle: DATA on a stream of the server',
    play: (client) => {
      client.ask(3);
      client.data(2, 1);
    },
    outcome: ends(h2.PROTOCOL_ERROR),
  },
  {
    name: 'a lower stream than the last one',
    play: (client) => {
      client.ask(5, '/never');
      client.ask(3);
    },
    outcome: ends(h2.PROTOCOL_ERROR, h2.STREAM_CLOSED),
  },
  {
    name: 'streams that were left out',
    play: (client) => {
      client.ask(7);
      client.ask(0x7fff_ffff);
    },
    outcome: answers(200, 7),
  },
  {
    name: 'half-closed: DATA',
    play: (client) => {
      client.ask(1, '/never');
      client.data(1, 1);
    },
    outcome: resets(h2.STREAM_CLOSED),
  },
  {
    name: 'half-closed: HEADERS',
    play: (client) => {
      client.ask(1, '/never');
      client.ask(1);
    },
    outcome: resets(h2.STREAM_CLOSED),
  },
  {
    name: 'half-closed: trailers',
    play: (client) => {
      client.ask(1, '/never');
      client.headers(1, PLAIN, ['a', 'b']);
    },
    outcome: resets(h2.STREAM_CLOSED),
  },
  {
    name: 'answered before its end: DATA and trailers, which were on their way',
    play: async (client) => {
      const fields = client
        .post()
        .map((field): Field => (field[0] === ':authority' ? [':authority', 'small.test'] : field));
      client.headers(1, h2.END_HEADERS, ...fields, ['content-length', '3000']);
      await isOver(client);
      client.data(1, 3000);
      client.headers(1, PLAIN, ['a', 'b']);
      await client.ping();
      client.ask(3);
    },
    outcome: answers(200, 3),
    check: (client) => (client.stream(1).statuses[0] === 413 ? null : client.stream(1).statuses.join()),
  },
  {
    name: 'half-closed: WINDOW_UPDATE and PRIORITY',
    play: (client) => {
      client.ask(1);
      window(client, 1, 0, 0, 0, 1);
      client.frame(h2.PRIORITY, 0, 1, 0, 0, 0, 3, 1);
    },
    outcome: answers(),
  },
  ...(
    [
      ['DATA', (client: H2Client) => client.data(1, 1), ends(h2.STREAM_CLOSED)],
      ['HEADERS', (client: H2Client) => client.ask(1), ends(h2.STREAM_CLOSED, h2.PROTOCOL_ERROR)],
      ['WINDOW_UPDATE', (client: H2Client) => window(client, 1, 0, 0, 0, 1), goesOn],
      ['RST_STREAM', (client: H2Client) => cancel(client, 1), goesOn],
    ] as const
  ).map(
    ([name, send, outcome]): Omit<H2Case, 'source'> => ({
      name: `closed by both ends: ${name}`,
      play: async (client) => {
        client.ask(1);
        await isOver(client);
        send(client);
      },
      outcome,
    }),
  ),
  ...(
    [
      ['DATA', (client: H2Client) => client.data(1, 1), ends(h2.STREAM_CLOSED)],
      [
        'HEADERS',
        (client: H2Client) => client.headers(1, PLAIN, ['a', 'b']),
        ends(h2.STREAM_CLOSED, h2.PROTOCOL_ERROR),
      ],
      ['WINDOW_UPDATE', (client: H2Client) => window(client, 1, 0, 0, 0, 1), goesOn],
      ['RST_STREAM', (client: H2Client) => cancel(client, 1), goesOn],
    ] as const
  ).map(
    ([name, send, outcome]): Omit<H2Case, 'source'> => ({
      name: `reset by the client: ${name}`,
      play: async (client) => {
        client.begin(1);
        cancel(client, 1);
        await client.ping();
        send(client);
      },
      outcome,
    }),
  ),
  ...(
    [
      ['DATA', (client: H2Client) => client.data(1, 1, h2.END_STREAM)],
      ['trailers', (client: H2Client) => client.headers(1, PLAIN, ['a', 'b'])],
      ['WINDOW_UPDATE', (client: H2Client) => window(client, 1, 0, 0, 0, 1)],
      ['RST_STREAM', (client: H2Client) => cancel(client, 1)],
    ] as const
  ).map(
    ([name, send]): Omit<H2Case, 'source'> => ({
      name: `reset by the gateway: ${name}, which was on its way`,
      play: async (client) => {
        client.headers(1, h2.END_HEADERS, ...client.post(), ['content-length', '3']);
        client.data(1, 9);
        await isOver(client);
        send(client);
      },
      outcome: resets(h2.PROTOCOL_ERROR),
    }),
  ),
]);

const bodies = casesOf('RFC 9113 8.1', [
  {
    name: 'a body shorter than its length',
    play: (client) => {
      client.begin(1, ['content-length', '5']);
      client.data(1, 4, h2.END_STREAM);
    },
    outcome: resets(h2.PROTOCOL_ERROR),
  },
  {
    name: 'a body longer than its length',
    play: (client) => {
      client.begin(1, ['content-length', '5']);
      client.data(1, 6, h2.END_STREAM);
    },
    outcome: resets(h2.PROTOCOL_ERROR),
  },
  {
    name: 'a length, and no body',
    play: (client) => client.headers(1, PLAIN, ...client.post(), ['content-length', '5']),
    outcome: resets(h2.PROTOCOL_ERROR),
  },
  {
    name: 'a length of 0, and a body',
    play: (client) => {
      client.begin(1, ['content-length', '0']);
      client.data(1, 1, h2.END_STREAM);
    },
    outcome: resets(h2.PROTOCOL_ERROR),
  },
  {
    name: 'a length of 0, and an empty body',
    play: (client) => {
      client.begin(1, ['content-length', '0']);
      client.data(1, 0, h2.END_STREAM);
    },
    outcome: answers(),
  },
  {
    name: 'a body without a length, in many frames',
    play: (client) => {
      client.begin(1);
      for (let n = 0; n < 20; n++) client.data(1, 7);
      client.data(1, 0, h2.END_STREAM);
    },
    outcome: answers(),
    check: (client) => (client.stream(1).body.includes('"body":140') ? null : client.stream(1).body),
  },
  {
    name: 'trailers',
    play: (client) => {
      client.begin(1);
      client.data(1, 3);
      client.headers(1, PLAIN, ['x-sum', 'abc']);
    },
    outcome: answers(),
  },
  {
    name: 'trailers that do not end the stream',
    play: (client) => {
      client.begin(1);
      client.data(1, 3);
      client.headers(1, h2.END_HEADERS, ['x-sum', 'abc']);
    },
    outcome: resets(h2.PROTOCOL_ERROR),
  },
  {
    name: 'trailers before the body has its length',
    play: (client) => {
      client.begin(1, ['content-length', '5']);
      client.headers(1, PLAIN, ['x-sum', 'abc']);
    },
    outcome: resets(h2.PROTOCOL_ERROR),
  },
  {
    name: 'DATA after trailers',
    play: (client) => {
      client.headers(1, h2.END_HEADERS, ...client.post('/never'));
      client.headers(1, PLAIN, ['x-sum', 'abc']);
      client.data(1, 1);
    },
    outcome: resets(h2.STREAM_CLOSED),
  },
  ...([':path', ':status', 'content-length', 'transfer-encoding', 'host', 'connection', 'X-Upper'] as const).map(
    (name) => ({
      name: `trailers with ${name}`,
      play: (client: H2Client) => {
        client.begin(1);
        client.data(1, 3);
        client.headers(1, PLAIN, [name, '5']);
      },
      outcome: resets(h2.PROTOCOL_ERROR),
    }),
  ),
  {
    name: 'an answer with trailers',
    play: (client: H2Client) => client.ask(1, '/trailers', ['te', 'trailers']),
    outcome: answers(),
    check: (client: H2Client) => (client.stream(1).fields.get('x-sum') === 'abc' ? null : 'no trailers'),
  },
  {
    name: 'an answer that the backend cuts',
    play: (client: H2Client) => client.ask(1, '/cut'),
    outcome: resets(h2.INTERNAL_ERROR, h2.CANCEL, h2.PROTOCOL_ERROR),
  },
  {
    name: 'an answer without content',
    play: (client: H2Client) => client.ask(1, '/empty'),
    outcome: answers(204),
  },
  {
    name: 'an answer to HEAD',
    play: (client: H2Client) =>
      client.headers(
        1,
        PLAIN,
        ...client.get('/large').map(([name, value]): [string, string] => [name, name === ':method' ? 'HEAD' : value]),
      ),
    outcome: answers(),
    check: (client: H2Client) => (client.stream(1).dataBytes === 0 ? null : 'it has a body'),
  },
  {
    name: 'an interim answer',
    play: (client: H2Client) => client.ask(1, '/early'),
    outcome: answers(),
    check: (client: H2Client) =>
      client.stream(1).statuses.join() === '103,200' ? null : client.stream(1).statuses.join(),
  },
]);

const windows = casesOf('RFC 9113 6.9', [
  {
    name: 'WINDOW_UPDATE of three bytes',
    play: (client) => client.frame(h2.WINDOW_UPDATE, 0, 0, 0, 0, 1),
    outcome: ends(h2.FRAME_SIZE_ERROR),
  },
  {
    name: 'WINDOW_UPDATE of 0 on the connection',
    play: (client) => window(client, 0, 0, 0, 0, 0),
    outcome: ends(h2.PROTOCOL_ERROR),
  },
  {
    name: 'WINDOW_UPDATE of 0 on a stream',
    play: (client) => {
      client.begin(1);
      window(client, 1, 0, 0, 0, 0);
    },
    outcome: resets(h2.PROTOCOL_ERROR),
  },
  {
    name: 'a window of the connection beyond 2^31-1',
    play: (client) => window(client, 0, ...LARGEST_INCREMENT),
    outcome: ends(h2.FLOW_CONTROL_ERROR),
  },
  {
    name: 'a window of a stream beyond 2^31-1',
    play: (client) => {
      client.ask(1, '/never');
      window(client, 1, ...LARGEST_INCREMENT);
    },
    outcome: resets(h2.FLOW_CONTROL_ERROR),
  },
  {
    name: 'a window of a stream beyond 2^31-1 by SETTINGS',
    play: (client) => {
      client.ask(1, '/never');
      window(client, 1, 0x7f, 0xfe, 0xff, 0xff);
      client.frame(h2.SETTINGS, 0, 0, 0, h2.INITIAL_WINDOW_SIZE, ...LARGEST_INCREMENT);
    },
    outcome: ends(h2.FLOW_CONTROL_ERROR),
  },
  {
    name: 'a window of 0 is kept to',
    play: async (client) => {
      client.frame(h2.SETTINGS, 0, 0, 0, h2.INITIAL_WINDOW_SIZE, 0, 0, 0, 0);
      client.ask(1, '/large');
      await client.until(() => client.stream(1).statuses.length > 0);
    },
    outcome: goesOn,
    check: (client) => (client.stream(1).dataBytes === 0 ? null : `${client.stream(1).dataBytes} bytes of data`),
  },
  {
    name: 'a window of 1 is kept to',
    play: async (client) => {
      client.frame(h2.SETTINGS, 0, 0, 0, h2.INITIAL_WINDOW_SIZE, 0, 0, 0, 1);
      client.ask(1, '/large');
      await client.until(() => client.stream(1).dataBytes > 0);
    },
    outcome: goesOn,
    check: (client) => (client.stream(1).dataBytes === 1 ? null : `${client.stream(1).dataBytes} bytes of data`),
  },
  {
    name: 'a window that SETTINGS have made negative is kept to',
    play: async (client) => {
      client.ask(1, '/large');
      await client.until(() => client.stream(1).dataBytes === h2.DEFAULT_WINDOW);
      client.frame(h2.SETTINGS, 0, 0, 0, h2.INITIAL_WINDOW_SIZE, 0, 0, 0, 0);
      window(client, 0, 0, 16, 0, 0);
      window(client, 1, 0, 0, 0xff, 0xff); // back to 0
      window(client, 1, 0, 0, 0, 5);
      await client.until(() => client.stream(1).dataBytes > h2.DEFAULT_WINDOW);
    },
    outcome: goesOn,
    check: (client) =>
      client.stream(1).dataBytes === h2.DEFAULT_WINDOW + 5 ? null : `${client.stream(1).dataBytes} bytes of data`,
  },
  {
    name: 'the window of the connection is kept to, and opened',
    play: async (client) => {
      client.frame(h2.SETTINGS, 0, 0, 0, h2.INITIAL_WINDOW_SIZE, 0, 15, 0, 0);
      client.ask(1, '/large');
      await client.until(() => client.stream(1).dataBytes === h2.DEFAULT_WINDOW);
      await client.ping();
      if (client.stream(1).dataBytes === h2.DEFAULT_WINDOW) window(client, 0, 0, 15, 0, 0);
    },
    outcome: answers(),
    check: (client) => (client.stream(1).dataBytes === LARGE ? null : `${client.stream(1).dataBytes} bytes of data`),
  },
  {
    name: 'a stream beyond its window',
    play: (client) => {
      client.headers(1, h2.END_HEADERS, ...client.post('/never'));
      // More than the sockets on the way to a backend that reads nothing can hold.
      for (let n = 0; n < 1500; n++) client.data(1, h2.FRAME_LIMIT);
    },
    outcome: refused,
  },
]);

export const streams: Family = { name: 'streams', cases: [...states, ...bodies, ...windows] };
