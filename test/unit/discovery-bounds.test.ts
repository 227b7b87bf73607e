// However many names there are: a bounded number of questions at a time, each with an end.
import { describe, expect, test } from 'bun:test';
import { millis } from '../../src/core/units.ts';
import { boundLookup } from '../../src/discovery/bounds.ts';
import { Discovery } from '../../src/discovery/discovery.ts';
import { ScriptedLookup } from '../support/scripted-lookup.ts';
import { VirtualClock, settle } from '../support/virtual-clock.ts';

const TIMEOUT = millis(2000);

describe('the bounds of lookups', () => {
  test('hold for a thousand names at once, and everybody gets a turn', async () => {
    const lookup = new ScriptedLookup();
    const clock = new VirtualClock();
    const discovery = new Discovery({ lookup, clock, random: () => 0, timeout: TIMEOUT });
    const limits = { family: 'prefer_ipv4', minTtl: millis(1000), maxTtl: millis(60_000) } as const;
    let resolved = 0;
    lookup.isHolding = true;
    for (let at = 0; at < 1000; at++) {
      lookup.a(`${at}.test`, ['10.0.0.1']);
      discovery.subscribe({ kind: 'addresses', name: `${at}.test`, port: 80, ...limits }, () => resolved++);
    }
    await settle();
    expect(lookup.open).toBe(16);
    for (let round = 0; round < 70; round++) {
      lookup.release();
      await clock.advance(0);
    }
    expect(resolved).toBe(1000);
    expect(lookup.mostOpen).toBe(16);
    discovery.close();
    expect(clock.pending).toBe(0);
  });

  test('end a question that nobody answers, and give its turn to the next', async () => {
    const clock = new VirtualClock();
    const lookup = new ScriptedLookup();
    lookup.answers.set('A silent.test', 'silence');
    lookup.a('app.test', ['10.0.0.1']);
    const bounded = boundLookup(lookup, { clock, timeout: TIMEOUT, concurrent: 1 });
    const { signal } = new AbortController();
    const asked = [bounded.addresses('silent.test', 4, signal), bounded.addresses('app.test', 4, signal)];
    await clock.advance(TIMEOUT);
    expect(await Promise.all(asked)).toMatchObject([
      { ok: false, error: { code: 'timeout', detail: 'no answer within 2s' } },
      { ok: true, value: { records: ['10.0.0.1'] } },
    ]);
    expect(clock.pending).toBe(0);
  });

  test('drop questions whose asker has left before their turn', async () => {
    const clock = new VirtualClock();
    const lookup = new ScriptedLookup();
    lookup.answers.set('A silent.test', 'silence');
    const bounded = boundLookup(lookup, { clock, timeout: TIMEOUT, concurrent: 1 });
    const abort = new AbortController();
    const asked = [bounded.addresses('silent.test', 4, abort.signal), bounded.srv('app.test', abort.signal)];
    await settle();
    abort.abort();
    const cancelled = { ok: false, error: { code: 'cancelled' } };
    expect(await Promise.all(asked)).toMatchObject([cancelled, cancelled]);
    expect(lookup.asked).toEqual(['A silent.test']);
    expect(clock.pending).toBe(0);
  });
});
