import { describe, expect, test } from 'bun:test';
import { concurrency } from '../../../src/policies/concurrency.ts';
import { openTo } from '../../support/exchange-scenes.ts';
import { refusalsOf } from '../../support/policies/alone.ts';
import { asked, rigOf } from '../../support/policies/asked.ts';
import { settle } from '../../support/virtual-clock.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

describe('a limit of what is under way', () => {
  test('lets so many through at a time, and another one when one has ended', () => {
    const rig = rigOf({ concurrency: { limit: 2 } });
    const all = [asked(rig), asked(rig), asked(rig)];
    expect(all.map(({ failure }) => failure?.code)).toEqual([undefined, undefined, 'concurrency-limited']);
    openTo(rig, 'a').reply(OK);
    expect(asked(rig).failure).toBeNull();
  });

  test('has its place back when the client goes', () => {
    const rig = rigOf({ concurrency: { limit: 1 } });
    asked(rig).leave();
    expect(asked(rig).failure).toBeNull();
  });

  test('counts by a part of the request, and without it by the client, or not at all', () => {
    const codes = (options: object, ...fields: readonly string[]) => {
      const rig = rigOf({ concurrency: { limit: 1, key: 'header:x-user', ...options } });
      return fields.map((field) => asked(rig, field === '' ? [] : [`X-User: ${field}`]).failure?.code ?? 'passed');
    };
    expect(codes({}, 'a', 'b', 'a', '', '')).toEqual([
      'passed',
      'passed',
      'concurrency-limited',
      'passed',
      'concurrency-limited',
    ]);
    expect(codes({ when_key_missing: 'allow' }, '', '')).toEqual(['passed', 'passed']);
    expect(codes({ when_key_missing: 'refuse' }, '')).toEqual(['concurrency-limited']);
  });

  test('says how much is left', () => {
    const rig = rigOf({ concurrency: { limit: 2, name: 'work', headers: 'both' } });
    const [first, second, refused] = [asked(rig), asked(rig), asked(rig)];
    expect(refused.added).toEqual([
      'RateLimit-Policy: "work";q=2',
      'RateLimit: "work";r=0',
      'X-RateLimit-Limit: 2',
      'X-RateLimit-Remaining: 0',
    ]);
    first.leave();
    openTo(rig, 'a').reply(OK);
    expect(second.added).toContain('RateLimit: "work";r=1');
  });

  test('has some wait for their turn, and refuses them when it does not come in time', async () => {
    const rig = rigOf({ concurrency: { limit: 1, queue: 2, wait: '1s' } });
    const [first, second, third, fourth] = [asked(rig), asked(rig), asked(rig), asked(rig)];
    expect([second.outcome, third.outcome, fourth.failure?.code]).toEqual([null, null, 'concurrency-limited']);
    await rig.clock.advance(500);
    first.leave();
    await settle();
    openTo(rig, 'a');
    await rig.clock.advance(600);
    expect([second.outcome, third.failure?.code]).toEqual([null, 'concurrency-limited']);
    openTo(rig, 'a').reply(OK);
    expect(second.outcome).toBe(200);
  });

  test('counts a socket as long as it is open, or until the protocol has changed', () => {
    const upgrade = ['Connection: Upgrade', 'Upgrade: websocket'];
    const changed = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
    const codes = (options: object) => {
      const rig = rigOf({ concurrency: { limit: 1, ...options } });
      asked(rig, upgrade);
      const before = asked(rig).failure?.code;
      openTo(rig, 'a').reply(changed);
      return [before, asked(rig).failure?.code];
    };
    expect(codes({})).toEqual(['concurrency-limited', 'concurrency-limited']);
    expect(codes({ count_upgrades: false })).toEqual(['concurrency-limited', undefined]);
  });

  test('wants a line and a time for it together', () => {
    const messages = [{ queue: 1 }, { wait: '1s' }, { queue: 1, wait: '1s' }].map((more) =>
      refusalsOf(concurrency, { limit: 1, ...more }),
    );
    expect(messages.map(({ length }) => length)).toEqual([1, 1, 0]);
  });
});
