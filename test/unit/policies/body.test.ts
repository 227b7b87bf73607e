import { describe, expect, test } from 'bun:test';
import { body } from '../../../src/policies/body.ts';
import { openTo } from '../../support/exchange-scenes.ts';
import { refusalsOf } from '../../support/policies/alone.ts';
import { rigOf } from '../../support/policies/asked.ts';
import { settle } from '../../support/virtual-clock.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';

/** A request with so many bytes of a body, of which the first two come with its head. */
function sent(options: object, length: number, fields = '') {
  const rig = rigOf({ body: options });
  return { rig, client: rig.request('POST', 1, 'xx', length, fields) };
}

describe('bounds of a body', () => {
  test('let in what is as long as the limit, and refuse one byte more at once', () => {
    const { rig, client } = sent({ max: 10 }, 10);
    client.sendMore(8);
    openTo(rig, 'a').reply(OK);
    expect(client.outcome).toBe(200);
    const over = sent({ max: 10 }, 11);
    expect([over.client.failure?.code, over.rig.network.links.length]).toEqual(['request-body-too-large', 0]);
  });

  test('let in the types of the list, whatever their case and parameters', () => {
    const codeFor = (type: string | null, types: readonly string[] = ['application/json', 'image/*']) =>
      sent({ types }, 4, type === null ? '' : `Content-Type: ${type}\r\n`).client.failure?.code ?? 'passed';
    const taken = ['application/json', 'Application/JSON; charset=utf-8', 'image/png', 'application/json;x="a/b"'];
    expect(taken.map((type) => codeFor(type))).toEqual(taken.map(() => 'passed'));
    const refused = [
      'text/plain',
      'application/jsonp',
      'application/json, text/plain',
      'image/png, text/plain',
      'image',
      '',
    ];
    expect(refused.map((type) => codeFor(type))).toEqual(refused.map(() => 'request-type-unsupported'));
    expect(codeFor(null)).toBe('request-type-unsupported');
    expect(codeFor(null, ['application/octet-stream'])).toBe('passed');
  });

  test('say which types are taken', () => {
    expect(sent({ types: ['application/json', 'image/*'] }, 4).client.added).toEqual([
      'Accept: application/json, image/*',
    ]);
  });

  test('are for chunks as well', () => {
    const chunked = (options: object) => {
      const rig = rigOf({ body: options });
      const text = 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n';
      return rig.send(text).failure?.code;
    };
    expect(chunked({ types: ['text/plain'] })).toBe('request-type-unsupported');
  });

  test('say nothing of requests without a body', () => {
    const rig = rigOf({ body: { max: 1, types: ['application/json'] } });
    const client = rig.request('GET', 1);
    openTo(rig, 'a').reply(OK);
    expect(client.outcome).toBe(200);
  });

  test('demand a rate', () => {
    expect(sent({ min_rate: '1KiB' }, 4).client.demandedRate).toBe(1024);
    expect(sent({}, 4).client.demandedRate).toBe(0);
  });

  test('have short bodies read to their end before a backend is asked', async () => {
    const { rig, client } = sent({ buffer: 16 }, 10);
    expect(rig.network.links).toEqual([]);
    client.sendMore(8);
    await settle();
    expect(openTo(rig, 'a').received).toEndWith(`\r\n\r\nxx${'x'.repeat(8)}`);
    expect(sent({ buffer: 16 }, 17).rig.network.links).toHaveLength(1);
  });

  test('are sizes and media types', () => {
    const wrong = [
      { max: 'much' },
      { types: [] },
      { types: ['json'] },
      { buffer: 'on' },
      { buffer: '1GiB' },
      { min_rate: 0 },
    ];
    expect(wrong.map((options) => refusalsOf(body, options).length)).toEqual(wrong.map(() => 1));
    const right = [{}, { max: 'none' }, { buffer: 'off' }, { buffer: '64KiB' }, { min_rate: '240B' }];
    expect(right.map((options) => refusalsOf(body, options).length)).toEqual(right.map(() => 0));
  });
});
