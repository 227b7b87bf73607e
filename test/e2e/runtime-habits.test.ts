// What the runtime could do by itself, and would not say: repeat, follow, keep, remember. Each of these would be wrong here.
import { describe, expect, test } from 'bun:test';
import { type TLSSocket, createServer } from 'node:tls';
import type { SocketOwner } from '../../src/core/dial.ts';
import { millis } from '../../src/core/units.ts';
import { realWorld } from '../../src/world.ts';
import { Sampler } from '../../tools/load-test/sampler.ts';
import { FIRST } from '../support/certificates.ts';
import { keystone } from '../support/gateway-process.ts';
import { listen } from '../support/ports.ts';
import { RawOrigin } from '../support/raw-origin.ts';
import { until } from '../support/until.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** An owner that notes what becomes of its socket. */
function noting(heard: string[], opened: (socket: Parameters<SocketOwner['opened']>[0]) => void): SocketOwner {
  return {
    attached: () => undefined,
    opened: (socket) => {
      heard.push('opened');
      opened(socket);
    },
    received: () => undefined,
    drained: () => undefined,
    closed: () => heard.push('closed'),
    failed: () => heard.push('failed'),
    broken: () => heard.push('broken'),
  };
}

describe('a command', () => {
  test.each([
    ['GET', ['status']],
    ['POST', ['disable', 'main/a']],
  ])('is sent once, a %s that is cut as well', async (method, words) => {
    const seen: string[] = [];
    await using origin = await RawOrigin.start('mute', (socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (bytes: Buffer) => {
        seen.push(bytes.toString('latin1').split(' ', 1)[0] ?? '');
        socket.destroy();
      });
    });
    const { code } = await keystone([...words, '--url', `${origin.url}/admin`]);
    expect([code, seen]).toEqual([1, [method]]);
  });

  test('follows no redirect: its token is for one address', async () => {
    const seen: string[] = [];
    await using other = await RawOrigin.start('other', (socket) => {
      seen.push('other');
      socket.destroy();
    });
    await using origin = await RawOrigin.start('redirecting', (socket) => {
      socket.on('error', () => undefined);
      const head = `HTTP/1.1 302 Found\r\nLocation: ${other.url}/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`;
      socket.on('data', () => socket.end(head));
    });
    const { code } = await keystone(['status', '--url', `${origin.url}/admin`]);
    expect([code, seen]).toEqual([1, []]);
  });
});

describe('the samples of a load test', () => {
  // The runtime repeats a GET by itself whose kept connection is cut, and so hides that it was lost.
  test('are requests, each sent once: what is lost counts as lost', async () => {
    const seen: string[] = [];
    await using origin = await RawOrigin.start('lossy', (socket) => {
      socket.on('error', () => undefined);
      socket.on('data', () => {
        seen.push('request');
        if (seen.length % 2 === 1) socket.write(OK);
        else socket.destroy();
      });
    });
    const sampler = new Sampler({ url: origin.url, host: null, headers: [] }, realWorld().clock, millis(1));
    await until(() => sampler.samples.length >= 10, 'ten samples are taken');
    await sampler.stop();
    const { samples } = sampler;
    expect(seen).toHaveLength(samples.length);
    expect(samples.map(({ latency }) => latency !== null)).toEqual(samples.map((_, at) => at % 2 === 0));
  });
});

describe('a socket of traffic', () => {
  test('is opened once, and not again by itself when its peer cuts it', async () => {
    let accepted = 0;
    await using origin = await RawOrigin.start('cutting', (socket) => {
      accepted++;
      socket.destroy();
    });
    const heard: string[] = [];
    const { port } = new URL(origin.url);
    realWorld().dial(
      { hostname: '127.0.0.1', port: Number(port), tls: null },
      noting(heard, () => undefined),
    );
    await until(() => heard.includes('closed'), 'it is closed');
    expect([heard, accepted]).toEqual([['opened', 'closed'], 1]);
  });
});

describe('a handshake with a backend', () => {
  // A session that is taken up again does not show the certificate that the backend has now.
  test('is whole each time for checks and for options that are new, and taken up again by traffic that goes on', async () => {
    const reused: boolean[] = [];
    const server = createServer({ cert: FIRST.certificate, key: FIRST.key, ALPNProtocols: ['h2'] });
    server.on('secureConnection', (socket: TLSSocket) => {
      reused.push(socket.isSessionReused());
      socket.on('error', () => undefined);
      socket.end();
    });
    const port = await listen(server);
    const { dial, connect, call } = realWorld();
    const tls = { serverName: 'a.example.com', rejectUnauthorized: false };
    const address = { hostname: '127.0.0.1', port, tls };
    for (let time = 0; time < 3; time++) {
      const events = { opened: () => undefined, received: () => undefined, closed: () => undefined };
      connect(address, { ...events, failed: () => undefined });
      const before = reused.length;
      await until(() => reused.length > before, 'the check is there');
      const heard: string[] = [];
      dial(
        time === 0 ? { ...address, tls: { ...tls } } : address,
        // Ended by the server: a client that goes at once may be gone before the server knows of the handshake.
        noting(heard, () => undefined),
      );
      await until(() => heard.length > 0 && reused.length > before + 1, 'the traffic is there');
      const signal = AbortSignal.timeout(5000);
      const request = { address, authority: 'a', path: '/', fields: {}, body: new Uint8Array(), maxBody: 1, signal };
      await call(request);
    }
    server.close();
    // Of each round: the check, the traffic, the call.
    expect(reused).toEqual([false, false, false, false, false, false, false, true, false]);
  });
});
