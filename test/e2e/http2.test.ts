// HTTP/2 from clients: what they get, what they may send, and how a connection ends.
import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import * as h2 from '../../src/http2/frames.ts';
import { curl } from '../support/curl.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { MadeCertificate } from '../support/made-certificate.ts';
import { Origin, type Seen } from '../support/origin.ts';
import { RawH2 } from '../support/raw-h2.ts';
import { RawOrigin } from '../support/raw-origin.ts';
import { until } from '../support/until.ts';
import { WebSocketOrigin } from '../support/web-socket-origin.ts';
import { uncheckedTenant } from '../support/yaml.ts';

const MIB = 1024 * 1024;
const LONG = 90_000;
// A busy machine may take long for anything.
setDefaultTimeout(LONG);

type Place = { readonly name: string; readonly url: string };

/** A gateway that speaks TLS, with one tenant. */
async function start(origin: Place, more = '', settings = ''): Promise<GatewayProcess & AsyncDisposable> {
  const files = await MadeCertificate.make('a.test', 2);
  const tls = `tls: { cert_file: "${files.cert}", key_file: "${files.key}" }\n`;
  const gateway = await GatewayProcess.start(tls + settings + uncheckedTenant('/', [origin], more));
  const dispose = gateway[Symbol.asyncDispose].bind(gateway);
  return Object.assign(gateway, {
    [Symbol.asyncDispose]: async () => {
      await dispose();
      await files[Symbol.asyncDispose]();
    },
  });
}

function secure(gateway: GatewayProcess, path = '/'): string {
  return `https://127.0.0.1:${gateway.port}${path}`;
}

