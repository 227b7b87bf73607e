// Connections over HTTP/1.1 whose next request takes its time, on a clock that the test moves. Most of what a connection has is
// dropped then and made again, which must not show.
import { describe, expect, test } from 'bun:test';
import { connect as connectTls } from 'node:tls';
import type { ClientFacts } from '../../src/message/contract.ts';
import { Origin } from '../support/origin.ts';
import { RawClient } from '../support/raw-client.ts';
import { TlsDoor, served, sourceOf } from '../support/tls-door.ts';
import { until } from '../support/until.ts';

const BOUND = 10_000;
const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n';
/** More than what a connection keeps all of itself for. */
const SHORT = 6000;
const KEEP_ALIVE = 75_000;
const certificates = sourceOf({ '*': served() });

type Door = Pick<TlsDoor, 'port'>;

function openTls({ port }: Door): Promise<RawClient> {
  return new Promise((resolve, reject) => {
    const options = { port, host: '127.0.0.1', servername: 'a.test', rejectUnauthorized: false, allowHalfOpen: true };
    const socket = connectTls(options, () => resolve(RawClient.over(socket)));
    socket.once('error', reject);
  });
}

const ways = [
  { way: 'plain', certificates: null, open: ({ port }: Door) => RawClient.open(port) },
  { way: 'TLS', certificates, open: openTls },
] as const;

/** Asks once more; resolves with the answer. */
async function ask(client: RawClient, text = GET): Promise<string> {
  const from = client.received.length;
  await client.send(text);
  expect(await client.until(({ received }) => received.indexOf('\r\n\r\n', from) > 0, BOUND)).toBe(true);
  return client.received.slice(from);
}

const hasGone = ({ peer }: RawClient): boolean => peer !== 'open';

function agreed({ tls }: ClientFacts): unknown {
  if (tls === null) return null;
  const { served: rules, version, cipher, isResumed, serverName, alpn, clientCertificate } = tls;
  return { rules, version, cipher, isResumed, serverName, alpn, clientCertificate };
}

describe.each(ways)('a $way connection that rests', ({ certificates: source, open }) => {
  test('is answered as before, with what is known of its client made again', async () => {
    using door = TlsDoor.open(source);
    const { clients, errors } = door.told;
    using client = await open(door);
    await ask(client);
    door.pass(SHORT / 2);
    await ask(client);
    door.pass(SHORT);
    expect(door.report.open).toBe(1);
    await ask(client);
    await until(() => clients.length === 3, 'all are told');
    const [first, second, third] = clients;
    expect(second).toBe(first);
    expect(third).not.toBe(first);
    expect({ ...third, tls: null }).toEqual({ ...first, tls: null });
    expect(agreed(third)).toEqual(agreed(first));
    expect(errors).toEqual([]);
  });

  test('has as long for its next request as any other, and ends then', async () => {
    using door = TlsDoor.open(source);
    using client = await open(door);
    for (let n = 0; n < 2; n++) {
      await ask(client);
      door.pass(KEEP_ALIVE - 1000);
      expect(door.report.open).toBe(1);
    }
    expect(await ask(client)).toStartWith('HTTP/1.1 404 ');
    door.pass(KEEP_ALIVE + 1000);
    expect(await client.until(hasGone, BOUND)).toBe(true);
    expect(client.peer).toBe('ended');
  });

  test('counts its requests on', async () => {
    using door = TlsDoor.open(source, { settings: 'limits: { keep_alive_requests: 3 }' });
    using client = await open(door);
    const words: boolean[] = [];
    for (let n = 0; n < 3; n++) {
      words.push((await ask(client)).includes('Connection: close\r\n'));
      door.pass(SHORT);
    }
    expect(words).toEqual([false, false, true]);
  });

  test('is not open any more when its client has gone', async () => {
    using door = TlsDoor.open(source);
    using client = await open(door);
    await ask(client);
    door.pass(SHORT);
    client.endSending();
    expect(await client.until(hasGone, BOUND)).toBe(true);
    await until(() => door.report.open === 0, 'it is gone');
  });

  test('ends politely with its listener, also one whose time is over and whose client still holds it', async () => {
    using door = TlsDoor.open(source);
    using late = await open(door);
    await ask(late);
    door.pass(KEEP_ALIVE - 1000);
    using client = await open(door);
    await ask(client);
    door.pass(SHORT);
    expect(await late.until(hasGone, BOUND)).toBe(true);
    await door.leave();
    expect(await client.until(hasGone, BOUND)).toBe(true);
    expect([late.peer, client.peer]).toEqual(['ended', 'ended']);
    expect(door.told.errors).toEqual([]);
  });

  test('counts for its tenant until it is gone', async () => {
    using origin = new Origin('a');
    const tenants = `[{ name: a, path_prefix: /, limits: { connections: 1 }, services: [{ name: o, url: "${origin.url}" }] }]`;
    using door = TlsDoor.open(source, { tenants });
    const askNew = async (): Promise<string> => {
      using other = await open(door);
      return (await ask(other)).slice(0, 'HTTP/1.1 200'.length);
    };
    {
      using client = await open(door);
      await ask(client);
      for (let n = 0; n < 2; n++) {
        door.pass(SHORT);
        expect(await askNew()).toBe('HTTP/1.1 503');
        expect(await ask(client)).toStartWith('HTTP/1.1 200 ');
      }
      door.pass(SHORT);
    }
    await until(async () => (await askNew()) === 'HTTP/1.1 200', 'its place is free again');
  });
});

test('a connection that waits for its first request does not rest: its time is that of a head', async () => {
  using door = TlsDoor.open(null);
  using client = await RawClient.open(door.port);
  await until(() => door.report.open === 1, 'it is accepted');
  door.pass(SHORT);
  expect(door.report.open).toBe(1);
  door.pass(SHORT);
  expect(await client.until(hasGone, BOUND)).toBe(true);
});
