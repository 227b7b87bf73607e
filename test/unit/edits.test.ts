import { describe, expect, test } from 'bun:test';
import { out } from '../../src/http1/output.ts';
import { NO_PLACE, placeForAdditions, shiftResponseHead, writeResponseHead } from '../../src/http1/write-response.ts';
import { latin1 } from '../../src/message/bytes.ts';
import { Edits, requestEdit, responseEdit, whyNoEdit } from '../../src/message/edits.ts';
import { PLAIN_MANNER, responseHead } from '../support/heads.ts';

function added(edits: Edits<'response'>): readonly string[] {
  return Array.from({ length: edits.additions }, (_, at) => {
    const { name, value } = edits.addition(at);
    return `${text(name)}: ${text(value)}`;
  });
}

function text(bytes: Uint8Array): string {
  return latin1(bytes, 0, bytes.length);
}

const FRAMING = ['Content-Length', 'Transfer-Encoding', 'TE', 'Trailer'];
const CONNECTION = ['Connection', 'keep-alive', 'Upgrade', 'Proxy-Connection', 'Proxy-Authorization', 'HTTP2-Settings'];

describe('an edit', () => {
  test.each([...FRAMING, ...CONNECTION, 'HOST', 'Expect', 'Content_Length', 'X-Forwarded-For', 'X_Forwarded_For'])(
    'of %s cannot be made, in neither direction',
    (name) => {
      for (const direction of ['request', 'response'] as const) {
        expect(whyNoEdit(direction, name)).toBe(`${name} is set by the gateway alone`);
      }
      expect(() => requestEdit.remove(name)).toThrow('set by the gateway alone');
      expect(() => responseEdit.set(name, '1')).toThrow('set by the gateway alone');
    },
  );

  test.each([
    'Forwarded',
    'X-Real-IP',
    'X-Forwarded-Port',
    'X-Forwarded-Prefix',
    'x-forwarded-proto',
    'X-Forwarded-Host',
    'X-Request-Id',
    'Via',
    'CDN-Loop',
    'Max-Forwards',
    'Proxy',
  ])('of %s in a request cannot be made: the gateway sets it', (name) =>
    expect(whyNoEdit('request', name)).not.toBeNull(),
  );

  test.each(['Date', 'X-Request-Id'])('of %s in a response cannot be made', (name) => {
    expect(whyNoEdit('response', name)).not.toBeNull();
  });

  test.each(['Authorization', 'Accept-Encoding', 'Cookie', 'X-Forwarded-User', 'Remote-User', 'X_User'])(
    'of %s in a request can be made',
    (name) => expect(whyNoEdit('request', name)).toBeNull(),
  );

  test.each(['Set-Cookie', 'Vary', 'Server', 'Via', 'Strict-Transport-Security'])(
    'of %s in a response can be made',
    (name) => expect(whyNoEdit('response', name)).toBeNull(),
  );

  test.each([
    ['', 'v'],
    ['X Y', 'v'],
    ['X:', 'v'],
    ['X\r\nY', 'v'],
    ['X', 'a\r\nY: b'],
    ['X', 'a\nb'],
    ['X', '\0'],
    ['X', '\u20ac'],
    ['X', ' a'],
    ['X', 'a\t'],
    ['X'.repeat(257), ''],
    ['X', 'a'.repeat(8193)],
  ])('of %j with the value %j cannot be made', (name, value) => {
    expect(whyNoEdit('response', name, value)).not.toBeNull();
    expect(() => responseEdit.append(name, value)).toThrow('not an edit');
  });
});

describe('edits', () => {
  test('are carried out in their order', () => {
    const edits = new Edits<'response'>();
    expect(edits.isEmpty).toBe(true);
    edits.add(responseEdit.append('X-A', '1'));
    edits.add(responseEdit.append('x-a', '2'));
    edits.add(responseEdit.append('X-B', '3'));
    expect(added(edits)).toEqual(['X-A: 1', 'x-a: 2', 'X-B: 3']);
    edits.add(responseEdit.set('X-a', '4'));
    expect(added(edits)).toEqual(['X-B: 3', 'X-a: 4']);
    edits.add(responseEdit.remove('x-b'));
    expect(added(edits)).toEqual(['X-a: 4']);
    expect(edits.removesNamed('X-B')).toBe(true);
    expect(edits.removesNamed('X-C')).toBe(false);
    edits.clear();
    expect(edits.isEmpty).toBe(true);
    expect(edits.removesNamed('X-B')).toBe(false);
  });

  test('add no more than 32 KiB to one head', () => {
    const edits = new Edits<'response'>();
    for (let n = 0; n < 4; n++) edits.add(responseEdit.append('X', 'a'.repeat(8191)));
    expect(() => edits.add(responseEdit.append('X', 'a'))).toThrow('more than 32 KiB');
    edits.clear();
    edits.add(responseEdit.append('X', 'a'));
    expect(edits.addedBytes).toBe(2);
  });

  const COOKIES = 'Set-Cookie: a\r\nDate: today\r\nSet-Cookie: b\r\nConnection: keep-alive\r\n';

  test.each([
    ['is written anew', ''],
    ['is shifted where it lies', 'Keep-Alive: timeout=5, max=100\r\n'],
  ])('stand in the place of one field, and leave others of its name alone, where a head %s', (_, room) => {
    const head = responseHead(`HTTP/1.1 200 OK\r\n${COOKIES}${room}\r\n`);
    const edits = new Edits<'response'>();
    expect(edits.replace(head, 0, responseEdit.append('Set-Cookie', 'A; Path=/foo/'))).toBe(true);
    expect([edits.removes(head, 0), edits.removes(head, 2)]).toEqual([true, false]);
    const kept = 'HTTP/1.1 200 OK\r\nDate: today\r\nSet-Cookie: b\r\nSet-Cookie: A; Path=/foo/\r\n\r\n';
    const manner = { ...PLAIN_MANNER, edits };
    const place = placeForAdditions(head, manner);
    expect(place === NO_PLACE).toBe(room === '');
    if (place === NO_PLACE) expect(latin1(out, 0, writeResponseHead(out, head, manner))).toBe(kept);
    else {
      const start = shiftResponseHead(head, manner, place, head.bytes, 0);
      expect(latin1(head.bytes, start, head.bytes.length)).toBe(kept);
    }
    edits.clear();
    expect([edits.isEmpty, edits.removes(head, 0)]).toEqual([true, false]);
  });

  test('stand in the place of a field only as long as there is room, and not against a later removal', () => {
    const head = responseHead(`HTTP/1.1 200 OK\r\n${COOKIES}\r\n`);
    const edits = new Edits<'response'>();
    for (let n = 0; n < 4; n++) edits.add(responseEdit.append('X', 'a'.repeat(8000)));
    expect(edits.replace(head, 0, responseEdit.append('Set-Cookie', 'a'.repeat(1000)))).toBe(false);
    expect(edits.removes(head, 0)).toBe(false);
    expect(edits.replace(head, 0, responseEdit.append('Set-Cookie', 'A'))).toBe(true);
    edits.add(responseEdit.remove('set-cookie'));
    expect([0, 2].map((f) => edits.removes(head, f))).toEqual([true, true]);
    expect(edits.additions).toBe(4);
  });
});
