import { describe, expect, test } from 'bun:test';
import { type Way, mapCookie, mapDestination, mapLocation } from '../../src/forward/map-back.ts';

const STRIPPED: Way = {
  prefix: '/foo',
  basePath: '',
  ownAuthority: '10.0.0.1:3000',
  ownScheme: 'http',
  seesOwnHost: false,
  host: 'www.test:8443',
  scheme: 'https',
};
const WHOLE: Way = { ...STRIPPED, prefix: '' };
const BASED: Way = { ...STRIPPED, basePath: '/app' };
const USUAL: Way = { ...STRIPPED, ownAuthority: 'app.internal', host: 'www.test' };

describe('a Location', () => {
  test.each<[string, Way, string]>([
    ['/login', STRIPPED, '/foo/login'],
    ['/', STRIPPED, '/foo/'],
    ['/login?next=/x#y', STRIPPED, '/foo/login?next=/x#y'],
    ['/foo/login', STRIPPED, '/foo/login'],
    ['/foo', STRIPPED, '/foo'],
    ['/foo?x', STRIPPED, '/foo?x'],
    ['/foobar', STRIPPED, '/foo/foobar'],
    ['https://www.test:8443/login', STRIPPED, 'https://www.test:8443/foo/login'],
    ['http://WWW.test:8443/login', STRIPPED, 'http://WWW.test:8443/foo/login'],
    ['//www.test:8443/login', STRIPPED, '//www.test:8443/foo/login'],
    ['http://10.0.0.1:3000/login', STRIPPED, 'https://www.test:8443/foo/login'],
    ['http://10.0.0.1:3000', STRIPPED, 'https://www.test:8443/foo/'],
    ['http://10.0.0.1:3000?x', STRIPPED, 'https://www.test:8443/foo/?x'],
    ['//10.0.0.1:3000/a', STRIPPED, 'https://www.test:8443/foo/a'],
    ['http://www.test:3000/dir/', STRIPPED, 'https://www.test:8443/foo/dir/'],
    ['http://10.0.0.1:3000/login', { ...STRIPPED, host: '' }, '/foo/login'],
    ['http://10.0.0.1:3000/login', WHOLE, 'https://www.test:8443/login'],
    ['http://10.0.0.1:3000//other.test/', WHOLE, 'https://www.test:8443//other.test/'],
    ['https://app.internal:443/a', USUAL, 'https://www.test/foo/a'],
    ['http://www.test:80/a', USUAL, 'http://www.test:80/foo/a'],
    ['/app/login', BASED, '/foo/login'],
    ['/app', BASED, '/foo/'],
    ['/app?x', BASED, '/foo/?x'],
    ['/foo/login', BASED, '/foo/login'],
    ['/other', BASED, '/foo/other'],
    ['http://10.0.0.1:3000/app/x', BASED, 'https://www.test:8443/foo/x'],
    ['/foo/bar/x', { ...STRIPPED, basePath: '/foo/bar' }, '/foo/x'],
    ['/app/login', { ...WHOLE, basePath: '/app' }, '/login'],
  ])('%s is mapped where it names a place of the tenant (%#)', (value, way, expected) => {
    expect(mapLocation(value, way)).toBe(expected);
  });

  test.each([
    'login',
    '../login',
    '?page=2',
    '',
    'https://login.example.com/',
    'http://10.0.0.1:3001/',
    'http://10.0.0.1:3000@evil.test/',
    'http://user@10.0.0.1:3000/',
    '//evil.test/10.0.0.1:3000/',
    'mailto:a@b.test',
    'urn:uuid:1',
  ])('that names no place of the tenant stays: %j', (value) => {
    expect(mapLocation(value, STRIPPED)).toBe(value);
  });

  test('of a tenant whose paths and hosts are passed on stays', () => {
    for (const value of ['/login', 'http://www.test:8443/login', '/']) expect(mapLocation(value, WHOLE)).toBe(value);
  });
});

describe('a cookie', () => {
  test.each<[string, Way, string]>([
    ['sid=1; Path=/', STRIPPED, 'sid=1; Path=/foo/'],
    ['sid=1;path=/admin;HttpOnly', STRIPPED, 'sid=1;path=/foo/admin;HttpOnly'],
    ['sid=1; Path=/foo', STRIPPED, 'sid=1; Path=/foo'],
    ['sid=1; Path = /a ; Secure', STRIPPED, 'sid=1; Path = /foo/a ; Secure'],
    ['sid=1; Path=/app', BASED, 'sid=1; Path=/foo/'],
    ['sid=path=/; HttpOnly', STRIPPED, 'sid=path=/; HttpOnly'],
    ['sid=1; Path=', STRIPPED, 'sid=1; Path='],
    ['sid=1', STRIPPED, 'sid=1'],
    ['__Host-sid=1; Path=/; Secure', STRIPPED, '__Host-sid=1; Path=/; Secure'],
    ['__Secure-sid=1; Path=/; Secure', STRIPPED, '__Secure-sid=1; Path=/foo/; Secure'],
    ['sid=1; Domain=10.0.0.1; Path=/', WHOLE, 'sid=1; Path=/'],
    ['sid=1; Path=/; domain=.APP.internal', USUAL, 'sid=1; Path=/foo/'],
    ['sid=1; Domain=example.com', STRIPPED, 'sid=1; Domain=example.com'],
    ['sid=1; Domain=www.test', { ...WHOLE, ownAuthority: 'www.test:1' }, 'sid=1; Domain=www.test'],
  ])('%s (%#)', (value, way, expected) => {
    expect(mapCookie(value, way)).toBe(expected);
  });
});

describe('a Destination', () => {
  test.each<[string, Way, string]>([
    ['https://www.test:8443/foo/b.txt', STRIPPED, 'http://www.test:8443/b.txt'],
    ['/foo/b.txt', STRIPPED, '/b.txt'],
    ['/foo', STRIPPED, '/'],
    ['/foo//b', STRIPPED, '/b'],
    ['https://www.test:8443/foo/b', { ...BASED, seesOwnHost: true }, 'http://10.0.0.1:3000/app/b'],
    ['https://www.test:8443/b', WHOLE, 'http://www.test:8443/b'],
    ['https://www.test:8443/bar/b', STRIPPED, 'https://www.test:8443/bar/b'],
    ['https://other.test/foo/b', STRIPPED, 'https://other.test/foo/b'],
    ['b.txt', STRIPPED, 'b.txt'],
  ])('%s (%#)', (value, way, expected) => {
    expect(mapDestination(value, way)).toBe(expected);
  });
});
