// What a reload does to listeners: which of them come, stay and go, and with which connections.
import { describe, expect, test } from 'bun:test';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FIRST } from '../support/certificates.ts';
import { curl } from '../support/curl.ts';
import { EmbeddedGateway } from '../support/embedded-gateway.ts';
import { Origin, type Seen } from '../support/origin.ts';
import { accepts, freePort, listen } from '../support/ports.ts';
import { RawClient } from '../support/raw-client.ts';
import { until } from '../support/until.ts';

const BOUND = 10_000;
const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n';
const isLinux = process.platform === 'linux';

const tenant = ({ url }: Origin): string =>
  `tenants: [{ name: main, path_prefix: "/", services: [{ name: only, url: "${url}" }] }]\n`;

const on = (...listeners: readonly string[]): string =>
  `listeners: [${listeners.map((one) => `{ ${one} }`).join(', ')}]\n`;

/** A listener on a port of this machine. */
const at = (port: number, more = ''): string => `address: "127.0.0.1:${port}"${more}`;

/** Asks over a connection that is open. */
async function ask(client: RawClient, text = GET): Promise<string> {
  const from = client.received.length;
  await client.send(text);
  const isAnswered = ({ received, peer }: RawClient): boolean =>
    /\r\n\r\n./s.test(received.slice(from)) || peer !== 'open';
  expect(await client.until(isAnswered, BOUND)).toBe(true);
  return client.received.slice(from);
}

async function askNew(port: number, text = GET): Promise<string> {
  using client = await RawClient.open(port);
  return await ask(client, text);
}

function seenIn(answer: string): Seen {
  return JSON.parse(answer.slice(answer.indexOf('{'), answer.lastIndexOf('}') + 1)) as Seen;
}

describe('an address that a reload adds', () => {
  test('is served, and one that it takes away is left politely', async () => {
    using a = new Origin('a');
    const [first, second] = [freePort(), freePort()];
    using embedded = await EmbeddedGateway.start(on(at(first)) + tenant(a));
    using kept = await RawClient.open(first);
    expect(await ask(kept)).toStartWith('HTTP/1.1 200 ');
    await embedded.reload(on(at(second)) + tenant(a));
    expect(embedded.ports).toEqual([second]);
    expect(await askNew(second)).toStartWith('HTTP/1.1 200 ');
    const last = await ask(kept);
    expect(last).toStartWith('HTTP/1.1 200 ');
    expect(last).toContain('Connection: close\r\n');
    expect(await kept.until(({ peer }) => peer === 'ended', BOUND)).toBe(true);
    await until(async () => !(await accepts(first)), 'nobody is let in at the old address');
  });

  test('and is taken refuses the reload as a whole: nothing has changed', async () => {
    using a = new Origin('a');
    using b = new Origin('b');
    const other = createServer();
    const taken = await listen(other);
    try {
      const [first, second] = [freePort(), freePort()];
      using embedded = await EmbeddedGateway.start(on(at(first)) + tenant(a));
      const before = embedded.gateway.plan;
      const applied = await embedded.apply(
        on(at(second), at(taken), at(first, ', limits: { connections: 1 }')) + tenant(b),
      );
      expect(applied).toMatchObject({
        kind: 'failed',
        reason: expect.stringContaining(`cannot listen on 127.0.0.1:${taken}`),
      });
      expect(embedded.log.at(-1)).toContain('listeners[1].address');
      expect([embedded.gateway.plan === before, embedded.ports]).toEqual([true, [first]]);
      expect(await askNew(first)).toStartWith('HTTP/1.1 200 ');
      expect([a.requests, b.requests]).toEqual([1, 0]);
      expect(await accepts(second)).toBe(false);
    } finally {
      other.close();
    }
  });

  test.if(isLinux)('may be every address of a port of which one was served, and the other way round', async () => {
    using a = new Origin('a');
    const port = freePort();
    using embedded = await EmbeddedGateway.start(on(at(port)) + tenant(a));
    for (const listener of [`address: ":${port}"`, at(port), `address: "0.0.0.0:${port}"`]) {
      await embedded.reload(on(listener) + tenant(a));
      for (let count = 0; count < 5; count++) expect(await askNew(port)).toStartWith('HTTP/1.1 200 ');
    }
  });

  test('may come back while it is being left', async () => {
    using a = new Origin('a');
    const [first, second] = [freePort(), freePort()];
    using embedded = await EmbeddedGateway.start(on(at(first)) + tenant(a));
    for (let round = 0; round < 3; round++) {
      await embedded.reload(on(at(second)) + tenant(a));
      await embedded.reload(on(at(first)) + tenant(a));
      expect(await askNew(first)).toStartWith('HTTP/1.1 200 ');
    }
  });

  test('and the usual one, which is served while a configuration has none, make way for each other', async () => {
    using a = new Origin('a');
    const port = freePort();
    using embedded = await EmbeddedGateway.start(tenant(a));
    const [usual] = embedded.ports;
    await embedded.reload(on(at(port)) + tenant(a));
    expect(embedded.ports).toEqual([port]);
    await until(async () => !(await accepts(usual)), 'the usual one is left');
    await embedded.reload(tenant(a));
    expect(embedded.ports).toHaveLength(1);
    expect(await askNew(embedded.ports[0])).toStartWith('HTTP/1.1 200 ');
  });
});

