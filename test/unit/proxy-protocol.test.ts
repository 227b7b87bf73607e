import { describe, expect, test } from 'bun:test';
import { ProxyHeaderParser } from '../../src/http1/proxy-protocol.ts';
import { latin1 } from '../../src/message/bytes.ts';
import { wire } from '../support/heads.ts';
import { endpoints, v2 } from '../support/proxy-headers.ts';

type Outcome = { address: string | null; rest: string } | 'more' | 'refused';

function read(bytes: Uint8Array): Outcome {
  const header = new ProxyHeaderParser().feed(bytes);
  return typeof header === 'string'
    ? header
    : { address: header.address, rest: latin1(header.rest, 0, header.rest.length) };
}

const line = (text: string): Outcome => read(wire(`PROXY ${text}\r\nGET`));
const LONGEST = ['ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '65535'];

describe('a PROXY header of version 1', () => {
  test.each([
    ['TCP4 192.0.2.1 198.51.100.1 56324 443', '192.0.2.1'],
    ['TCP4 0.0.0.0 255.255.255.255 0 65535', '0.0.0.0'],
    ['TCP6 2001:db8::1 2001:db8::2 56324 443', '2001:db8::1'],
    ['TCP6 2001:0DB8:0000:0000:0000:0000:0000:0001 ::1 1 1', '2001:db8::1'],
    ['TCP6 ::ffff:192.0.2.1 ::1 1 1', '192.0.2.1'],
    [`TCP6 ${LONGEST[0]} ${LONGEST[0]} ${LONGEST[1]} ${LONGEST[1]}`, LONGEST[0]],
    ['UNKNOWN', null],
    ['UNKNOWN whatever 1 2 3', null],
    [`UNKNOWN ${LONGEST[0]} ${LONGEST[0]} ${LONGEST[1]} ${LONGEST[1]}`, null],
  ])('%s: %s', (text, address) => {
    expect(line(text)).toEqual({ address, rest: 'GET' });
  });

  test.each([
    '',
    'TCP4',
    'TCP4 192.0.2.1',
    'TCP4 192.0.2.1 198.51.100.1 1',
    'TCP4 192.0.2.1 198.51.100.1 1 2 3',
    'TCP4  192.0.2.1 198.51.100.1 1 2',
    'TCP4 192.0.2.1 198.51.100.1 1 2 ',
    'TCP4\t192.0.2.1 198.51.100.1 1 2',
    'tcp4 192.0.2.1 198.51.100.1 1 2',
    'TCP4 192.0.2.1 198.51.100.1 1 65536',
    'TCP4 192.0.2.1 198.51.100.1 01 2',
    'TCP4 192.0.2.1 198.51.100.1 -1 2',
    'TCP4 192.0.2.1 198.51.100.1 1 +2',
    'TCP4 192.0.2.01 198.51.100.1 1 2',
    'TCP4 192.0.2.256 198.51.100.1 1 2',
    'TCP4 192.0.2 198.51.100.1 1 2',
    'TCP4 192.0.2.1 nowhere 1 2',
    'TCP4 ::1 ::1 1 2',
    'TCP6 192.0.2.1 192.0.2.2 1 2',
    'TCP6 ::1 192.0.2.2 1 2',
    'TCP6 1::2::3 ::1 1 2',
    'TCP6 1:2:3:4:5:6:7 ::1 1 2',
    'TCP6 fe80::1%eth0 ::1 1 2',
    'TCP6 [::1] ::1 1 2',
    'TCP5 192.0.2.1 198.51.100.1 1 2',
    'UDP4 192.0.2.1 198.51.100.1 1 2',
    'UNKNOWNX',
    'UNKNOWN \0',
    `UNKNOWN ${'x'.repeat(92)}`,
  ])('is refused: %j', (text) => {
    expect(line(text)).toBe('refused');
  });

  test('ends with CR LF, and with nothing else', () => {
    expect(read(wire('PROXY UNKNOWN\n'))).toBe('refused');
    expect(read(wire('PROXY UNKNOWN\r\r\n'))).toBe('refused');
    expect(read(wire('PROXY UNKNOWN\r'))).toBe('more');
  });

  test('has 107 bytes at most', () => {
    const longest = `PROXY UNKNOWN ${'x'.repeat(91)}`;
    expect(read(wire(`${longest}\r\n`))).toEqual({ address: null, rest: '' });
    expect(read(wire(`${longest}\r`))).toBe('more');
    expect(read(wire(`${longest}xx`))).toBe('refused');
  });
});

const LOCAL = 0x20;
const PROXY = 0x21;
const TCP4 = 0x11;
const TCP6 = 0x21;
const IPV4 = [192, 0, 2, 1];
const TLV = [0x02, 0x00, 0x03, 0x61, 0x62, 0x63];

function ipv6(...groups: readonly number[]): number[] {
  return groups.flatMap((group) => [group >> 8, group & 255]);
}

describe('a PROXY header of version 2', () => {
  test.each([
    ['TCP4', v2(PROXY, TCP4, endpoints(IPV4)), '192.0.2.1'],
    ['TCP4 with extensions', v2(PROXY, TCP4, [...endpoints(IPV4), ...TLV, ...TLV]), '192.0.2.1'],
    ['TCP6', v2(PROXY, TCP6, endpoints(ipv6(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1))), '2001:db8::1'],
    ['TCP6 with extensions', v2(PROXY, TCP6, [...endpoints(ipv6(1, 0, 0, 0, 0, 0, 0, 0)), ...TLV]), '1::'],
    ['IPv4 in TCP6', v2(PROXY, TCP6, endpoints(ipv6(0, 0, 0, 0, 0, 0xffff, 0xc000, 0x201))), '192.0.2.1'],
    ['LOCAL', v2(LOCAL, 0, []), null],
    ['LOCAL with addresses', v2(LOCAL, TCP4, endpoints(IPV4)), null],
    ['LOCAL of a family without meaning', v2(LOCAL, 0xff, TLV), null],
    ['the largest', v2(PROXY, TCP4, [...endpoints(IPV4), ...new Array<number>(4084).fill(0)]), '192.0.2.1'],
  ])('%s', (_, bytes, address) => {
    expect(read(bytes)).toEqual({ address, rest: '' });
    expect(read(Uint8Array.from([...bytes, ...wire('GET')]))).toEqual({ address, rest: 'GET' });
  });

  test.each([
    ['another version', v2(0x11, TCP4, endpoints(IPV4))],
    ['an unknown command', v2(0x22, TCP4, endpoints(IPV4))],
    ['no family', v2(PROXY, 0x00, [])],
    ['UDP over IPv4', v2(PROXY, 0x12, endpoints(IPV4))],
    ['UDP over IPv6', v2(PROXY, 0x22, endpoints(ipv6(1, 0, 0, 0, 0, 0, 0, 1)))],
    ['a UNIX socket', v2(PROXY, 0x31, new Array<number>(216).fill(0))],
    ['too few bytes for TCP4', v2(PROXY, TCP4, endpoints(IPV4).slice(1))],
    ['too few bytes for TCP6', v2(PROXY, TCP6, endpoints(IPV4))],
    ['more than 4 KiB', v2(PROXY, TCP4, endpoints(IPV4), 4097)],
    ['more than 4 KiB of LOCAL', v2(LOCAL, 0, [], 0xffff)],
  ])('is refused: %s', (_, bytes) => {
    expect(read(bytes)).toBe('refused');
  });

  test('is refused as soon as a byte is wrong', () => {
    const bytes = v2(PROXY, TCP4, endpoints(IPV4));
    for (let at = 0; at < 12; at++) {
      const broken = bytes.slice(0, at + 1);
      broken[at] ^= 1;
      expect(read(broken)).toBe('refused');
    }
    expect(read(v2(0x11, TCP4, []).subarray(0, 13))).toBe('refused');
    expect(read(v2(PROXY, 0x12, []).subarray(0, 14))).toBe('refused');
  });
});

test.each([
  'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n',
  'POST /PROXY HTTP/1.1\r\n\r\n',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'PROXYTCP4 192.0.2.1 198.51.100.1 1 2\r\n',
  'proxy TCP4 192.0.2.1 198.51.100.1 1 2\r\n',
  ' PROXY UNKNOWN\r\n',
  '\r\nPROXY UNKNOWN\r\n',
  '\x16\x03\x01',
])('what does not begin with a PROXY header is refused: %j', (text) => {
  expect(read(wire(text))).toBe('refused');
});

test.each([
  [[0, 0, 0, 0, 0, 0, 0, 0], '::'],
  [[0, 0, 0, 0, 0, 0, 0, 1], '::1'],
  [[0x2001, 0xdb8, 0, 1, 1, 1, 1, 1], '2001:db8:0:1:1:1:1:1'],
  [[0x2001, 0xdb8, 0, 0, 1, 0, 0, 1], '2001:db8::1:0:0:1'],
  [[0x2001, 0, 0, 1, 0, 0, 0, 1], '2001:0:0:1::1'],
  [[1, 2, 3, 4, 5, 6, 0, 0], '1:2:3:4:5:6::'],
  [[0xabcd, 0xef01, 0x23, 4, 5, 6, 7, 8], 'abcd:ef01:23:4:5:6:7:8'],
])('an IPv6 address has one text (RFC 5952): %j is %s', (groups, text) => {
  expect(read(v2(PROXY, TCP6, endpoints(ipv6(...groups))))).toEqual({ address: text, rest: '' });
});
