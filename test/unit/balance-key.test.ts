import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { hashText } from '../../src/core/hash.ts';
import { fieldValue } from '../../src/message/field-value.ts';
import { balanceKey } from '../../src/pools/balance-key.ts';
import { requestHead } from '../support/heads.ts';

const CLIENT = { address: '192.0.2.7' };
const nameArbitrary = fc.constantFrom('X-User', 'x-user', 'X-USER', 'X-Users', 'X-Use', 'X_User');
const valueArbitrary = fc.stringMatching(/^[!-~]{0,30}$/);

describe('the key of a request by a header', () => {
  test('is the hash of its value, of the list of its values, or of the address of the client', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(nameArbitrary, valueArbitrary), { maxLength: 5 }), (fields) => {
        const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`).join('');
        const head = requestHead(`GET / HTTP/1.1\r\nHost: a\r\n${lines}\r\n`);
        const expected = hashText(fieldValue(head, 'x-user') ?? CLIENT.address);
        expect(balanceKey({ from: 'header', name: 'x-user' }, head, CLIENT)).toBe(expected);
      }),
    );
  });
});

describe('the key of a request by its path', () => {
  test('is the same for every spelling of it', () => {
    const keyOf = (target: string): number =>
      balanceKey({ from: 'path' }, requestHead(`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`), CLIENT);
    for (const target of ['/%61b/%43', '/a%62/C?q', '/x/../ab/C', 'http://a/%61%62/C'])
      expect(keyOf(target)).toBe(keyOf('/ab/C'));
    expect(keyOf('/ab/c')).not.toBe(keyOf('/ab/C'));
  });
});
