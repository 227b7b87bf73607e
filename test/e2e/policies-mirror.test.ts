// Copies of real requests: they are what the origin gets, and whatever becomes of them nobody notices.
import { describe, expect, test } from 'bun:test';
import { GatewayProcess } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { until } from '../support/until.ts';

function config(origin: Origin, mirrorUrl: string, options: object, before: readonly object[] = []): string {
  const tenant = {
    name: 'shop',
    path_prefix: '/',
    services: [{ name: 'a', url: origin.url }],
    pools: { next: { services: [{ name: 'n', url: mirrorUrl }] } },
    policies: [...before, { mirror: { to: 'next', ...options } }],
  };
  return `tenants:\n  - ${JSON.stringify(tenant)}\n`;
}

type Got = {
  readonly line: string;
  readonly body: string;
  readonly mark: string | null;
  readonly cookie: string | null;
};

class Recording {
  readonly got: Got[] = [];
  readonly origin = new Origin('next', async (request) => {
    const body = await request.text();
    const { pathname, search } = new URL(request.url);
    const { headers } = request;
    this.got.push({
      line: `${request.method} ${pathname}${search}`,
      body,
      mark: headers.get('x-keystone-mirror'),
      cookie: headers.get('cookie'),
    });
    return new Response('thrown away', { status: 500 });
  });
}

/** A body of unknown length. */
function pieces(): ReadableStream<Uint8Array> {
  let sent = 0;
  return new ReadableStream({
    pull(controller) {
      if (sent === 50) controller.close();
      else controller.enqueue(new TextEncoder().encode(`piece ${sent++} `.repeat(200)));
    },
  });
}

describe('a copy of a request', () => {
  test('is the request itself, byte for byte, also where its body comes in pieces or was read by a policy before', async () => {
    const next = new Recording();
    using nextOrigin = next.origin;
    using origin = new Origin('a', async (request) => new Response(await request.text()));
    using auth = new Origin('auth', () => new Response(null, { status: 204 }));
    const reads = { forward_auth: { url: auth.url, method: 'POST', body: '256KiB' }, when: { paths: ['/read/*'] } };
    const options = { methods: ['GET', 'POST'], body: '256KiB' };
    await using gateway = await GatewayProcess.start(config(origin, nextOrigin.url, options, [reads]));
    const whole = 'x'.repeat(200_000);
    const cookie = { Cookie: 'session=1' };
    const answers = [
      await fetch(`${gateway.url}/a?b=1`, { headers: cookie }),
      await fetch(`${gateway.url}/whole`, { method: 'POST', body: whole }),
      await fetch(`${gateway.url}/pieces`, { method: 'POST', body: pieces() }),
      await fetch(`${gateway.url}/read/whole`, { method: 'POST', body: whole }),
      await fetch(`${gateway.url}/read/pieces`, { method: 'POST', body: pieces() }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    const bodies = await Promise.all(answers.map((answer) => answer.text()));
    await until(() => next.got.length === answers.length, 'all have been copied');
    const bodyOf = (line: string): string | undefined => next.got.find((got) => got.line === line)?.body;
    const lines = ['GET /a?b=1', 'POST /whole', 'POST /pieces', 'POST /read/whole', 'POST /read/pieces'];
    expect(lines.map(bodyOf)).toEqual(bodies);
    expect(bodies[1]).toBe(whole);
    expect(next.got.every(({ mark, cookie: sent }) => mark === '1' && sent === null)).toBeTrue();
  });

  test('whose pool hangs, is down, or breaks off changes nothing for clients, and is counted', async () => {
    using origin = new Origin('a', () => new Response('fine'));
    using hanging = new Origin('next', () => new Promise<Response>(() => undefined));
    await using gateway = await GatewayProcess.start(config(origin, hanging.url, { in_flight: 4, timeout: '500ms' }));
    const askAll = async (): Promise<readonly number[]> => {
      const statuses = [];
      for (let n = 0; n < 100; n++) statuses.push((await fetch(gateway.url)).status);
      return statuses;
    };
    const began = performance.now();
    expect(new Set(await askAll())).toEqual(new Set([200]));
    expect(performance.now() - began).toBeLessThan(5000);
    expect(hanging.requests).toBeLessThan(60);
    await until(() => gateway.errors.includes('there is no place for them'), 'it says that it leaves copies out');
    await until(() => gateway.errors.includes('mirrored requests get no answer'), 'it says that there is no answer');
    await hanging.stop();
    expect(new Set(await askAll())).toEqual(new Set([200]));
  });

  test('is not made of larger bodies, which go on as they are', async () => {
    const next = new Recording();
    using nextOrigin = next.origin;
    using origin = new Origin('a', async (request) => new Response(String((await request.text()).length)));
    await using gateway = await GatewayProcess.start(config(origin, nextOrigin.url, { methods: ['POST'] }));
    const post = async (body: string | ReadableStream): Promise<string> =>
      (await fetch(gateway.url, { method: 'POST', body })).text();
    expect(await post('x'.repeat(65_536))).toBe('65536');
    expect(await post('x'.repeat(65_537))).toBe('65537');
    expect(await post(pieces())).not.toBe('0');
    await until(() => gateway.errors.includes('their bodies are too large'), 'it says so');
    await until(() => next.got.length === 1, 'one has been copied');
    expect(next.got[0]?.body.length).toBe(65_536);
  });
});
