import { describe, expect, test } from 'bun:test';
import { ExchangeRig, read } from '../../support/exchange-rig.ts';
import { linkTo, openTo, tenant } from '../../support/exchange-scenes.ts';
import { A } from '../../support/exchange-scenes.ts';

function rigWith(options: object): ExchangeRig {
  return new ExchangeRig(read(tenant(`    policies: [${JSON.stringify({ headers: options })}]\n`, A)));
}

/** The lines of the request that reach the backend, but for those that the gateway sets. */
function received(rig: ExchangeRig, fields = ''): readonly string[] {
  rig.request('GET', 1, '', 0, fields);
  const lines = openTo(rig, 'a').received.split('\r\n').slice(1, -2);
  return lines.filter((line) => !/^(host|x-forwarded-|x-real-ip|x-request-id|cdn-loop|accept-encoding)/i.test(line));
}

describe('headers of requests', () => {
  test('are removed, set, added, in this order, and set where they are missing', () => {
    const rig = rigWith({
      request: {
        remove: ['x-gone'],
        set: { 'X-Set': '1' },
        add: { 'X-More': 'b' },
        default: { 'X-Plan': 'free', 'X-Kept': 'no' },
      },
    });
    const lines = received(rig, 'X-Gone: 1\r\nX-Gone: 2\r\nX-Set: 0\r\nX-More: a\r\nX-Kept: yes\r\n');
    expect(lines.toSorted()).toEqual(['X-Kept: yes', 'X-More: a', 'X-More: b', 'X-Plan: free', 'X-Set: 1']);
  });

  test('are removed by the beginning of their names', () => {
    const rig = rigWith({ request: { remove: ['x-internal-*'] } });
    expect(received(rig, 'X-Internal-A: 1\r\nX-INTERNAL-B: 2\r\nX-Inner: 3\r\n')).toEqual(['X-Inner: 3']);
  });

  test('have what the request says in their places, and nothing that no field may have', () => {
    const set = {
      'X-Is': '{client.address} {method} {host} {path}{query} {tenant} {{}}',
      'X-From': '{header.x-user}{cookie.a}',
    };
    const rig = rigWith({ request: { set } });
    expect(received(rig, 'X-User: u\r\nCookie: b=1; a=2\r\n')).toContain('X-Is: 10.0.0.1 GET x /1 main {}');
    expect(linkTo(rig, 'a').received).toContain('X-From: u2\r\n');
  });
});

describe('headers of answers', () => {
  test('change those of backends and of the gateway itself', () => {
    const rig = rigWith({ response: { set: { 'X-Frame-Options': 'DENY' }, default: { 'X-A': '1', 'X-B': '1' } } });
    const client = rig.request('GET', 1);
    openTo(rig, 'a').reply('HTTP/1.1 200 OK\r\nX-A: own\r\nContent-Length: 0\r\n\r\n');
    expect(client.added).toEqual(['X-Frame-Options: DENY', 'X-B: 1']);
  });

  test('are missing where a policy nearer to the backend has not set them, or has removed them', () => {
    const lists = [
      { headers: { response: { default: { 'X-A': 'outer', 'X-B': 'outer' } } } },
      { headers: { response: { remove: ['X-B'], set: { 'X-A': 'inner' } } } },
    ];
    const rig = new ExchangeRig(read(tenant(`    policies: ${JSON.stringify(lists)}\n`, A)));
    const client = rig.request('GET', 1);
    openTo(rig, 'a').reply('HTTP/1.1 200 OK\r\nX-B: own\r\nContent-Length: 0\r\n\r\n');
    expect(client.added).toEqual(['X-A: inner', 'X-B: outer']);
  });
});

describe('options of headers', () => {
  test.each([
    ['request', { set: { Host: 'a' } }, /Host is set by the gateway alone/],
    ['request', { set: { 'Content-Length': '1' } }, /Content-Length is set by the gateway alone/],
    ['response', { set: { 'Transfer-Encoding': 'x' } }, /Transfer-Encoding is set by the gateway alone/],
    ['request', { set: { 'X-A': '{nothing}' } }, /has \{nothing\}, which stands for nothing/],
    ['request', { set: { 'X-A': '{host' } }, /has a brace without its other one/],
    ['request', { set: { 'X A': '1' } }, /is no field name/],
  ])('of a %s cannot be %j', (direction, wanted, message) => {
    expect(() => rigWith({ [direction]: wanted })).toThrow(message);
  });
});
