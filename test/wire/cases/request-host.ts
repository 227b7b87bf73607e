// The host of a request (RFC 9112 3.2, RFC 9110 7.2): there is one, it is well formed, and the target agrees with it.
import { type CaseFamily, type WireCase, anyOf, forwarded, head, refused } from '../case.ts';

function badHost(what: string, value: string): WireCase {
  return {
    name: `Host ${what}`,
    source: 'RFC 9112 3.2',
    holds: 'A malformed Host is refused.',
    send: head('GET /{id} HTTP/1.1', `Host: ${value}`),
    expect: refused(400),
  };
}

function goodHost(what: string, value: string): WireCase {
  return {
    name: `Host ${what}`,
    source: 'RFC 9110 7.2',
    holds: 'The Host of the client goes on as it is.',
    send: head('GET /{id} HTTP/1.1', `Host: ${value}`),
    expect: forwarded({ line: 'GET /{id} HTTP/1.1', fields: { host: value } }),
  };
}

function badTarget(what: string, target: string, source = 'RFC 9112 3.2.2'): WireCase {
  return {
    name: `absolute-form: ${what}`,
    source,
    holds: 'An absolute-form target without a proper authority is refused.',
    send: head(`GET ${target} HTTP/1.1`, 'Host: all.test', 'X-Case: {id}'),
    expect: refused(400),
  };
}

function absolute(what: string, options: { target: string; host: string; line: string }): WireCase {
  return {
    name: `absolute-form: ${what}`,
    source: 'RFC 9112 3.2.2',
    holds: 'An absolute-form target is rewritten to origin-form, with the host of the target.',
    send: head(`GET ${options.target} HTTP/1.1`, `Host: ${options.host}`, 'X-Case: {id}'),
    expect: forwarded({ line: options.line, fields: { host: { matches: new RegExp(`^${options.host}$`, 'i') } } }),
  };
}

