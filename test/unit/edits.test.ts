import { describe, expect, test } from 'bun:test';
import { latin1 } from '../../src/message/bytes.ts';
import { Edits, requestEdit, responseEdit, whyNoEdit } from '../../src/message/edits.ts';

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

  test.each(['Authorization', 'Accept-Encoding', 'Cookie', 'X-Forwarded-Prefix', 'Remote-User', 'X_User'])(
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
});
