import { describe, expect, test } from 'bun:test';
import { cache } from '../../../src/policies/cache/cache.ts';
import { refusalsOf } from '../../support/policies/alone.ts';
import { Cached, kept, textOf } from '../../support/policies/cached.ts';
import { settle } from '../../support/virtual-clock.ts';

const FRESH = 'Cache-Control: max-age=60';

describe('bodies', () => {
  test('that are too large are passed on, and not kept', () => {
    const scene = new Cached({ max_object: 1024 });
    const text = 'x'.repeat(1025);
    expect(scene.fetch([FRESH], '/a', {}, { body: text }).body).toBe(text);
    expect(scene.ask().response).toBeNull();
  });

  test('of unknown length are kept if they come whole', () => {
    const scene = new Cached({ max_object: 1024 });
    const reply = (...chunks: string[]) => {
      const client = scene.ask();
      const framed = chunks.map((text) => `${text.length.toString(16)}\r\n${text}\r\n`).join('');
      scene.waiting?.reply(`HTTP/1.1 200 OK\r\n${FRESH}\r\nTransfer-Encoding: chunked\r\n\r\n${framed}0\r\n\r\n`);
      return client;
    };
    reply('y'.repeat(800), 'y'.repeat(800));
    expect(scene.ask().response).toBeNull();
    scene.answer();
    const other = new Cached();
    other.ask();
    other.waiting?.reply(
      `HTTP/1.1 200 OK\r\n${FRESH}\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n`,
    );
    expect(textOf(kept(other.ask()))).toBe('abc');
  });

  test('that break off are not kept', async () => {
    const scene = new Cached();
    const client = scene.ask();
    scene.waiting?.reply(`HTTP/1.1 200 OK\r\n${FRESH}\r\nContent-Length: 10\r\n\r\nabc`);
    scene.link.break();
    await settle();
    expect([client.outcome, scene.ask().response]).toEqual(['cut', null]);
  });

  test('of the ones that were asked for longest ago go first where memory is short', () => {
    const scene = new Cached({ memory: '64KiB', max_object: '32KiB' });
    const body = 'x'.repeat(20 * 1024);
    for (const target of ['/1', '/2', '/3']) scene.fetch([FRESH], target, {}, { body });
    kept(scene.ask('/1'));
    scene.fetch([FRESH], '/4', {}, { body });
    expect([scene.ask('/1').response, scene.ask('/3').response].map((one) => one?.status)).toEqual([200, 200]);
    expect(scene.ask('/2').response).toBeNull();
  });
});

describe('options of cache', () => {
  test.each([
    [{ statuses: [206] }],
    [{ query: 'some' }],
    [{ query: { only: [] } }],
    [{ query: { only: ['a'], without: ['b'] } }],
    [{ key: 'cookie:' }],
    [{ bypass_cookies: ['a b'] }],
    [{ tags: 'Content-Length' }],
    [{ memory: 0 }],
    [{ max_object: '1GiB' }],
  ])('cannot be %j', (options) => {
    expect(refusalsOf(cache, options)).not.toEqual([]);
  });
});