/** Of the listener of the configuration, beside that of the command line. */
describe('HTTP/2', () => {
  test('is spoken with those that choose it, and HTTP/1.1 with all others', async () => {
    using origin = new Origin('a');
    await using gateway = await start(origin);
    const version = async (...words: string[]) =>
      (await curl('-k', ...words, '--output', '/dev/null', '--write-out', '%{http_version}', secure(gateway))).body;
    expect(await version('--http2')).toBe('2');
    expect(await version('--http1.1')).toBe('1.1');
    expect(await version('--no-alpn')).toBe('1.1');
  });

  test('brings a backend the same request as HTTP/1.1, but for the version in Via', async () => {
    using origin = new Origin('a');
    await using gateway = await start(origin, '', 'via: requests\n');
    const ask = async (version: string): Promise<Seen> => {
      const fields = ['-H', 'X-Own: 1', '-H', 'Cookie: a=1; b=2', '-A', 'me'];
      const answer = await curl('-k', version, ...fields, '--data', 'some', secure(gateway, '/path?query'));
      return JSON.parse(answer.body) as Seen;
    };
    const [one, two] = [await ask('--http1.1'), await ask('--http2')];
    expect(one.headers['via']).toBe('1.1 keystone');
    expect(two.headers['via']).toBe('2.0 keystone');
    for (const { headers } of [one, two]) for (const name of ['via', 'x-request-id']) delete headers[name];
    expect(two).toEqual(one);
  });

  test('carries bodies of any size and framing, both ways', async () => {
    using origin = new Origin('a', async (request) => new Response(await request.arrayBuffer()));
    await using gateway = await start(origin);
    const body = 'body'.repeat(MIB / 2);
    for (const words of [
      ['--data-binary', '@-'],
      ['-T', '-'],
    ]) {
      const child = Bun.spawn(['curl', '-sk', '--http2', '-H', 'Expect:', ...words, secure(gateway)], {
        stdin: new Blob([body]),
        stdout: 'pipe',
      });
      expect((await new Response(child.stdout).text()) === body).toBe(true);
    }
  });

  test('answers HEAD, 204 and what the gateway itself says', async () => {
    using origin = new Origin('a', ({ url }) =>
      url.endsWith('/none') ? new Response(null, { status: 204 }) : new Response('some'),
    );
    await using gateway = await start(origin, '    allow_trace: false\n');
    const head = await curl('-k', '--http2', '-I', secure(gateway));
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '4']);
    expect((await curl('-k', '--http2', secure(gateway, '/none'))).status).toBe(204);
    const refused = await curl('-k', '--http2', '-X', 'TRACE', secure(gateway));
    expect(refused.status).toBe(405);
    expect(refused.headers.get('x-request-id')).toMatch(/^[0-9a-f]{24}$/);
    expect(refused.headers.get('content-length')).toBe(String(refused.body.length));
  });

  test('serves many requests at a time, and refuses those beyond the limit', async () => {
    await using origin = await RawOrigin.start('a');
    await using gateway = await start(origin, '', 'limits: { h2_streams: 3 }\n');
    using client = await RawH2.open(gateway.port);
    for (const stream of [1, 3, 5, 7]) client.ask(stream);
    expect(await client.resetCode(7)).toBe(h2.REFUSED_STREAM);
    for (const place of [0, 1, 2]) {
      const asked = await origin.asked(place);
      await asked.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    }
    for (const stream of [1, 3, 5]) {
      expect(await client.status(stream)).toBe(200);
      await until(() => client.hasEnded(stream), 'it has ended');
    }
    client.ask(9);
    await origin.asked(0);
    expect(client.isClosed).toBe(false);
  });

  test('passes trailers of a response on to clients that take them', async () => {
    await using origin = await RawOrigin.start('a');
    await using gateway = await start(origin);
    using client = await RawH2.open(gateway.port);
    client.ask(1, { te: 'trailers' });
    const asked = await origin.asked();
    expect(asked.received.toLowerCase()).toContain('\r\nte: trailers\r\n');
    await asked.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nsome\r\n0\r\nGrpc-Status: 0\r\n\r\n');
    await until(() => client.hasEnded(1), 'it has ended');
    const heads = client.frames.filter(({ type }) => type === h2.HEADERS);
    expect(heads.map(({ fields }) => fields.includes('grpc-status: 0'))).toEqual([false, true]);
    expect(client.body(1)).toBe('some');
  });

  test('passes trailers of a request on where the tenant wants them, without those that could do harm', async () => {
    await using origin = await RawOrigin.start('a');
    await using gateway = await start(origin, '    request_trailers: true\n');
    using client = await RawH2.open(gateway.port);
    client.ask(1, { ':method': 'POST' }, false);
    client.data(1, 'some');
    client.headers(1, { 'x-sum': '7', 'x-forwarded-for': 'me', authorization: 'me' });
    const asked = await origin.asked();
    await until(() => asked.received.endsWith('\r\n\r\n') && asked.received.includes('\r\n0\r\n'), 'all has come');
    expect(asked.received.split('\r\n\r\n')[1]).toBe('4\r\nsome\r\n0\r\nx-sum: 7');
    client.ask(3, { ':method': 'POST' }, false);
    client.headers(3, { 'content-length': '7' });
    expect(await client.resetCode(3)).toBe(h2.PROTOCOL_ERROR);
  });

  test('passes interim responses on', async () => {
    await using origin = await RawOrigin.start('a');
    await using gateway = await start(origin);
    using client = await RawH2.open(gateway.port);
    client.ask(1);
    const asked = await origin.asked();
    await asked.send('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    await until(() => client.hasEnded(1), 'it has ended');
    const heads = client.frames.filter(({ type }) => type === h2.HEADERS);
    expect(heads.map(({ fields }) => fields[0])).toEqual([':status: 103', ':status: 200']);
  });

  test('shows a client that a response is not whole', async () => {
    await using origin = await RawOrigin.start('a');
    await using gateway = await start(origin);
    using client = await RawH2.open(gateway.port);
    client.ask(1);
    const asked = await origin.asked();
    await asked.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nsome\r\n');
    await until(() => client.body(1) === 'some', 'a part has come');
    asked.reset();
    expect(await client.resetCode(1)).toBe(h2.INTERNAL_ERROR);
    expect(client.hasEnded(1)).toBe(false);
  });

  test('lets go of the backend when a client breaks its request off', async () => {
    await using origin = await RawOrigin.start('a');
    await using gateway = await start(origin);
    using client = await RawH2.open(gateway.port);
    client.ask(1);
    const asked = await origin.asked();
    client.reset(1);
    expect(await asked.until(({ peer }) => peer !== 'open', LONG)).toBe(true);
  });
});

