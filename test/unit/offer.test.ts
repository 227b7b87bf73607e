import { expect, test } from 'bun:test';
import { ascii } from '../../src/message/bytes.ts';
import { offering } from '../../src/upstream/offer.ts';

const H2 = ascii('\x02h2');
const BOTH = ascii('\x02h2\x08http/1.1');
const SECURE = { hostname: '127.0.0.1', port: 1, tls: { serverName: 'a.test', rejectUnauthorized: true } };

test('protocols are offered by the same options for each connection, by which sessions are remembered', () => {
  const offer = offering(SECURE, H2);
  expect(offer).toEqual({ ...SECURE, tls: { ...SECURE.tls, ALPNProtocols: H2 } });
  expect(offering(SECURE, H2)).toBe(offer);
  expect(offering(SECURE, BOTH).tls?.ALPNProtocols).toBe(BOTH);
  expect(offering({ ...SECURE }, H2)).not.toBe(offer);
});

test('without TLS nothing is offered', () => {
  const plain = { ...SECURE, tls: null };
  expect(offering(plain, H2)).toBe(plain);
});
