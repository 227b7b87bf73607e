// The world's calls by HTTP/2 against peers that do it wrong. Whatever a peer does, a call ends, and so does its
// connection.
import { describe, expect, test } from 'bun:test';
import { createServer as createSecureServer } from 'node:tls';
import type { Socket } from 'node:net';
import type { Call, CallResult } from '../../src/core/caller.ts';
import { TlsProblem } from '../../src/core/connect-failure.ts';
import type { TlsClientOptions } from '../../src/core/connector.ts';
import { call } from '../../src/world/http2-call.ts';
import { FIRST } from '../support/certificates.ts';
import { GrpcOrigin } from '../support/grpc-origin.ts';
import { listen } from '../support/ports.ts';
import { RawOrigin } from '../support/raw-origin.ts';
import { until } from '../support/until.ts';

type Wanted = { readonly signal?: AbortSignal; readonly tls?: TlsClientOptions; readonly maxBody?: number };

function ask(port: number, { signal = AbortSignal.timeout(20_000), tls, maxBody = 1024 }: Wanted = {}) {
  const request: Call = {
    address: { hostname: '127.0.0.1', port, tls: tls ?? null },
    authority: 'a.example',
    path: '/',
    fields: { te: 'trailers' },
    body: Uint8Array.of(0, 0, 0, 0, 0),
    maxBody,
    signal,
  };
  return call(request);
}

const SETTINGS = frame(4, 0, []);
const OK = [0x88];
const STATUS = [...literal('grpc-status', '0')];
const END_STREAM = 1;
const END_HEADERS = 4;

/** A frame (RFC 9113, 4.1): of the connection, or of the first stream. */
function frame(type: number, flags: number, payload: readonly number[] | Uint8Array): Uint8Array {
  const isOfStream = type <= 3 || type === 5 || type === 9;
  const { length } = payload;
  return Uint8Array.of(length >>> 16, (length >> 8) & 255, length & 255, type, flags, 0, 0, 0, +isOfStream, ...payload);
}

/** A field that is not indexed (RFC 7541, 6.2.2); names and values are shorter than 127 bytes. */
function literal(name: string, value: string): number[] {
  const bytes = (text: string): number[] => [text.length, ...new TextEncoder().encode(text)];
  return [0, ...bytes(name), ...bytes(value)];
}