describe('an address that stays', () => {
  test('has its new limits at once, also for connections that are open', async () => {
    using a = new Origin('a');
    const port = freePort();
    using embedded = await EmbeddedGateway.start(on(at(port, ', limits: { header_bytes: 2KiB }')) + tenant(a));
    using kept = await RawClient.open(port);
    expect(await ask(kept)).toStartWith('HTTP/1.1 200 ');
    const large = `GET / HTTP/1.1\r\nHost: a.test\r\nX-Large: ${'v'.repeat(4000)}\r\n\r\n`;
    expect(await askNew(port, large)).toStartWith('HTTP/1.1 431 ');
    const limits = 'limits: { connections: 1, header_bytes: 8KiB, keep_alive_requests: 3 }';
    await embedded.reload(`request_id: requests\n${on(at(port, `, ${limits}`))}${tenant(a)}`);
    expect(await askNew(port)).toStartWith('HTTP/1.1 503 ');
    const answer = await ask(kept, large);
    expect(answer).not.toContain('X-Request-Id');
    expect(answer).toStartWith('HTTP/1.1 200 ');
    expect(await ask(kept)).toContain('Connection: close\r\n');
  });

  test('has its new timeouts at once', async () => {
    using a = new Origin('a');
    const port = freePort();
    using embedded = await EmbeddedGateway.start(on(at(port)) + tenant(a));
    using kept = await RawClient.open(port);
    expect(await ask(kept)).toStartWith('HTTP/1.1 200 ');
    await embedded.reload(on(at(port, ', timeouts: { keep_alive: 200ms }')) + tenant(a));
    expect(await ask(kept)).toStartWith('HTTP/1.1 200 ');
    expect(await kept.until(({ peer }) => peer === 'ended', BOUND)).toBe(true);
  });

  test('counts the connections of each client that came before there was a limit', async () => {
    using a = new Origin('a');
    const port = freePort();
    using embedded = await EmbeddedGateway.start(on(at(port)) + tenant(a));
    using kept = await RawClient.open(port);
    expect(await ask(kept)).toStartWith('HTTP/1.1 200 ');
    const limited = on(at(port, ', limits: { connections_per_client: 1 }')) + tenant(a);
    await embedded.reload(limited);
    expect(await askNew(port)).toStartWith('HTTP/1.1 429 ');
    kept.reset();
    await until(async () => (await askNew(port)).startsWith('HTTP/1.1 200 '), 'there is room again');
    await embedded.reload(on(at(port)) + tenant(a));
    using more = await RawClient.open(port);
    expect([await ask(more), await askNew(port)].every((answer) => answer.startsWith('HTTP/1.1 200 '))).toBe(true);
  });

  test('may begin and end to expect PROXY protocol headers', async () => {
    using a = new Origin('a');
    const port = freePort();
    using embedded = await EmbeddedGateway.start(on(at(port)) + tenant(a));
    await embedded.reload(on(at(port, ', proxy_protocol: { from: any }')) + tenant(a));
    const answer = await askNew(port, `PROXY TCP4 192.0.2.7 127.0.0.1 1 2\r\n${GET}`);
    expect(seenIn(answer).headers['x-real-ip']).toBe('192.0.2.7');
    await embedded.reload(on(at(port)) + tenant(a));
    expect(await askNew(port)).toStartWith('HTTP/1.1 200 ');
  });

  test.if(isLinux)('may begin and end to speak TLS; connections of before end politely', async () => {
    using a = new Origin('a');
    const port = freePort();
    const directory = await mkdtemp(join(tmpdir(), 'keystone-test-'));
    try {
      const [cert, key] = [join(directory, 'cert.pem'), join(directory, 'key.pem')];
      await Promise.all([writeFile(cert, FIRST.certificate), writeFile(key, FIRST.key)]);
      using embedded = await EmbeddedGateway.start(on(at(port)) + tenant(a));
      using kept = await RawClient.open(port);
      expect(await ask(kept)).toStartWith('HTTP/1.1 200 ');
      const tls = `tls: { cert_file: "${cert}", key_file: "${key}" }\n${on(at(port, ', tls: true'))}${tenant(a)}`;
      for (let round = 0; round < 3; round++) {
        await embedded.reload(tls);
        expect((await curl('-k', `https://127.0.0.1:${port}/`)).status).toBe(200);
        if (round === 0) expect(await ask(kept)).toContain('Connection: close\r\n');
        await embedded.reload(on(at(port)) + tenant(a));
        expect((await curl(`http://127.0.0.1:${port}/`)).status).toBe(200);
      }
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  test('is not served with a certificate that cannot be read, and nothing else of the reload is in force', async () => {
    using a = new Origin('a');
    const port = freePort();
    using embedded = await EmbeddedGateway.start(on(at(port)) + tenant(a));
    const tls = 'tls: { cert_file: /nowhere/cert.pem, key_file: /nowhere/key.pem }\n';
    const applied = await embedded.apply(`${tls}${on(at(port, ', tls: true'))}`);
    expect(applied).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining('the TLS certificate cannot be used'),
    });
    expect(await askNew(port)).toStartWith('HTTP/1.1 200 ');
  });
});

describe('the name of a listener', () => {
  const served = (origin: Origin, name: string, listener: string): string =>
    `  - { name: ${name}, domains: [a.test], listeners: [${listener}], services: [{ name: only, url: "${origin.url}" }] }\n`;

  test('may change with the tenants that are served on it alone, and goes with it to another address', async () => {
    using a = new Origin('a');
    const [first, second] = [freePort(), freePort()];
    const text = (name: string, port: number, other: number): string =>
      `${on(at(port, `, name: ${name}`), at(other))}tenants:\n${served(a, 'main', name)}`;
    using embedded = await EmbeddedGateway.start(text('inside', first, second));
    using kept = await RawClient.open(first);
    expect([(await ask(kept)).slice(9, 12), (await askNew(second)).slice(9, 12)]).toEqual(['200', '404']);
    await embedded.reload(text('internal', first, second));
    expect([(await ask(kept)).slice(9, 12), (await askNew(second)).slice(9, 12)]).toEqual(['200', '404']);
    await embedded.reload(text('internal', second, first));
    expect([(await ask(kept)).slice(9, 12), (await askNew(second)).slice(9, 12)]).toEqual(['404', '200']);
    await embedded.reload(on(at(first, ', name: internal')) + `tenants:\n${served(a, 'main', 'internal')}`);
    using again = await RawClient.open(first);
    expect(await ask(again)).toStartWith('HTTP/1.1 200 ');
    // Its address is gone, its name is not.
    await embedded.reload(on(at(freePort(), ', name: internal')) + `tenants:\n${served(a, 'main', 'internal')}`);
    expect(await ask(again)).toStartWith('HTTP/1.1 200 ');
  });
});

describe('what concerns the whole gateway', () => {
  test('changes without a restart: Via, the name in CDN-Loop, the heads of answers, idle connections', async () => {
    using a = new Origin('a');
    const port = freePort();
    using embedded = await EmbeddedGateway.start(on(at(port)) + tenant(a));
    await embedded.reload(`via: both\nloop_id: other\nlimits: { header_count: 2 }\n${on(at(port))}${tenant(a)}`);
    // The origin's answers have more fields than that.
    expect(await askNew(port)).toStartWith('HTTP/1.1 502 ');
    await embedded.reload(`via: both\nloop_id: other\nlimits: { idle_connections: 0 }\n${on(at(port))}${tenant(a)}`);
    const answer = await askNew(port);
    expect(answer).toContain('Via: ');
    const { headers } = seenIn(answer);
    expect([headers['via'], headers['cdn-loop']]).toEqual(['1.1 keystone', 'other']);
    expect(embedded.gateway.snapshot.sites[0]?.current.pool.backends[0]?.transport.open).toBe(0);
  });

  test('moves the admin API, and is refused where another program has its address', async () => {
    const other = createServer();
    const taken = await listen(other);
    try {
      const [first, second] = [freePort(), freePort()];
      const admin = (port: number): string => `admin: { address: "127.0.0.1:${port}" }\n`;
      using embedded = await EmbeddedGateway.start(admin(first));
      const status = async (port: number): Promise<number> => (await fetch(`http://127.0.0.1:${port}/tenants`)).status;
      expect(await status(first)).toBe(200);
      expect((await embedded.apply(admin(taken))).kind).toBe('failed');
      expect(await status(first)).toBe(200);
      await embedded.reload(admin(second));
      expect(await status(second)).toBe(200);
      await until(async () => !(await accepts(first)), 'the old address is left');
      await embedded.reload('admin: { address: none }\n');
      expect(embedded.gateway.adminAddress).toBeNull();
    } finally {
      other.close();
    }
  });
});
