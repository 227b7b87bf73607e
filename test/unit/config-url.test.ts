import { describe, expect, test } from 'bun:test';
import { type BackendUrl, parseBackendUrl, shownUrl } from '../../src/config/backend-url.ts';
import { parseDomain } from '../../src/config/host-name.ts';

function url(text: string): BackendUrl {
  const parsed = parseBackendUrl(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

describe('a backend URL', () => {
  test('is taken apart', () => {
    expect(url('https://user:pass@Api.Example.com:8443/v1/?key=1&x=a:b')).toEqual({
      hostname: 'api.example.com',
      port: 8443,
      tls: true,
      serverName: 'api.example.com',
      authority: 'api.example.com:8443',
      base_path: '/v1',
      query: 'key=1&x=a:b',
      authorization: `Basic ${btoa('user:pass')}`,
      safe: 'https://api.example.com:8443/v1?key=1&x=a:b',
      shownTail: '/v1?key=***&x=a:b',
      secrets: [btoa('user:pass')],
    });
  });

  test('may have nothing but a host', () => {
    expect(url('http://localhost')).toEqual({
      hostname: 'localhost',
      port: 80,
      tls: false,
      serverName: 'localhost',
      authority: 'localhost',
      base_path: '',
      query: '',
      authorization: null,
      safe: 'http://localhost',
      shownTail: '',
      secrets: [],
    });
  });

  test.each([
    ['http://a:80', 'a', 80],
    ['http://a:443', 'a:443', 443],
    ['https://a:443', 'a', 443],
    ['HTTPS://a', 'a', 443],
    ['http://a:65535', 'a:65535', 65_535],
  ])('%p is asked for as %p', (text, authority, port) => {
    expect(url(text)).toMatchObject({ authority, port });
  });

  test.each([
    ['http://a/', ''],
    ['http://a/b', '/b'],
    ['http://a/b/', '/b'],
    ['http://a/b%2Fc/', '/b%2Fc'],
    ['http://a/...', '/...'],
    ['http://a/b;c=d', '/b;c=d'],
  ])('%p has the base path %p', (text, basePath) => {
    expect(url(text).base_path).toBe(basePath);
  });

  test('has IPv6 without brackets to connect to, and with them in Host', () => {
    expect(url('http://[0:0:0::1]:8080')).toMatchObject({
      hostname: '::1',
      authority: '[::1]:8080',
      safe: 'http://[::1]:8080',
    });
  });

  test.each([
    ['unix:/run/app.sock', '', '', 'unix:/run/app.sock'],
    ['unix:///run/app.sock', '', '', 'unix:/run/app.sock'],
    ['UNIX:/run/app.sock:/base/', '/base', '', 'unix:/run/app.sock:/base'],
    ['http://unix:/run/app.sock', '', '', 'unix:/run/app.sock'],
    ['http://unix:/run/app.sock:/', '', '', 'unix:/run/app.sock'],
    ['http://unix:/run/app.sock:/base?a=1', '/base', 'a=1', 'unix:/run/app.sock:/base?a=1'],
    ['unix:/run/app.sock?a=1', '', 'a=1', 'unix:/run/app.sock?a=1'],
  ])('%p is a Unix socket', (text, basePath, query, safe) => {
    expect(url(text)).toMatchObject({
      hostname: '/run/app.sock',
      port: 0,
      tls: false,
      authority: 'localhost',
      base_path: basePath,
      query,
      safe,
    });
    expect(shownUrl(url(text))).toBe(safe);
  });

  test.each([
    ['unix//run/app.sock'],
    ['unix:run/app.sock'],
    ['unix://run/app.sock'],
    ['unix:////run/app.sock'],
    ['unix:/run/'],
    ['unix:/'],
    ['unix:/run/app.sock:base'],
    ['unix:/run/app.sock:/../x'],
    ['unix:/run/app.sock#x'],
    ['https://unix:/run/app.sock'],
    ['http+unix://%2Frun%2Fapp.sock'],
    [`unix:/${'a'.repeat(107)}`],
  ])('%p is none', (text) => {
    expect(parseBackendUrl(text).ok).toBe(false);
  });

  test('may have a host as containers are called', () => {
    expect(url('http://api_1:3001').hostname).toBe('api_1');
  });

  test.each([
    ['http://user@a', 'user:'],
    ['http://user:@a', 'user:'],
    ['http://:pass@a', ':pass'],
    ['http://us%40er:p%3Ass%2F@a', 'us@er:p:ss/'],
    ['http://user:a:b@a', 'user:a:b'],
  ])('%p authenticates as %p', (text, credentials) => {
    expect(url(text).authorization).toBe(`Basic ${btoa(credentials)}`);
    expect(url(text).safe).toBe('http://a');
  });

  test('carries credentials outside ASCII as UTF-8', () => {
    expect(url('http://%C3%BC:%E2%82%AC@a').authorization).toBe(`Basic ${new TextEncoder().encode('ü:€').toBase64()}`);
  });

  test.each([
    ['http://a\tb'],
    ['http://a\n'],
    [' http://a'],
    ['//a'],
    ['a'],
    ['http:/a'],
    ['http:///a'],
    ['http://a:08'],
    ['http://a:-1'],
    ['http://a:1:2'],
    ['http://a@b@c'],
    ['http://user:%00@a'],
    ['http://user:%ff@a'],
    ['http://%61'],
    ['http://a?b=%'],
    ['http://a/.'],
    ['http://a/b/..'],
    ['http://a/%2e'],
    ['http://[::1]a'],
    ['http://a[::1]'],
    ['http://0x7f000001'],
    ['http://2130706433'],
    ['file:///etc/passwd'],
    ['javascript://a'],
  ])('is not %p', (text) => {
    expect(parseBackendUrl(text).ok).toBe(false);
  });
});

describe('a domain', () => {
  test.each([
    ['Example.COM', 'example.com'],
    ['example.com.', 'example.com'],
    ['localhost', 'localhost'],
    ['*.Example.com', '*.example.com'],
    ['*.localhost', '*.localhost'],
    ['192.0.2.1', '192.0.2.1'],
    ['[::1]', '[::1]'],
    ['[0:0:0:0:0:0:0:1]', '[::1]'],
    ['[2001:DB8::A]', '[2001:db8::a]'],
    ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
    ['under_score.example', 'under_score.example'],
    ['1.example', '1.example'],
    ['a.1b', 'a.1b'],
  ])('%p is kept as %p', (text, kept) => {
    expect(parseDomain(text)).toEqual({ ok: true, value: kept });
  });
});