describe('a client over HTTP/2 that takes or brings nothing', () => {
  const TIMEOUTS = 'timeouts: { idle: 1s }\n';

  test(
    'loses a response for which it gives no window, and only that one',
    async () => {
      using origin = new Origin('a');
      await using gateway = await start(origin, '', TIMEOUTS);
      using client = await RawH2.open(gateway.port, [[h2.INITIAL_WINDOW_SIZE, 0]]);
      client.ask(1);
      expect(await client.status(1)).toBe(200);
      expect(await client.resetCode(1)).toBe(h2.CANCEL);
      client.ask(3);
      client.widen(3, 100_000);
      await until(() => client.hasEnded(3), 'the other one is complete');
    },
    LONG,
  );

  test(
    'loses its connection where it gives none for all of them together',
    async () => {
      using origin = new Origin('a', () => new Response('x'.repeat(100_000)));
      await using gateway = await start(origin, '', TIMEOUTS);
      using client = await RawH2.open(gateway.port, [[h2.INITIAL_WINDOW_SIZE, MIB]]);
      client.ask(1);
      await until(() => client.isClosed, 'it is closed');
      expect(client.body(1).length).toBe(h2.DEFAULT_WINDOW);
    },
    LONG,
  );

  test(
    'loses a request whose body does not come, and only that one',
    async () => {
      await using origin = await RawOrigin.start('a');
      await using gateway = await start(origin, '', TIMEOUTS);
      using client = await RawH2.open(gateway.port);
      client.ask(1, { ':method': 'POST' }, false);
      client.data(1, 'some');
      // By the clock of its body, or by that of the backend that waits for it.
      await client.seenFrame(h2.RST_STREAM, 1);
      client.ask(3, { ':method': 'POST', 'content-length': '4' }, false);
      client.data(3, 'some', true);
      await until(() => origin.connections.some(({ received }) => received.endsWith('\r\n\r\nsome')), 'it has come');
    },
    LONG,
  );

  test('cannot make the gateway keep more of its bodies than their windows', async () => {
    await using origin = await RawOrigin.start('a', (socket) => void socket.pause());
    await using gateway = await start(origin);
    using client = await RawH2.open(gateway.port);
    client.ask(1, { ':method': 'POST' }, false);
    const piece = 'x'.repeat(h2.FRAME_LIMIT);
    for (let sent = 0; sent < 64 * MIB && client.frames.every(({ type }) => type !== h2.GOAWAY); sent += piece.length) {
      client.data(1, piece);
      if (sent % MIB === 0) await new Promise(setImmediate);
    }
    await until(() => client.frames.some(({ type }) => type === h2.GOAWAY || type === h2.RST_STREAM), 'it is stopped');
  });

  test(
    'does not keep a connection by a part of a head',
    async () => {
      using origin = new Origin('a');
      await using gateway = await start(origin, '', 'timeouts: { header: 1s }\n');
      using client = await RawH2.open(gateway.port);
      client.frame(h2.HEADERS, 0, 1, Uint8Array.of(0x82));
      expect(await client.goneCode()).toBe(h2.ENHANCE_YOUR_CALM);
      using silent = await RawH2.open(gateway.port);
      silent.send(Uint8Array.of(0, 0, 4));
      expect(await silent.goneCode()).toBe(h2.ENHANCE_YOUR_CALM);
    },
    LONG,
  );
});

describe('floods over HTTP/2', () => {
  const FLOODS: readonly (readonly [name: string, setting: string, send: (client: RawH2, n: number) => void])[] = [
    ['requests that are broken off', 'h2_resets', (client, n) => (client.ask(n * 2 + 1), client.reset(n * 2 + 1))],
    ['pings', 'h2_pings', (client) => client.frame(h2.PING, 0, 0, new Uint8Array(8))],
    ['settings', 'h2_settings', (client) => client.frame(h2.SETTINGS, 0, 0)],
    ['window updates', 'h2_window_updates', (client) => client.widen(0, 1)],
    ['priorities', 'h2_other_frames', (client, n) => client.frame(h2.PRIORITY, 0, n * 2 + 1, new Uint8Array(5))],
    ['unknown frames', 'h2_other_frames', (client) => client.frame(0xbe, 0, 0)],
    [
      'empty data',
      'h2_empty_frames',
      (client, n) => (n === 0 ? client.ask(1, { ':method': 'POST' }, false) : client.data(1, '')),
    ],
    [
      'pieces of a head',
      'h2_continuations',
      (client, n) => client.frame(n === 0 ? h2.HEADERS : h2.CONTINUATION, 0, 1, Uint8Array.of(0x82)),
    ],
  ];

  test.each(FLOODS)(
    'of %s end the connection, and are counted',
    async (_, setting, send) => {
      await using origin = await RawOrigin.start('a');
      await using gateway = await start(origin, '', `limits: { ${setting}: 10 }\n`);
      using client = await RawH2.open(gateway.port);
      for (let n = 0; n < 30; n++) send(client, n);
      expect(await client.goneCode()).toBe(h2.ENHANCE_YOUR_CALM);
      await until(() => gateway.errors.includes(`connection ended: limits.${setting}`), 'the log tells');
      const { listeners } = (await (await fetch(`${gateway.admin}/connections`)).json()) as {
        listeners: { ended: { h2_limits: number } }[];
      };
      expect(listeners.reduce((sum, { ended }) => sum + ended.h2_limits, 0)).toBe(1);
    },
    LONG,
  );
});