export const requestHost: CaseFamily = {
  name: 'request: host',
  reason:
    'The host chooses the tenant, so it must be unambiguous, and the backend gets the host that the gateway has read.',
  cases: [
    {
      name: 'no Host in HTTP/1.1',
      source: 'RFC 9112 3.2',
      holds: 'HTTP/1.1 without a Host is refused.',
      send: head('GET /{id} HTTP/1.1', 'X: y'),
      expect: refused(400),
    },
    {
      name: 'no Host in HTTP/1.1 with an absolute-form target',
      source: 'RFC 9112 3.2',
      holds: 'HTTP/1.1 without a Host is refused, whatever the target says.',
      send: head('GET http://all.test/{id} HTTP/1.1', 'X: y'),
      expect: refused(400),
    },
    {
      name: 'two Host fields that differ',
      source: 'RFC 9112 3.2',
      holds: 'More than one Host is refused.',
      send: head('GET /{id} HTTP/1.1', 'Host: all.test', 'Host: other.test'),
      expect: refused(400),
    },
    {
      name: 'two equal Host fields',
      source: 'RFC 9112 3.2',
      holds: 'More than one Host is refused, even if they agree.',
      send: head('GET /{id} HTTP/1.1', 'Host: all.test', 'Host: all.test'),
      expect: refused(400),
    },
    {
      name: 'two Host fields in HTTP/1.0',
      source: 'RFC 9112 3.2',
      holds: 'More than one Host is refused in every version.',
      send: head('GET /{id} HTTP/1.0', 'Host: all.test', 'host: other.test'),
      expect: refused(400),
    },
    badHost('that is empty', ''),
    badHost('of a port alone', ':80'),
    badHost('with a path', 'all.test/x'),
    badHost('with a query', 'all.test?x'),
    badHost('with a fragment', 'all.test#x'),
    badHost('with a scheme', 'http://all.test'),
    badHost('with user information', 'user@all.test'),
    badHost('with a space', 'all.test other.test'),
    badHost('with a list', 'all.test, other.test'),
    badHost('with a tab', 'all\ttest'),
    badHost('with a backslash', 'all.test\\x'),
    badHost('with quotes', '"all.test"'),
    badHost('with angle brackets', '<all.test>'),
    badHost('with an obs-text byte', '\xe4ll.test'),
    badHost('with NUL', 'all.test\x00'),
    badHost('with a port of letters', 'all.test:http'),
    badHost('with a port out of range', 'all.test:99999'),
    badHost('with a negative port', 'all.test:-1'),
    badHost('with two ports', 'all.test:80:80'),
    badHost('with a space before the port', 'all.test :80'),
    badHost('of IPv6 without brackets', '::1'),
    badHost('with an open bracket', '[::1'),
    badHost('with a name in brackets', '[all.test]'),
    badHost('with something after the bracket', '[::1]x'),
    goodHost('in upper case', 'ALL.Test'),
    goodHost('with a port', 'all.test:8080'),
    goodHost('of IPv4', '127.0.0.1'),
    goodHost('of IPv4 with a port', '127.0.0.1:80'),
    goodHost('of IPv6', '[::1]'),
    goodHost('of IPv6 with a port', '[2001:db8::1]:8080'),
    goodHost('with a trailing dot', 'all.test.'),
    goodHost('with an underscore', 'my_app.all.test'),
    goodHost('in Punycode', 'xn--bcher-kva.test'),
    absolute('a path', { target: 'http://all.test/{id}?a=b', host: 'all.test', line: 'GET /{id}?a=b HTTP/1.1' }),
    absolute('a port', { target: 'http://all.test:8080/{id}', host: 'all.test:8080', line: 'GET /{id} HTTP/1.1' }),
    absolute('a scheme in upper case', {
      target: 'HTTP://all.test/{id}',
      host: 'all.test',
      line: 'GET /{id} HTTP/1.1',
    }),
    absolute('no path', { target: 'http://all.test', host: 'all.test', line: 'GET / HTTP/1.1' }),
    absolute('no path and a query', { target: 'http://all.test?{id}', host: 'all.test', line: 'GET /?{id} HTTP/1.1' }),
    absolute('a URL in the query', {
      target: 'http://all.test/{id}?u=http://other.test/@x',
      host: 'all.test',
      line: 'GET /{id}?u=http://other.test/@x HTTP/1.1',
    }),
    {
      name: 'absolute-form: another host than Host',
      source: 'RFC 9112 3.2.2',
      holds: 'The backend gets the host of the target; or the contradiction is refused.',
      send: head('GET http://all.test/{id} HTTP/1.1', 'Host: other.test'),
      expect: anyOf(refused(400), forwarded({ line: 'GET /{id} HTTP/1.1', fields: { host: 'all.test' } })),
    },
    {
      name: 'absolute-form: in HTTP/1.0 without Host',
      source: 'RFC 9112 3.2.2',
      holds: 'The backend gets the host of the target.',
      send: head('GET http://all.test/{id} HTTP/1.0'),
      expect: anyOf(refused(400), {
        kind: 'forwarded',
        requests: [{ line: 'GET /{id} HTTP/1.1', fields: { host: 'all.test' } }],
        responses: [{ status: 200 }],
        persists: false,
      }),
    },
    badTarget('user information', 'http://user:secret@all.test/{id}', 'RFC 9110 4.2.4'),
    badTarget('an empty user', 'http://@all.test/{id}', 'RFC 9110 4.2.4'),
    badTarget('an empty host', 'http:///{id}', 'RFC 9110 4.2.1'),
    badTarget('a port alone', 'http://:80/{id}', 'RFC 9110 4.2.1'),
    badTarget('a bad port', 'http://all.test:x/{id}'),
    badTarget('a backslash in the authority', 'http://all.test\\{id}'),
    badTarget('one slash', 'http:/all.test/{id}'),
    badTarget('no slashes', 'http:all.test/{id}'),
    badTarget('another scheme', 'ftp://all.test/{id}'),
    badTarget('a fragment', 'http://all.test/{id}#x', 'RFC 9112 3.2'),
    {
      name: 'no Host in HTTP/1.0',
      source: 'RFC 9112 3.2',
      holds: 'HTTP/1.0 needs no Host; the backend gets one all the same.',
      send: head('GET /{id} HTTP/1.0'),
      expect: anyOf(refused(400), {
        kind: 'forwarded',
        requests: [{ line: 'GET /{id} HTTP/1.1', fields: { host: { matches: /^.+$/ } } }],
        responses: [{ status: 200 }],
        persists: false,
      }),
    },
    {
      name: 'X-Host and Host: an alias',
      source: 'oauth2-proxy CVE-2025-64484',
      holds: 'A field that only looks like Host decides nothing.',
      send: head('GET /{id} HTTP/1.1', 'Host: all.test', 'X-Host: hosted.test'),
      expect: forwarded({ fields: { host: 'all.test' } }),
    },
  ],
};
