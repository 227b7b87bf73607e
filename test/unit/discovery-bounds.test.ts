// However many names there are: a bounded number of questions at a time, each with an end.
import { describe, expect, test } from 'bun:test';
import { millis } from '../../src/core/units.ts';
import { BoundLookups } from '../../src/discovery/bounds.ts';
import { Discovery } from '../../src/discovery/discovery.ts';
import type { TurnLimits } from '../../src/discovery/turns.ts';
import { ScriptedLookup } from '../support/scripted-lookup.ts';
import { VirtualClock, settle } from '../support/virtual-clock.ts';

const TIMEOUT = millis(2000);

const LIMITS = { family: 'ipv4', minTtl: millis(1000), maxTtl: millis(60_000) } as const;

function setup(each: number, all = each, hanging = { each: 1, all: 1 }) {
  const lookup = new ScriptedLookup();
  const clock = new VirtualClock();
  const limits = { usual: { all, each }, hanging };
  const discovery = new Discovery({ lookup, clock, random: () => 0, timeout: TIMEOUT, limits });
  const resolved: string[] = [];
  const watch = (name: string, tenant = 'main'): (() => void) =>
    discovery.subscribe({ kind: 'host', name, ...LIMITS }, tenant, () => resolved.push(name));
  return { lookup, clock, discovery, resolved, watch };
}

function bound(limits: { readonly usual: TurnLimits; readonly hanging: TurnLimits }) {
  const lookup = new ScriptedLookup();
  const clock = new VirtualClock();
  const bounded = new BoundLookups(lookup, { clock, timeout: TIMEOUT, limits }).for('main');
  return { lookup, clock, bounded };
}

const ONE = { usual: { all: 1, each: 1 }, hanging: { all: 1, each: 1 } };

describe('the bounds of lookups', () => {
  test('hold for a thousand names at once, and everybody gets a turn', async () => {
    const { lookup, clock, discovery, resolved, watch } = setup(8, 16);
    lookup.isHolding = true;
    for (let at = 0; at < 1000; at++) {
      lookup.a(`${at}.test`, ['10.0.0.1']);
      watch(`${at}.test`, `tenant ${at % 4}`);
    }
    await settle();
    expect(lookup.open).toBe(16);
    for (let round = 0; round < 70; round++) {
      lookup.release();
      await clock.advance(0);
    }
    expect(resolved).toHaveLength(1000);
    expect(lookup.mostOpen).toBe(16);
    discovery.close();
    expect(clock.pending).toBe(0);
  });

  test('keep the questions of one tenant from those of another, however many of them hang', async () => {
    const { lookup, resolved, watch } = setup(2, 8);
    for (let at = 0; at < 100; at++) {
      lookup.answers.set(`A hang${at}.test`, 'silence');
      watch(`hang${at}.test`, 'slow');
    }
    lookup.a('app.test', ['10.0.0.1']);
    watch('app.test', 'quick');
    await settle();
    expect(resolved).toEqual(['app.test']);
    expect(lookup.open).toBe(2);
  });

  test('let a name that two tenants have be asked for in the turn of whoever has one first', async () => {
    const { lookup, resolved, watch } = setup(1, 8);
    lookup.answers.set('A hang.test', 'silence');
    lookup.a('app.test', ['10.0.0.1']);
    watch('hang.test', 'slow');
    watch('app.test', 'slow');
    await settle();
    expect(resolved).toEqual([]);
    watch('app.test', 'quick');
    await settle();
    expect(resolved[0]).toBe('app.test');
  });

  test('let names that hang take no turn of names that are answered', async () => {
    const { lookup, clock, resolved, watch } = setup(4, 4);
    for (let at = 0; at < 4; at++) {
      lookup.answers.set(`A hang${at}.test`, 'silence');
      watch(`hang${at}.test`, `slow ${at}`);
    }
    // From their second question on they are known to hang.
    await clock.advance(TIMEOUT + 1500);
    lookup.a('app.test', ['10.0.0.1']);
    watch('app.test', 'quick');
    await settle();
    expect(resolved).toEqual(['app.test']);
    expect(lookup.open).toBe(1);
  });

  test('end a question that nobody answers, and give its turn to the next', async () => {
    const { lookup, clock, bounded } = bound(ONE);
    lookup.answers.set('A silent.test', 'silence');
    lookup.a('app.test', ['10.0.0.1']);
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
    const { lookup, clock, bounded } = bound(ONE);
    lookup.answers.set('A silent.test', 'silence');
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