describe('a connection over HTTP/2 that ends', () => {
  test(
    'lets requests come to their end when the gateway is told to end, and what comes on the way meanwhile',
    async () => {
      await using origin = await RawOrigin.start('a');
      await using gateway = await start(origin);
      using client = await RawH2.open(gateway.port);
      client.ask(1);
      const asked = await origin.asked();
      gateway.signal('SIGTERM');
      expect(await client.goneCode()).toBe(h2.NO_ERROR);
      client.ask(3);
      const second = await origin.asked(1);
      await second.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      await until(() => client.hasEnded(3), 'the later one has ended');
      await asked.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      await until(() => client.hasEnded(1), 'the first one has ended');
      expect(await gateway.exited).toBe(0);
    },
    LONG,
  );

  test(
    'is told so when it is idle for too long',
    async () => {
      using origin = new Origin('a');
      await using gateway = await start(origin, '', 'timeouts: { keep_alive: 1s }\n');
      using client = await RawH2.open(gateway.port);
      client.ask(1);
      expect(await client.status(1)).toBe(200);
      expect(await client.goneCode()).toBe(h2.NO_ERROR);
      await until(() => client.isClosed, 'it is closed');
    },
    LONG,
  );
});

describe('a listener', () => {
  test('may do without HTTP/2', async () => {
    using origin = new Origin('a');
    await using files = await MadeCertificate.make('a.test', 2);
    const tls = `tls: { cert_file: "${files.cert}", key_file: "${files.key}" }\n`;
    const yaml = `${tls}listeners: [{ address: "127.0.0.1:0", tls: true, http2: false }]\n`;
    await using gateway = await GatewayProcess.start(yaml + uncheckedTenant('/', [origin]));
    const url = `https://127.0.0.1:${await gateway.configuredPort()}/`;
    const answer = await curl('-k', '--http2', url, '-w', '\n%{http_version}');
    expect(answer.body.split('\n').at(-1)).toBe('1.1');
  });

  test('may serve it without TLS, beside HTTP/1.1, however the first bytes come', async () => {
    using origin = new Origin('a');
    const yaml = 'listeners: [{ address: "127.0.0.1:0", h2c: true }]\n';
    await using gateway = await GatewayProcess.start(yaml + uncheckedTenant('/', [origin]));
    const url = `http://127.0.0.1:${await gateway.configuredPort()}/`;
    expect((await curl('--http2-prior-knowledge', url)).status).toBe(200);
    expect((await curl(url)).status).toBe(200);
    expect((await curl('-X', 'PROPFIND', url)).status).toBe(200);
    expect((await curl('-X', 'PUT', url)).status).toBe(200);
  });
});

describe('a WebSocket over HTTP/2', () => {
  const OPEN = {
    ':method': 'CONNECT',
    ':protocol': 'websocket',
    'sec-websocket-version': '13',
  };

  test(
    'is opened by an extended CONNECT, and carries frames both ways',
    async () => {
      using origin = new WebSocketOrigin();
      await using gateway = await start(origin);
      using client = await RawH2.open(gateway.port);
      client.ask(1, OPEN, false);
      // Before the answer is there, and with a mask that leaves the text as it is.
      client.frame(h2.DATA, 0, 1, Uint8Array.of(0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69));
      expect(await client.status(1)).toBe(200);
      const { fields } = await client.seenFrame(h2.HEADERS, 1);
      expect(fields.some((line) => line.startsWith('sec-websocket-accept'))).toBe(false);
      expect(fields).toContain('x-origin: sockets');
      await until(() => client.body(1).endsWith('\u0002hi'), 'it comes back');
      client.frame(h2.DATA, 0, 1, Uint8Array.of(0x81, 0x82, 0, 0, 0, 0, 0x68, 0x6f));
      await until(() => client.body(1).endsWith('\u0002ho'), 'the next one comes back');
      gateway.signal('SIGTERM');
      await until(() => origin.closings.length === 1 && client.hasEnded(1), 'both ends are told');
      expect(origin.closings[0]?.code).toBe(1001);
    },
    LONG,
  );

  test('goes on in the process of before when another one takes its place', async () => {
    using origin = new WebSocketOrigin();
    await using gateway = await start(origin);
    using client = await RawH2.open(gateway.port);
    client.ask(1, OPEN, false);
    expect(await client.status(1)).toBe(200);
    expect((await gateway.upgrade())['kind']).toBe('upgraded');
    expect(await client.goneCode()).toBe(h2.NO_ERROR);
    client.frame(h2.DATA, 0, 1, Uint8Array.of(0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69));
    await until(() => client.body(1).endsWith('\u0002hi'), 'it comes back');
    using other = await RawH2.open(gateway.port);
    other.ask(1);
    expect(await other.status(1)).toBe(200);
  });

  test('that the backend refuses is answered as any other request', async () => {
    using origin = new WebSocketOrigin();
    await using gateway = await start(origin);
    using client = await RawH2.open(gateway.port);
    client.ask(1, { ...OPEN, ':path': '/no' }, false);
    expect(await client.status(1)).toBe(403);
    await until(() => client.hasEnded(1), 'it has ended');
  });
});