/** A peer that says this once it is spoken to, and what the call that asks it comes to once its connection is gone. */
async function afterHearing(says: readonly Uint8Array[], isClosing = false, maxBody = 1024): Promise<CallResult> {
  const closed = Promise.withResolvers<void>();
  await using peer = await RawOrigin.start('peer', (socket) => {
    socket.on('error', () => {});
    socket.on('close', () => closed.resolve());
    socket.on('end', () => socket.destroy());
    socket.once('data', () => {
      for (const bytes of says) socket.write(bytes);
      if (isClosing) socket.end();
    });
  });
  const result = await ask(Number(new URL(peer.url).port), { maxBody });
  await closed.promise;
  return result;
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const many = (count: number, bytes: Uint8Array): Uint8Array => new Uint8Array(Buffer.concat(Array(count).fill(bytes)));

describe('a call by HTTP/2', () => {
  test('brings header, body and trailers', async () => {
    using origin = await GrpcOrigin.start();
    const { port } = new URL(origin.url);
    expect(await ask(Number(port))).toMatchObject({
      kind: 'answered',
      status: 200,
      fields: { 'content-type': 'application/grpc' },
      trailers: { 'grpc-status': '0', 'grpc-message': 'nothing was told.' },
      body: Uint8Array.of(0, 0, 0, 0, 2, 8, 1),
    });
  });

  test('takes an answer that is a header alone, or comes after an interim one', async () => {
    const head = frame(1, END_HEADERS + END_STREAM, [...OK, ...STATUS]);
    expect(await afterHearing([SETTINGS, head])).toMatchObject({ kind: 'answered', fields: { 'grpc-status': '0' } });
    const interim = frame(1, END_HEADERS, literal(':status', '103'));
    expect(await afterHearing([SETTINGS, interim, head])).toMatchObject({ kind: 'answered', status: 200 });
  });

  const head = frame(1, END_HEADERS, OK);
  const flood = frame(9, 0, literal('x', 'y'.repeat(100)));
  const malformed: readonly (readonly [string, readonly Uint8Array[]])[] = [
    ['HTTP/1.1', [text('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')]],
    ['noise', [text('nonsense\r\n\r\n')]],
    ['a frame larger than is allowed', [SETTINGS, frame(0, 0, new Uint8Array(100_000))]],
    ['a header that cannot be decoded', [SETTINGS, frame(1, END_HEADERS, [255, 255, 255, 255, 255, 255])]],
    ['a header without end', [SETTINGS, frame(1, 0, OK), many(20_000, flood)]],
    ['settings without end', [many(20_000, SETTINGS)]],
    ['a push that nobody asked for', [SETTINGS, frame(5, END_HEADERS, [0, 0, 0, 2, 0x82, 0x84, 0x86])]],
  ];
  test.each(malformed)('ends where its peer speaks %s', async (_, says) => {
    expect(await afterHearing(says)).toEqual({ kind: 'broken', reason: 'malformed' });
  });

  const closed: readonly (readonly [string, readonly Uint8Array[], boolean])[] = [
    ['closes at once', [], true],
    ['closes in the middle of an answer', [SETTINGS, head, frame(0, 0, [0, 0])], true],
    ['resets the stream', [SETTINGS, frame(3, 0, [0, 0, 0, 7])], false],
    ['resets the stream in the middle of an answer', [SETTINGS, head, frame(3, 0, [0, 0, 0, 2])], false],
    ['goes away', [SETTINGS, frame(7, 0, [0, 0, 0, 0, 0, 0, 0, 0])], true],
    ['goes away because of an error', [SETTINGS, frame(7, 0, [0, 0, 0, 0, 0, 0, 0, 2])], false],
  ];
  test.each(closed)('ends where its peer %s', async (_, says, isClosing) => {
    expect(await afterHearing(says, isClosing)).toEqual({ kind: 'broken', reason: 'closed' });
  });

  // The runtime takes these without end.
  test.each([
    ['interim answers', frame(1, END_HEADERS, literal(':status', '103'))],
    ['frames of a kind that nobody knows', frame(0xfa, 0, [])],
    ['more and more credit', frame(8, 0, [0, 0, 0, 1])],
    ['acknowledgements that nobody waits for', frame(4, 1, [])],
  ])('ends where its peer sends %s without end', async (_, bytes) => {
    expect(await afterHearing([SETTINGS, many(40_000, bytes)])).toEqual({ kind: 'broken', reason: 'too-long' });
  });

  test('ends where the answer gets too long', async () => {
    const page = frame(0, 0, new Uint8Array(1000));
    const ended = await afterHearing([SETTINGS, head, page, page], false, 1999);
    expect(ended).toEqual({ kind: 'broken', reason: 'too-long' });
  });

  test('ends when it is told to, whatever it is waiting for', async () => {
    const sockets = new Set<Socket>();
    const says: (Uint8Array | null)[] = [null, SETTINGS, frame(4, 0, [0, 3, 0, 0, 0, 0])];
    for (const [bytes, tls] of [...says.map((one) => [one, false] as const), [null, true] as const]) {
      const abort = new AbortController();
      await using peer = await RawOrigin.start('peer', (socket) => {
        sockets.add(socket);
        socket.on('error', () => {});
        socket.on('end', () => socket.destroy());
        socket.on('close', () => sockets.delete(socket));
        socket.once('data', () => {
          if (bytes === null) abort.abort();
          else socket.write(bytes, () => setImmediate(() => abort.abort()));
        });
      });
      const options = tls ? { tls: { serverName: 'a.example', rejectUnauthorized: true } } : {};
      const ended = await ask(Number(new URL(peer.url).port), { signal: abort.signal, ...options });
      expect(ended).toEqual({ kind: 'broken', reason: 'aborted' });
      await until(() => sockets.size === 0, 'the connection is gone');
    }
  });

  test('ends when it is told to while it still connects, or before', async () => {
    await using peer = await RawOrigin.start('peer', (socket) => socket.on('error', () => {}).resume());
    const port = Number(new URL(peer.url).port);
    const abort = new AbortController();
    const asked = [ask(port, { signal: abort.signal })];
    asked.push(ask(port, { signal: abort.signal, tls: { serverName: 'a.example', rejectUnauthorized: true } }));
    abort.abort();
    asked.push(ask(port, { signal: abort.signal }));
    for (const one of asked) expect(await one).toEqual({ kind: 'broken', reason: 'aborted' });
  });
});

describe('a call by HTTP/2 over TLS', () => {
  /** The result, and what the peer was asked for. */
  const over = async (tls: TlsClientOptions, protocols: readonly string[] = ['h2']) => {
    const sockets = new Set<Socket>();
    const hello = { name: null as string | null, protocol: null as string | null };
    const { certificate: cert, key } = FIRST;
    const server = createSecureServer({ cert, key, ALPNProtocols: [...protocols] }, (socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => sockets.delete(socket));
      hello.name = typeof socket.servername === 'string' ? socket.servername : null;
      hello.protocol = typeof socket.alpnProtocol === 'string' ? socket.alpnProtocol : null;
      socket.once('data', () => {
        socket.write(SETTINGS);
        socket.write(frame(1, END_HEADERS + END_STREAM, [...OK, ...STATUS]));
      });
    });
    server.on('tlsClientError', () => {});
    try {
      const result = await ask(await listen(server), { tls });
      await until(() => sockets.size === 0, 'the connection is gone');
      return { result, hello };
    } finally {
      for (const socket of sockets) socket.destroy();
      server.close();
    }
  };

  test('looks at the public key of its peer', async () => {
    const tls = { serverName: 'a.example.com', rejectUnauthorized: false };
    const pin = 'bN1MOeHEL140yCJ+yNNXhHqml5vD0AT33tDj9f4zQV8=';
    expect((await over({ ...tls, pins: [pin] })).result.kind).toBe('answered');
    const { result } = await over({ ...tls, pins: [`${'A'.repeat(43)}=`] });
    expect(result).toMatchObject({ kind: 'unreachable' });
    expect(result.kind === 'unreachable' ? result.error : null).toEqual(
      new TlsProblem(`its public key is none of those in pins: it is ${pin}`),
    );
  });

  test('agrees on HTTP/2, and asks for a name but for no address', async () => {
    const named = await over({ serverName: 'a.example.com', rejectUnauthorized: false });
    expect(named).toMatchObject({ result: { kind: 'answered' }, hello: { name: 'a.example.com', protocol: 'h2' } });
    const numbered = await over({ serverName: '127.0.0.1', rejectUnauthorized: false });
    expect(numbered).toMatchObject({ result: { kind: 'answered' }, hello: { name: null } });
  });

  test('ends where the certificate is not trusted', async () => {
    const { result } = await over({ serverName: 'a.example.com', rejectUnauthorized: true });
    expect(result).toMatchObject({ kind: 'unreachable', error: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' } });
  });

  test('ends where its peer has no HTTP/2, or no TLS', async () => {
    const tls = { serverName: 'a.example.com', rejectUnauthorized: false };
    for (const protocols of [['http/1.1'], []]) {
      expect((await over(tls, protocols)).result.kind).not.toBe('answered');
    }
    await using plain = await RawOrigin.start('plain', (socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    });
    const ended = await ask(Number(new URL(plain.url).port), { tls });
    expect(ended).toMatchObject({ kind: 'unreachable' });
  });
});
