// What every health check must do, whatever it asks.
import { describe, expect, test } from 'bun:test';
import type { CheckKind, ProbeResult, ProbeTarget } from '../../src/health/contract.ts';
import { checks } from '../../src/health/registry.ts';
import { realWorld } from '../../src/world.ts';
import { Origin } from '../support/origin.ts';
import { RawOrigin } from '../support/raw-origin.ts';

const { connect } = realWorld();

function targetOf(url: string): ProbeTarget {
  const { hostname, port, host } = new URL(url);
  return { hostname, port: Number(port), tls: false, serverName: '127.0.0.1', authority: host, authorization: null };
}

test('the names of checks are unique', () => {
  expect(new Set(checks.map(({ type }) => type)).size).toBe(checks.length);
});

describe.each(checks.map((check) => [check.type, check] as const))('the check %s', (_, check) => {
  const ask = (url: string, signal = new AbortController().signal): Promise<ProbeResult> => {
    const kind: CheckKind<ReturnType<typeof check.options.parse>> = check;
    return kind.probe(kind.options.parse({}), targetOf(url), { connect, signal });
  };

  test('says what each of its options means', () => {
    for (const option of Object.values(check.options.shape)) expect(option.meta()?.description ?? '').toEndWith('.');
    expect(check.summary).toEndWith('.');
  });

  test('passes for an origin that is well', async () => {
    using origin = new Origin('a');
    const result = await ask(origin.url);
    expect(result.passed).toBe(true);
    expect(result.detail).not.toBe('');
  });

  test('fails, and says how, where nobody listens', async () => {
    const origin = new Origin('a');
    await origin.stop();
    expect(await ask(origin.url)).toMatchObject({ passed: false, detail: 'connect-refused' });
  });

  test('fails where the connection ends without an answer, or with something else', async () => {
    for (const answer of [
      '',
      'nonsense\r\n\r\n',
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
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

  test('ends at once when it is told to', async () => {
    await using origin = await RawOrigin.start('a', () => {});
    const abort = new AbortController();
    const asked = ask(origin.url, abort.signal);
    abort.abort();
    expect((await asked).passed).toBe(false);
  });
});
