// Rules for every health check of the registry.
import { USUAL_TRUST } from '../../src/core/connector.ts';
import { describe, expect, test } from 'bun:test';
import type { CheckKind, ProbeResult, ProbeTarget } from '../../src/probing/contract.ts';
import { checks } from '../../src/probing/registry.ts';
import { realWorld } from '../../src/world.ts';
import { GrpcOrigin } from '../support/grpc-origin.ts';
import { Origin } from '../support/origin.ts';
import { RawOrigin } from '../support/raw-origin.ts';

const { clock, connect, call, run } = realWorld();
const SECRET = 'hunter2-hunter2';

type Options = Readonly<Record<string, unknown>>;

/** Options with which a check passes for an origin that is well, and such that send a secret. */
type Example = {
  readonly plain: Options;
  readonly secretive: Options;
  /** An origin that is well, and says back the `X-Password` that it gets. */
  readonly serve: () => Promise<Disposable & { readonly url: string }>;
};

const echo = (): Promise<Origin> =>
  Promise.resolve(new Origin('a', ({ headers }) => new Response(`${headers.get('x-password')} was told.`)));

const ASK =
  'const { KEYSTONE_BACKEND_HOST: host, KEYSTONE_BACKEND_PORT: port, PASSWORD = "" } = process.env;' +
  'try { const response = await fetch(`http://${host}:${port}/`, { headers: { "X-Password": PASSWORD } });' +
  'console.log(await response.text()); process.exit(response.ok ? 0 : 1) } catch (error) { console.log(error.code); process.exit(2) }';
const command = [process.execPath, '-e', ASK];

const EXAMPLES: Readonly<Record<(typeof checks)[number]['type'], Example>> = {
  http: {
    serve: echo,
    plain: { expect_body: 'told' },
    secretive: { headers: { 'X-Password': SECRET }, method: 'POST', body: SECRET },
  },
  tcp: {
    serve: echo,
    plain: { send: 'GET / HTTP/1.0\\r\\nHost: a\\r\\n\\r\\n', expect: ' 200 OK\\r\\n' },
    secretive: { send: `GET / HTTP/1.0\\r\\nHost: a\\r\\nX-Password: ${SECRET}\\r\\n\\r\\n`, expect: 'told.' },
  },
  grpc: { serve: () => GrpcOrigin.start(), plain: {}, secretive: { metadata: { 'x-password': SECRET } } },
  exec: { serve: echo, plain: { command }, secretive: { command, environment: { PASSWORD: SECRET } } },
};

function targetOf(url: string): ProbeTarget {
  const { hostname, port, host } = new URL(url);
  const authorization = `Basic ${btoa(`user:${SECRET}`)}`;
  return {
    tenant: 't',
    name: 'a',
    hostname,
    port: Number(port),
    tls: false,
    serverName: hostname,
    trust: USUAL_TRUST,
    authority: host,
    authorization,
  };
}

test('the names of checks are unique', () => {
  expect(new Set(checks.map(({ type }) => type)).size).toBe(checks.length);
});

describe.each(checks.map((check) => [check.type, check] as const))('the check %s', (type, check) => {
  const { plain, secretive, serve } = EXAMPLES[type];
  const ask = (url: string, options = plain, signal = new AbortController().signal): Promise<ProbeResult> => {
    const kind: CheckKind<ReturnType<typeof check.options.parse>> = check;
    return kind.probe(kind.options.parse(options), targetOf(url), {
      connect,
      call,
      run,
      wall: clock.wall,
      signal,
    });
  };

  test('says what each of its options means', () => {
    for (const option of Object.values(check.options.shape)) expect(option.meta()?.description ?? '').toEndWith('.');
    expect(check.summary).toEndWith('.');
  });

  test('passes for an origin that is well, and brings what it said', async () => {
    using origin = await serve();
    const result = await ask(origin.url);
    expect(result.passed).toBe(true);
    expect(result.detail).not.toBe('');
    expect(result.excerpt).not.toBeNull();
    expect(result.advice).toBeNull();
  });

  test('fails, and says how, where nobody listens', async () => {
    const origin = new Origin('a');
    await origin.stop();
    const result = await ask(origin.url);
    expect(result).toMatchObject({ passed: false, status: null, advice: null });
    expect(result.detail).toMatch(/refused/i);
  });

  test('fails where the connection ends without an answer, or with something else', async () => {
    for (const answer of [
      '',
      'nonsense\r\n\r\n',
      'HTTP/1.1 500 no\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
    ]) {
      await using origin = await RawOrigin.start('a', (socket) => {
        socket.on('error', () => {});
        socket.once('data', () => socket.end(answer));
      });
      const result = await ask(origin.url);
      expect(result.passed).toBe(false);
      expect(result.detail).not.toBe('');
    }
  });

  test('ends at once when it is told to, even before it has begun', async () => {
    await using origin = await RawOrigin.start('a', () => {});
    const abort = new AbortController();
    const asked = ask(origin.url, plain, abort.signal);
    abort.abort();
    expect((await asked).passed).toBe(false);
    expect((await ask(origin.url, plain, abort.signal)).passed).toBe(false);
  });

  test('ends when it is told to in the middle of an answer', async () => {
    const abort = new AbortController();
    await using origin = await RawOrigin.start('a', (socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.write('HTTP/1.1 2', () => abort.abort()));
    });
    expect((await ask(origin.url, plain, abort.signal)).passed).toBe(false);
  });

  test('never repeats a secret, even where an origin sends it back', async () => {
    using origin = await serve();
    const result = await ask(origin.url, secretive);
    expect(result.passed).toBe(true);
    expect(result.excerpt).toContain('***');
    expect(JSON.stringify(result)).not.toContain(SECRET);
    expect(JSON.stringify(result)).not.toContain(btoa(`user:${SECRET}`));
  });
});
